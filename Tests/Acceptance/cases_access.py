"""Cases of who sees what: rows that one may not read, explanations, comparisons, access requests."""

import itertools

from cases import ANY, DATASET, FILTER, STALE, Case, keyed

CHANGE = {"method": "PUT", "path": "/row-filters/regions", "body": FILTER}
SELECTIONS = itertools.cycle(
    columns for size in range(1, 5) for columns in itertools.combinations(("id", "email", "region", "amount"), size))
ASKED = {"dataset": "shop.target", "privilege": "select", "reason": "To count them", "durationSeconds": 60}


def asked(who):
    """A request of `who` that waits: of other columns each time, as an equal one would be the one that waits already."""
    def before(admin):
        columns = next(SELECTIONS)
        token = admin.post(f"/principals/{who}/tokens", {}).json()["token"]
        made = admin.request("POST", "/access-requests", (200, 201), json=ASKED | {"columns": columns},
                             headers={"Authorization": f"Bearer {token}"})
        return {"name": made.json()["id"]}
    return before


def decided(who):
    """One that its author has withdrawn."""
    def before(admin):
        made = asked(who)(admin)
        token = admin.post(f"/principals/{who}/tokens", {}).json()["token"]
        admin.request("POST", f"/access-requests/{made['name']}/withdraw", 200, json={},
                      headers={"Authorization": f"Bearer {token}"})
        return made
    return before


def decision(operation, good, bad, caller, other):
    """The cases of a decision that `caller` may make and `other`, who sees the request, may not."""
    text = {"Content-Type": "text/csv"}
    return [
        Case(operation, 200, body=good, caller=caller, before=asked("reader")),
        Case(operation, 403, body=good, caller=other, before=asked("reader"), code="forbidden"),
        Case(operation, 404, body=good, caller="stranger", before=asked("reader"), code="not_found"),
        Case(operation, 404, {"name": "999999"}, good, code="not_found"),
        Case(operation, 409, body=good, caller=caller, before=decided("reader"), code="conflict"),
        Case(operation, 412, body=good, caller=caller, headers=STALE, before=asked("reader"), code="precondition_failed"),
        Case(operation, 415, {"name": "999999"}, headers=text, code="unsupported_media_type"),
        Case(operation, 422, {"name": "999999"}, bad, code="invalid"),
    ]


AUDIT_CASES = [
    Case("listAudit", 403, query="?principal=admin", caller="reader", code="forbidden"),
    Case("listAudit", 200, query="?column=shop.orders.id&fingerprint=no", headers={"Accept": "application/x-ndjson"}),
    Case("listAudit", 406, headers={"Accept": "image/png"}, code="not_acceptable"),
    Case("verifyAudit", 200),
    Case("verifyAudit", 403, caller="reader", code="forbidden"),
    Case("getAuditRetention", 200),
    Case("getAuditRetention", 403, caller="reader", code="forbidden"),
    Case("putAuditRetention", 200, body={"days": 36500}, headers=ANY),
    Case("putAuditRetention", 403, body={"days": None}, caller="reader", code="forbidden"),
    Case("putAuditRetention", 412, body={"days": None}, headers=STALE, code="precondition_failed"),
    Case("putAuditRetention", 415, headers={"Content-Type": "text/csv"}, code="unsupported_media_type"),
    *[Case("putAuditRetention", 422, body=body, code="invalid") for body in ({"days": 0}, {"days": "1"}, {})],
    Case("listUsage", 200, query=f"?dataset={DATASET}"),
    Case("listUsage", 403, query=f"?dataset={DATASET}&principal=admin", caller="reader", code="forbidden"),
    Case("listUnusedGrants", 200, query="?days=0"),
    Case("listUnusedGrants", 403, caller="reader", code="forbidden"),
]

ACCESS_CASES = [
    *AUDIT_CASES,
    Case("readRows", 403, {"name": "shop.target"}, caller="reader", code="forbidden"),

    Case("explainAccess", 200, body={"principal": "reader", "dataset": DATASET}),
    Case("explainAccess", 403, body={"principal": "reader", "dataset": DATASET, "purpose": "no_such"},
         code="purpose_not_granted"),
    Case("explainAccess", 404, body={"principal": "reader", "dataset": DATASET}, caller="stranger", code="not_found"),
    Case("explainAccess", 409, body={"principal": "owner", "dataset": DATASET}, code="idempotency_mismatch",
         headers={"Idempotency-Key": "explain"}, before=lambda admin: keyed(
             admin, "/access/explain", {"principal": "reader", "dataset": DATASET}, "explain")),
    Case("explainAccess", 415, headers={"Content-Type": "text/plain"}, code="unsupported_media_type"),
    Case("explainAccess", 422, body={"principal": 7, "dataset": DATASET}, code="invalid"),

    Case("diffAccess", 200, body={"changes": [CHANGE]}),
    Case("diffAccess", 403, body={"changes": [CHANGE | {"path": "/row-filters/other"}]}, caller="reader",
         code="forbidden"),
    Case("diffAccess", 404, body={"changes": [{"method": "DELETE", "path": "/masks/no_such"}]}, code="not_found"),
    Case("diffAccess", 409, body={"changes": [{"method": "DELETE", "path": "/groups/support"}]}, code="in_use"),
    Case("diffAccess", 415, headers={"Content-Type": "text/plain"}, code="unsupported_media_type"),
    Case("diffAccess", 422, body={"changes": [CHANGE | {"method": "GET"}]}, code="invalid"),

    Case("runPolicyTests", 200, body={"names": ["counted"]}),
    Case("runPolicyTests", 403, body={}, caller="reader", code="forbidden"),
    Case("runPolicyTests", 409, body={"names": ["counted"]}, code="idempotency_mismatch", headers={"Idempotency-Key": "tests"},
         before=lambda admin: keyed(admin, "/policy-tests/run", {}, "tests")),
    Case("runPolicyTests", 415, headers={"Content-Type": "text/csv"}, code="unsupported_media_type"),
    Case("runPolicyTests", 422, body={"names": ["no_such"]}, code="invalid"),

    Case("listAccessRequests", 200, query="?limit=2&state=pending"),
    Case("getAccessRequest", 200, caller="reader", before=asked("reader")),
    Case("getAccessRequest", 404, caller="stranger", before=asked("reader"), code="not_found"),
    Case("requestAccess", 201, body=ASKED | {"privilege": "write"}, caller="reader"),
    Case("requestAccess", 200, body=ASKED | {"privilege": "write"}, caller="reader"),
    Case("requestAccess", 409, body=ASKED, code="idempotency_mismatch", headers={"Idempotency-Key": "requestAccess"},
         before=lambda admin: keyed(admin, "/access-requests", ASKED | {"privilege": "manage"}, "requestAccess")),
    Case("requestAccess", 415, headers={"Content-Type": "text/csv"}, code="unsupported_media_type"),
    Case("requestAccess", 422, body=ASKED | {"reason": ""}, caller="reader", code="invalid"),
    Case("requestAccess", 422, body=ASKED, caller="stranger", code="invalid"),
    *decision("approveAccess", {"comment": "yes"}, {"durationSeconds": 0}, caller="admin", other="reader"),
    *decision("denyAccess", {"comment": "no"}, {"comment": 7}, caller="admin", other="reader"),
    *decision("withdrawAccess", {}, {"comment": 7}, caller="reader", other="admin"),
]
