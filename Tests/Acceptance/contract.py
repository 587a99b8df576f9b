"""openapi/openapi.yaml as the judge of every answer: its status, headers, media type and, closed, its body."""

import json
import pathlib
import re

import jsonschema_rs
import yaml

PATH = pathlib.Path(__file__).parents[2] / "openapi/openapi.yaml"
# YAML would make datetimes of examples and booleans of `on`; the document quotes the latter.
DOCUMENT = yaml.safe_load(PATH.read_text(encoding="utf-8"))
METHODS = ("get", "put", "post", "patch", "delete")


def resolve(node):
    while isinstance(node, dict) and "$ref" in node:
        target = DOCUMENT
        for part in node["$ref"].removeprefix("#/").split("/"):
            target = target[part.replace("~1", "/").replace("~0", "~")]
        node = target
    return node


class Operation:
    def __init__(self, path, method, node):
        self.id = node["operationId"]
        self.path = path
        self.method = method.upper()
        self.statuses = {int(status) for status in node["responses"]}
        self.is_open = node.get("security") == []
        self.node = node
        self.pattern = re.compile(re.sub(r"\{\w+\}", "[^/]+", re.escape(path).replace(r"\{", "{").replace(r"\}", "}")))

    def __repr__(self):
        return self.id

    @property
    def media_types(self):
        body = resolve(self.node.get("requestBody", {}))
        return list(body.get("content", {}))


OPERATIONS = {
    node["operationId"]: Operation(path, method, node)
    for path, item in DOCUMENT["paths"].items()
    for method, node in item.items()
    if method in METHODS
}

_validators = {}


def _validator(schema):
    key = json.dumps(schema, sort_keys=True, default=str)
    if key not in _validators:
        _validators[key] = jsonschema_rs.Draft202012Validator(
            schema | {"components": DOCUMENT["components"]}, validate_formats=True
        )
    return _validators[key]


def check(operation, answer):
    """Fails unless the document allows this answer. `answer` is one of requests'."""
    where = f"{operation.id} {answer.status_code}"
    assert answer.status_code in operation.statuses, f"{where} is not documented: {answer.text[:1000]}"
    response = resolve(operation.node["responses"][str(answer.status_code)])
    for name, header in response.get("headers", {}).items():
        header = resolve(header)
        value = answer.headers.get(name)
        assert value is not None or not header.get("required"), f"{where} has no {name}"
        if value is not None:
            schema = resolve(header["schema"])
            _validator(schema).validate(int(value) if schema["type"] == "integer" else value)
    content = response.get("content", {})
    if not content:
        assert answer.content == b"", where
        return
    kind = answer.headers["Content-Type"].split(";")[0]
    assert kind in content, f"{where}: {kind} is not documented"
    if answer.request is not None and answer.request.method == "HEAD":
        return
    if kind.endswith("json") and kind != "application/x-ndjson":
        assert answer.content.endswith(b"\n") and not answer.content.endswith(b"\n\n"), f"{where} ends no line"
        body = answer.json()
        _validator(content[kind]["schema"]).validate(body)
        if kind == "application/problem+json":
            assert body["requestId"] == answer.headers["X-Request-Id"], where
            assert body["status"] == answer.status_code and body["type"] == f"urn:sluice:error:{body['code']}", where
