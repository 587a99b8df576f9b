"""Every operation of openapi/openapi.yaml, driven to every status it documents and a client can bring about.

`CASES` lists what is particular to an operation; what the protocol answers alike for all of them is generated from the
document (test_protocol.py). `test_the_document_is_covered` compares both with the document.
"""

import pytest

import contract
from cases import (
    ANY, COLUMNS, DATABASE, DATASET, DENY, FILTER, FOLDER, MASK, NEW, PIPELINE, POLICY_TEST, STALE, Case, declared, keyed,
    made_pipeline, made_run, named, switched, tag_lists, take_service_names)
from cases_access import ACCESS_CASES
from cases_classification import CLASSIFICATION_CASES
from contract import OPERATIONS
from sluice import Server

# Those every operation shares are in test_protocol.py; the rest needs a fault or a crowd.
SHARED = {400, 401, 408, 413, 414, 417, 431, 501, 505}
FAULTS = {429, 500, 503, 504}
# What no quick request brings about: a principal deleted while its request runs, a read over its 300 seconds, a
# caller who does not come from this machine.
RACES = {("getMe", 404), ("readRows", 422), ("getMetrics", 403)}
# What needs a worker, or a secret sealed under another key: test_connections.py, test_browse.py.
PROBES = {("testConnection", 200), ("browseConnection", 200), ("browseConnection", 422), ("testConnection", 409),
          ("browseConnection", 409)}


CASES = [
    Case("getHealth", 200, caller="nobody"), Case("getReadiness", 200, caller="nobody"),
    Case("getMetrics", 200, caller="nobody"), Case("getOpenAPI", 200, caller="nobody"), Case("getMe", 200,
        caller="reader"),
    *[Case(f"list{kind}", 200, query="?limit=2") for kind in (
        "Principals", "Groups", "Tokens", "Grants", "Domains", "Tags", "Datasets", "Masks", "RowFilters", "DenyRules", "Purposes",
        "PolicyTests",
        "Audit",
        "Connections", "Pipelines", "Runs", "Workers")],

    *named("Principal", "putPrincipal", "deletePrincipal", {"displayName": "X"}, {"kind": "robot"}, True, "reader"),
    Case("putPrincipal", 422, {"name": "pg_x"}, {"kind": "user"}, headers=NEW, code="reserved_name"),
    Case("deletePrincipal", 409, {"name": "owner"}, headers=ANY, code="in_use"),
    Case("putPrincipal", 412, {"name": "no_such"}, {"kind": "user"}, headers=ANY, code="precondition_failed"),
    *named("Group", "putGroup", "deleteGroup", {"description": "X"}, {"members": ["no_such"]}, True, "support"),
    Case("deleteGroup", 409, {"name": "support"}, headers=ANY, code="in_use"),

    Case("createToken", 201, {"name": "reader"}, {"description": "t", "expiresInSeconds": 60}),
    Case("createToken", 404, {"name": "admin"}, {}, caller="reader", code="not_found"),
    Case("createToken", 409, {"name": "reader"}, {"description": "second"}, code="idempotency_mismatch",
         headers={"Idempotency-Key": "createToken"},
         before=lambda admin: keyed(admin, "/principals/reader/tokens", {"description": "first"}, "createToken")),
    Case("createToken", 404, {"name": "no_such"}, {}, code="not_found"),
    Case("createToken", 415, {"name": "reader"}, headers={"Content-Type": "text/csv"}, code="unsupported_media_type"),
    Case("createToken", 422, {"name": "reader"}, {"expiresInSeconds": 0}, code="invalid"),
    Case("getToken", 200, before=lambda admin: {"name": admin.post("/principals/reader/tokens", {}).json()["id"]}),
    Case("getToken", 404, {"name": "999999"}, code="not_found"),
    Case("deleteToken", 204, before=lambda admin: {"name": admin.post("/principals/reader/tokens", {}).json()["id"]}),
    Case("deleteToken", 412, headers=STALE, code="precondition_failed",
         before=lambda admin: {"name": admin.post("/principals/reader/tokens", {}).json()["id"]}),
    Case("deleteToken", 404, caller="reader", code="not_found",
         before=lambda admin: {"name": admin.post("/principals/admin/tokens", {}).json()["id"]}),
    Case("deleteToken", 404, {"name": "999999"}, code="not_found"),

    Case("createGrant", 201, body={"to": "user:owner", "privilege": "select", "on": "domain:shop"}),
    Case("createGrant", 200, body={"to": "user:reader", "privilege": "select", "on": f"dataset:{DATASET}"}),
    Case("createGrant", 403, body={"to": "user:reader", "privilege": "write", "on": f"dataset:{DATASET}"},
        caller="reader",
         code="forbidden"),
    Case("createGrant", 409, body={"to": "user:reader", "privilege": "select", "on": "domain:shop"},
         code="idempotency_mismatch", headers={"Idempotency-Key": "createGrant"}, before=lambda admin: keyed(
             admin, "/grants", {"to": "user:owner", "privilege": "describe", "on": "domain:shop"}, "createGrant")),
    Case("createGrant", 422, body={"to": "user:reader", "privilege": "select", "on": "dataset:shop.orders"},
         caller="stranger", code="invalid"),
    Case("createGrant", 415, headers={"Content-Type": "text/csv"}, code="unsupported_media_type"),
    Case("createGrant", 422, body={"to": "user:no_such", "privilege": "select", "on": "platform"}, code="invalid"),
    Case("getGrant", 200, before=lambda admin: {"name": admin.get("/grants").json()["items"][0]["id"]}),
    Case("getGrant", 404, {"name": "999999"}, code="not_found"),
    Case("deleteGrant", 204, before=lambda admin: {"name": admin.post(
        "/grants", {"to": "user:owner", "privilege": "describe", "on": "platform"}).json()["id"]}),
    Case("deleteGrant", 403, caller="reader", code="forbidden", before=lambda admin: {"name": next(
        item["id"] for item in admin.get("/grants").json()["items"] if item["to"] == "user:reader")}),
    Case("deleteGrant", 412, headers=STALE, code="precondition_failed",
         before=lambda admin: {"name": admin.get("/grants").json()["items"][0]["id"]}),
    Case("deleteGrant", 404, {"name": "999999"}, code="not_found"),

    *named("Domain", "putDomain", "deleteDomain", {"title": "X"}, {"owner": "no_such"}, False, "shop"),
    Case("putDomain", 422, {"name": "store"}, {}, code="reserved_name"),
    Case("deleteDomain", 409, {"name": "shop"}, code="in_use"),
    *named("Tag", "putTag", "deleteTag", {"description": "X"}, {"description": 7}, False, "pii.email"),
    Case("deleteTag", 409, {"name": "pii.email"}, code="in_use"),

    Case("createDataset", 201, body={"domain": "shop", "name": "made", "columns": COLUMNS, "primaryKey": ["id"]}),
    Case("createDataset", 403, body={"domain": "shop", "name": "other", "columns": COLUMNS}, caller="reader",
        code="forbidden"),
    Case("createDataset", 422, body={"domain": "shop", "name": "other", "columns": COLUMNS}, caller="stranger",
         code="invalid"),
    Case("createDataset", 409, body={"domain": "shop", "name": "orders", "columns": COLUMNS}, code="conflict"),
    Case("createDataset", 415, headers={"Content-Type": "text/csv"}, code="unsupported_media_type"),
    Case("createDataset", 422, body={"domain": "shop", "name": "other", "columns": [{"name": "a", "type": "varchra"}]},
         code="unknown_type"),
    Case("getDataset", 200, {"name": DATASET}, caller="reader"),
    Case("getDataset", 404, {"name": DATASET}, caller="stranger", code="not_found"),
    Case("patchDataset", 200, {"name": DATASET}, {"description": "Orders"}, headers=ANY),
    Case("patchDataset", 403, {"name": DATASET}, {"description": "Orders"}, caller="reader", code="forbidden"),
    Case("patchDataset", 404, {"name": "shop.no_such"}, {"description": "Orders"}, code="not_found"),
    Case("patchDataset", 409, {"name": DATASET}, {"columns": COLUMNS[:2]}, code="in_use"),
    Case("patchDataset", 412, {"name": DATASET}, {"description": "Orders"}, headers=STALE, code="precondition_failed"),
    Case("patchDataset", 415, {"name": DATASET}, headers={"Content-Type": "text/csv"}, code="unsupported_media_type"),
    Case("patchDataset", 422, {"name": DATASET}, {"owner": "no_such"}, code="invalid"),
    Case("deleteDataset", 204, {"name": "shop.gone"}, headers=ANY, before=lambda admin: admin.post(
        "/datasets", {"domain": "shop", "name": "gone", "columns": COLUMNS}, expect=201) and None),
    Case("deleteDataset", 403, {"name": DATASET}, caller="reader", code="forbidden"),
    Case("deleteDataset", 404, {"name": "shop.no_such"}, code="not_found"),
    Case("deleteDataset", 409, {"name": DATASET}, code="in_use"),
    Case("deleteDataset", 412, {"name": DATASET}, headers=STALE, code="precondition_failed"),

    *tag_lists("ColumnTags", {"name": DATASET, "column": "email"}, {"name": DATASET, "column": "no_such"}),
    *tag_lists("DatasetTags", {"name": DATASET}, {"name": "shop.no_such"}),
    *tag_lists("DomainTags", {"name": "shop"}, {"name": "no_such"}),
    Case("search", 200, query="?q=orders", caller="reader"),

    Case("loadRows", 200, {"name": "shop.target"}, [{"id": 7, "email": "a@b.example"}]),
    Case("loadRows", 403, {"name": DATASET}, [], caller="reader", code="forbidden"),
    Case("loadRows", 404, {"name": DATASET}, [], caller="stranger", code="not_found"),
    Case("loadRows", 415, {"name": DATASET}, headers={"Content-Type": "text/plain"}, code="unsupported_media_type"),
    Case("loadRows", 409, {"name": "shop.target"}, [{"id": 9}], code="idempotency_mismatch",
         headers={"Idempotency-Key": "loadRows"},
         before=lambda admin: keyed(admin, "/datasets/shop.target/rows", [{"id": 8}], "loadRows")),
    Case("loadRows", 422, {"name": "shop.target"}, [{"id": "seven"}], code="invalid_rows"),
    Case("listQuarantine", 200, {"name": DATASET}, query="?limit=2"),
    Case("listQuarantine", 403, {"name": DATASET}, caller="reader", code="forbidden"),
    Case("listQuarantine", 404, {"name": DATASET}, caller="stranger", code="not_found"),
    Case("replayQuarantine", 202, {"name": "shop.kept"}, {"rule": "code"}),
    Case("replayQuarantine", 403, {"name": DATASET}, caller="reader", code="forbidden"),
    Case("replayQuarantine", 404, {"name": DATASET}, caller="stranger", code="not_found"),
    Case("replayQuarantine", 409, {"name": DATASET}, code="conflict"),
    Case("replayQuarantine", 415, {"name": DATASET}, headers={"Content-Type": "text/csv"},
         code="unsupported_media_type"),
    Case("replayQuarantine", 422, {"name": DATASET}, {"ids": []}, code="invalid"),
    *[Case("readRows", 200, {"name": DATASET}, caller="reader", query=f"?format={format}")
      for format in ("json", "ndjson", "csv")],
    Case("readRows", 404, {"name": DATASET}, caller="stranger", code="not_found"),
    Case("readRows", 406, {"name": DATASET}, headers={"Accept": "image/png"}, code="not_acceptable"),
    *[Case("query", 200, body={"sql": "SELECT id, amount FROM shop.orders"}, query=f"?format={format}", caller="reader")
      for format in ("json", "ndjson", "csv")],
    Case("query", 403, body={"sql": "SELECT * FROM shop.orders"}, caller="stranger", code="forbidden"),
    Case("query", 406, body={"sql": "SELECT 1"}, headers={"Accept": "image/png"}, code="not_acceptable"),
    Case("query", 415, headers={"Content-Type": "text/plain"}, code="unsupported_media_type"),
    Case("query", 422, body={"sql": "SELECT emial FROM shop.orders"}, code="invalid_sql"),
    Case("query", 422, body={"sql": "DELETE FROM shop.orders"}, code="not_a_read"),
    Case("query", 422, body={"sql": "SELECT count(*) FROM generate_series(1, 1000000000)", "timeoutSeconds": 1},
         code="budget_exceeded"),
    *ACCESS_CASES, *CLASSIFICATION_CASES,

    *named("Mask", "putMask", "deleteMask", MASK, {"on": "tag:pii.email", "mask": {"kind": "blur"}}, True, "emails",
           hides=True),
    Case("putMask", 403, {"name": "reader_s"}, MASK, caller="reader", headers=NEW, code="forbidden"),
    Case("putMask", 422, {"name": "misfit"}, {"on": f"column:{DATASET}.id", "mask": {"kind": "email"}}, headers=NEW,
         code="mask_does_not_fit"),
    *named("RowFilter", "putRowFilter", "deleteRowFilter", FILTER,
           {"on": "dataset:shop.no_such", "expression": "TRUE"}, True, "regions", hides=True),
    Case("putRowFilter", 403, {"name": "reader_s"}, FILTER, caller="reader", headers=NEW, code="forbidden"),
    Case("putRowFilter", 422, {"name": "misfit"}, {"on": f"dataset:{DATASET}", "expression": "regoin = 'EU'"},
        headers=NEW,
         code="invalid_expression"),

    *named("DenyRule", "putDenyRule", "deleteDenyRule", DENY, {"on": "dataset:shop.no_such"}, True, "strangers",
           hides=True),
    Case("putDenyRule", 403, {"name": "reader_s"}, DENY, caller="reader", headers=NEW, code="forbidden"),
    *named("Purpose", "putPurpose", "deletePurpose", {}, {"description": 7}, True, "fraud"),
    Case("deletePurpose", 409, {"name": "audits"}, headers=ANY, code="in_use"),

    *named("PolicyTest", "putPolicyTest", "deletePolicyTest", POLICY_TEST, {"as": "ann"}, True, "counted"),

    *declared("Connection", FOLDER, {"kind": "file", "config": {"path": ".."}}, "files", hides=True),
    Case("putConnection", 409, {"name": "shop.files"}, DATABASE, code="in_use"),
    Case("deleteConnection", 409, {"name": "shop.files"}, code="in_use"),
    *declared("Pipeline", PIPELINE, {"steps": []}, "nightly", hides=False),
    Case("putPipeline", 403, {"name": "shop.own"}, PIPELINE | {"runAs": "admin"}, caller="owner", code="forbidden"),
    Case("putPipeline", 409, {"name": "busy.nightly"}, PIPELINE, before=take_service_names, code="conflict"),

    Case("testConnection", 503, {"name": "shop.files"}, code="no_worker"),
    Case("browseConnection", 503, {"name": "shop.files"}, query="?limit=5", code="no_worker"),
    *[Case(operation, 404, {"name": "shop.files"}, caller="reader", code="not_found")
      for operation in ("testConnection", "browseConnection")],

    Case("startRun", 202, before=lambda admin: made_pipeline(admin, "start")),
    Case("startRun", 403, {"name": "shop.nightly"}, caller="reader", code="forbidden"),
    Case("startRun", 404, {"name": "shop.nightly"}, caller="stranger", code="not_found"),
    Case("startRun", 409, before=lambda admin: made_run(admin, "twice") and {"name": "shop.twice"}, code="conflict"),
    Case("startRun", 415, {"name": "shop.nightly"}, headers={"Content-Type": "text/csv"},
         code="unsupported_media_type"),
    Case("startRun", 422, {"name": "shop.nightly"}, {"from": "2026-11-21T02:00:00Z"}, code="invalid"),
    Case("listNextRuns", 200, {"name": "shop.nightly"}, caller="reader", query="?count=3"),
    Case("listNextRuns", 404, {"name": "shop.nightly"}, caller="stranger", code="not_found"),
    *[case for word in ("pause", "resume") for case in switched(word)],
    *[Case(operation, 404, {"name": "999999"}, code="not_found")
      for operation in ("getRun", "readRunLog", "followRun", "cancelRun", "retryRun")],
    Case("getRun", 200, caller="reader", before=lambda admin: made_run(admin, "read")),
    Case("readRunLog", 200, caller="reader", before=lambda admin: made_run(admin, "log")),
    Case("followRun", 200, caller="reader", before=lambda admin: made_run(admin, "follow", is_cancelled=True)),
    Case("cancelRun", 202, before=lambda admin: made_run(admin, "cancel")),
    Case("cancelRun", 403, caller="reader", before=lambda admin: made_run(admin, "cancel_of_others"), code="forbidden"),
    Case("cancelRun", 409, before=lambda admin: made_run(admin, "cancelled", is_cancelled=True), code="conflict"),
    Case("retryRun", 202, before=lambda admin: made_run(admin, "again", is_cancelled=True)),
    Case("retryRun", 403, caller="reader", before=lambda admin: made_run(admin, "retry_of_others"), code="forbidden"),
    Case("retryRun", 409, before=lambda admin: made_run(admin, "waiting"), code="conflict"),
    Case("listWorkers", 403, caller="reader", code="forbidden"),

    Case("apply", 200, body={"documents": [{"kind": "tag", "name": "applied"}]}),
    Case("apply", 403, body={"documents": [{"kind": "tag", "name": "applied"}]}, caller="reader", code="forbidden"),
    Case("apply", 409, body={"documents": [{"kind": "tag", "name": "applied"}]}, code="idempotency_mismatch",
         headers={"Idempotency-Key": "apply"},
         before=lambda admin: keyed(admin, "/apply", {"documents": []}, "apply")),
    Case("apply", 404, body={"documents": [{"kind": "mask", "name": "emails", "on": f"column:{DATASET}.region",
                                            "mask": {"kind": "nullify"}}]}, caller="owner", code="not_found"),
    Case("apply", 415, headers={"Content-Type": "text/plain"}, code="unsupported_media_type"),
    Case("apply", 422, body={"documents": [{"kind": "tagg", "name": "applied"}]}, code="invalid"),
]


@pytest.fixture(scope="module")
def server():
    """Without a worker, so that a run stays as a case leaves it."""
    with Server.running(SLUICE_WORKER_SLOTS="0") as server:
        yield server


def quarantine(server):
    """A record that pipeline shop.kept has left in the quarantine of dataset shop.kept, as a job leaves it."""
    ingest = PIPELINE["steps"][0]["ingest"] | {"to": {"dataset": "shop.kept", "mode": "append"}}
    server.admin.put("/pipelines/shop.kept", {"steps": [{"name": "load", "ingest": ingest}]})
    dataset, pipeline = (server.admin.get(f"/{kind}/shop.kept").json()["id"] for kind in ("datasets", "pipelines"))
    result = server.psql("sluice", f"""
        SELECT sluice.prepare_ingest({dataset});
        INSERT INTO sluice.quarantine_d{dataset}
            (dataset_id, run_id, step, source, line, byte_offset, bytes, rule, error)
        VALUES ({dataset}, 1, 'load', 'orders.csv', 2, 0, 'x', 'code', 'does not pass');
        INSERT INTO sluice.quarantine_source (dataset_id, run_id, step, source, pipeline_id, pipeline)
        VALUES ({dataset}, 1, 'load', 'orders.csv', {pipeline}, 'shop.kept');""")
    assert result.returncode == 0, result.stderr


@pytest.fixture(scope="module")
def callers(server):
    admin = server.admin
    for tag in ("pii", "pii.email"):
        admin.put(f"/tags/{tag}", {})
    for name in ("reader", "stranger", "owner"):
        admin.put_new(f"/principals/{name}", {"kind": "user", "attributes": {"region": ["EU"]}})
    admin.put_new("/groups/support", {"members": ["reader"]})
    admin.put("/domains/shop", {"owner": "owner"})
    for name in ("orders", "target", "kept"):
        admin.post("/datasets", {"domain": "shop", "name": name, "columns": COLUMNS, "primaryKey": ["id"]})
    admin.post("/datasets/shop.orders/rows", [
        {"id": number, "email": f"ann{number}@example.org", "region": ["EU", "US"][number % 2], "amount": number / 4}
        for number in range(10)])
    admin.put("/connections/shop.files", FOLDER)
    admin.put("/pipelines/shop.nightly", PIPELINE)
    quarantine(server)
    admin.put_new("/masks/emails", MASK | {"except": {"groups": ["support"]}})
    admin.put_new("/row-filters/regions", FILTER)
    admin.put_new("/policy-tests/counted", POLICY_TEST)
    admin.put_new("/purposes/fraud", {})
    admin.put_new("/purposes/audits", {})
    admin.put_new("/deny-rules/strangers", DENY)
    admin.put_new("/deny-rules/but_audits", {"on": "dataset:shop.kept", "except": {"purposes": ["audits"], "principals": ["admin"]}})
    admin.post("/grants", {"to": "user:reader", "privilege": "select", "on": f"dataset:{DATASET}"})
    admin.post("/grants", {"to": "user:reader", "privilege": "describe", "on": "domain:shop"})
    admin.post("/grants", {"to": "user:owner", "privilege": "write", "on": "domain:shop"})
    return {"admin": admin, "reader": server.client("reader"), "stranger": server.client("stranger"),
            "owner": server.client("owner"), "nobody": server.anonymous()}


@pytest.mark.parametrize("case", CASES, ids=str)
def test_operation(callers, case):
    operation = OPERATIONS[case.operation]
    parameters = case.path | ((case.before(callers["admin"]) if case.before else None) or {})
    url = operation.path.format(**parameters) + case.query
    body = {"json": case.body} if case.body is not None else {"data": b"x"} if "Content-Type" in case.headers else {}
    answer = callers[case.caller].request(operation.method, "/" + url, headers=case.headers, **body)
    assert answer.status_code == case.status, answer.text
    contract.check(operation, answer)
    if case.code:
        problem = answer.json()
        assert problem["code"] == case.code, problem
        assert problem["title"] and (problem.get("detail") or problem.get("hint")), problem


def test_the_document_is_covered():
    driven = {(case.operation, case.status) for case in CASES}
    documented = {(operation.id, status) for operation in OPERATIONS.values() for status in operation.statuses}
    particular = {item for item in documented if item[1] not in SHARED | FAULTS} - RACES - PROBES
    assert sorted(particular - driven) == [] and sorted(driven - documented) == []
    assert not driven & (RACES | PROBES)
