"""Requests with the status each must get, and the families of them that collections have in common."""

import dataclasses
import typing

from contract import OPERATIONS


@dataclasses.dataclass
class Case:
    operation: str
    status: int
    path: dict = dataclasses.field(default_factory=dict)
    body: typing.Any = None
    caller: str = "admin"
    headers: dict = dataclasses.field(default_factory=dict)
    query: str = ""
    code: str = None
    before: typing.Callable = None  # (admin) -> path parameters to add, or None

    def __str__(self):
        return f"{self.operation}-{self.status}-{self.code or self.caller}"


NEW = {"If-None-Match": "*"}
ANY = {"If-Match": "*"}
STALE = {"If-Match": '"999999"'}
DATASET = "shop.orders"
COLUMNS = [{"name": "id", "type": "bigint"}, {"name": "email", "type": "text", "tags": ["pii.email"]},
           {"name": "region", "type": "text"}, {"name": "amount", "type": "numeric(12,2)"}]
MASK = {"on": "tag:pii.email", "mask": {"kind": "email"}}
POLICY_TEST = {"as": "user:reader", "query": "SELECT FROM shop.kept", "expect": {"refused": "forbidden"}}
DENY = {"on": "domain:shop", "to": {"principals": ["stranger"]}}
FILTER = {"on": "dataset:shop.orders", "expression": "region = ANY(user.region)", "except": {"principals": ["admin"]}}


def keyed(admin, path, body, key):
    """Uses an idempotency key up."""
    admin.post(path, body, headers={"Idempotency-Key": key})


def named(kind, put, delete, good, bad, is_policy, in_use, hides=False):
    """The cases of a collection whose members are put by name. `in_use` is there; `hides`: not for `reader`."""
    name = kind[0].lower() + kind[1:]
    extra = {"kind": "user"} if kind == "Principal" else {}
    cases = [
        Case(f"get{kind}", 200, {"name": in_use}),
        Case(f"get{kind}", 404, {"name": "no_such"}, code="not_found"),
        Case(put, 201, {"name": f"new_{name.lower()}"}, good | extra, headers=NEW),
        Case(put, 200, {"name": in_use}, good | extra, headers=ANY),
        Case(put, 404 if hides else 403, {"name": in_use}, good | extra, caller="reader", headers=ANY,
             code="not_found" if hides else "forbidden"),
        Case(put, 412, {"name": in_use}, good | extra, headers=NEW, code="precondition_failed"),
        Case(put, 412, {"name": in_use}, good | extra, headers=STALE, code="precondition_failed"),
        Case(put, 415, {"name": in_use}, None, headers=ANY | {"Content-Type": "text/plain"},
            code="unsupported_media_type"),
        Case(put, 422, {"name": f"bad_{name.lower()}"}, bad, headers=NEW, code="invalid"),
        Case(delete, 204, {"name": f"gone_{name.lower()}"}, headers=ANY,
             before=lambda admin: OPERATIONS[put] and admin.request(
                 "PUT", OPERATIONS[put].path.removeprefix("/api/v1").replace("{name}", f"gone_{name.lower()}"), 201,
                 json=good | extra, headers=NEW) and None),
        Case(delete, 404 if hides else 403, {"name": in_use}, caller="reader", headers=ANY,
             code="not_found" if hides else "forbidden"),
        Case(delete, 404, {"name": "no_such"}, headers=ANY, code="not_found"),
        Case(delete, 412, {"name": in_use}, headers=STALE, code="precondition_failed"),
    ]
    if is_policy:
        cases += [Case(put, 428, {"name": in_use}, good | extra, code="precondition_required"),
                  Case(delete, 428, {"name": in_use}, code="precondition_required")]
    return cases


FOLDER = {"kind": "file", "config": {"path": "orders"}}
DATABASE = {"kind": "postgres", "config": {"host": "db.example.org", "database": "shop", "user": "reader"}}
PIPELINE = {"steps": [{"name": "load", "ingest": {
    "from": {"connection": "files", "path": "orders.csv"}, "to": {"dataset": "shop.target", "mode": "append"}}}]}


def declared(kind, good, bad, in_use, hides):
    """The cases of what belongs to a domain. `hides`: those without `write` do not know that it exists."""
    put, delete, here, gone = f"put{kind}", f"delete{kind}", f"shop.{in_use}", f"shop.gone_{kind.lower()}"
    path = f"/{kind.lower()}s/{gone}"
    return [
        Case(f"get{kind}", 200, {"name": here}),
        Case(f"get{kind}", 404 if hides else 200, {"name": here}, caller="reader",
             code="not_found" if hides else None),
        Case(f"get{kind}", 404, {"name": here}, caller="stranger", code="not_found"),
        Case(put, 201, {"name": f"shop.new_{kind.lower()}"}, good, caller="owner"),
        Case(put, 200, {"name": here}, good),
        Case(put, 403, {"name": here}, good, caller="reader", code="forbidden"),
        Case(put, 404, {"name": here}, good, caller="stranger", code="not_found"),
        Case(put, 412, {"name": here}, good, headers=NEW, code="precondition_failed"),
        Case(put, 412, {"name": here}, good, headers=STALE, code="precondition_failed"),
        Case(put, 415, {"name": here}, headers={"Content-Type": "text/plain"}, code="unsupported_media_type"),
        Case(put, 422, {"name": here}, bad, code="invalid"),
        Case(put, 422, {"name": "shop.pg_x"}, good, code="reserved_name"),
        Case(delete, 204, {"name": gone}, before=lambda admin: admin.put(path, good) and None),
        Case(delete, 403, {"name": here}, caller="reader", code="forbidden"),
        Case(delete, 404, {"name": "shop.no_such"}, code="not_found"),
        Case(delete, 412, {"name": here}, headers=STALE, code="precondition_failed"),
    ]


def tag_lists(kind, path, nowhere):
    """The cases of the tags of an object at `path`, of which there is none at `nowhere`."""
    get, put = "get" + kind, "put" + kind
    return [
        Case(get, 200, path, caller="reader"),
        Case(get, 404, nowhere, code="not_found"),
        Case(put, 200, path, ["pii.email"], headers=ANY),
        Case(put, 403, path, [], caller="reader", headers=ANY, code="forbidden"),
        Case(put, 404, nowhere, [], headers=ANY, code="not_found"),
        Case(put, 412, path, [], headers=NEW, code="precondition_failed"),
        Case(put, 415, path, headers=ANY | {"Content-Type": "text/csv"}, code="unsupported_media_type"),
        Case(put, 422, path, ["no_such"], headers=ANY, code="invalid"),
        Case(put, 428, path, [], code="precondition_required"),
    ]


def made_pipeline(admin, name):
    """A pipeline of its own: each has at most one run under way."""
    admin.put(f"/pipelines/shop.{name}", PIPELINE)
    return {"name": f"shop.{name}"}


def made_run(admin, pipeline, is_cancelled=False):
    """A run that waits for a worker, of which there is none, or that has ended."""
    made_pipeline(admin, pipeline)
    run = admin.post(f"/pipelines/shop.{pipeline}/runs", {}, expect=202).json()["id"]
    if is_cancelled:
        admin.post(f"/runs/{run}/cancel", expect=202)
    return {"name": run}


def switched(word):
    """The cases of pausing and resuming."""
    operation, other = f"{word}Pipeline", {"pause": "resume", "resume": "pause"}[word]
    return [
        Case(operation, 200, {"name": "shop.nightly"}),
        Case(operation, 403, {"name": "shop.nightly"}, caller="reader", code="forbidden"),
        Case(operation, 404, {"name": "shop.nightly"}, caller="stranger", code="not_found"),
        Case(operation, 409, {"name": "shop.nightly"}, code="idempotency_mismatch",
             headers={"Idempotency-Key": operation},
             before=lambda admin: keyed(admin, "/pipelines/shop.nightly/" + other, {}, operation)),
    ]


def take_service_names(admin):
    """Leaves no name for the principal that a domain's first pipeline makes."""
    domain = admin.put("/domains/busy", {}).json()["id"]
    for name in ("busy_pipelines", f"busy_pipelines_{domain}"):
        admin.put_new(f"/principals/{name}", {"kind": "user"})
