"""Quarantine and its replay from outside: pipelines that keep records back, and what becomes of these."""

import base64
import itertools

import pytest

import contract
import pipelines


COLUMNS = [{"name": "id", "type": "bigint"}, {"name": "code", "type": "text"}, {"name": "amount", "type": "numeric"}]
STRICT = [{"name": "code", "column": "code", "matches": "^[A-Z]{3}$"}]
MENDED = [{"name": "code", "column": "code", "matches": "^[A-Za-z]{3}$"}]


@pytest.fixture(scope="module")
def files(server):
    """Domain `shop` with a connection to the server's file root."""
    pipelines.declare_files(server)


@pytest.fixture
def name(files, numbers=itertools.count(1)):
    """Of a file, a dataset and a pipeline of the test's own, in domain `shop`."""
    return f"t{next(numbers)}"


def put(server, name, pipeline=None, path=None, mode="append", **ingest):
    """The pipeline as it is from now on."""
    to = {"dataset": f"shop.{name}", "mode": mode} | ({"key": ["id"]} if mode == "upsert" else {})
    step = {"from": {"connection": "files", "path": path or f"{name}.csv"}, "to": to, **ingest}
    spec = {"retry": {"attempts": 5, "baseSeconds": 1, "maxSeconds": 1}, "steps": [{"name": "load", "ingest": step}]}
    server.admin.put(f"/pipelines/shop.{pipeline or name}", spec)


def load(server, name, data, pipeline=None, path=None, **ingest):
    """Runs a pipeline over a file with these bytes."""
    (server.files / (path or f"{name}.csv")).write_bytes(data)
    put(server, name, pipeline, path, **ingest)
    ended = pipelines.load(server, f"shop.{pipeline or name}")
    assert ended["state"] == "succeeded", ended
    return ended


def ask(client, name, body=None, expect=202, **arguments):
    answer = client.request("POST", f"/datasets/shop.{name}/quarantine/replay", expect, json=body, **arguments)
    contract.check(contract.OPERATIONS["replayQuarantine"], answer)
    return answer.json()


def replay(server, name, body=None):
    run = ask(server.admin, name, body)
    assert run["state"] in ("queued", "running")
    ended = pipelines.finish(server, run["id"])
    contract.check(contract.OPERATIONS["getRun"], server.admin.get(f"/runs/{run['id']}"))
    return ended


def kept(server, name):
    items = server.admin.get(f"/datasets/shop.{name}/quarantine?limit=1000").json()["items"]
    return [item | {"bytes": base64.b64decode(item["bytes"])} for item in items]


def rows(server, name, columns="id"):
    found = server.admin.query(f"SELECT {columns} FROM shop.{name} ORDER BY id").json()["rows"]
    return [row[0] if len(row) == 1 else row for row in found]


def counts(read, written, quarantined=0, unchanged=0, dropped=0, warned=0):
    return {"read": read, "written": written, "unchanged": unchanged, "quarantined": quarantined, "dropped": dropped,
            "warned": warned}


def succeeded(ended):
    assert ended["state"] == "succeeded", ended
    return ended["rows"]
