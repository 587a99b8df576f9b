"""Cases of the classification of columns."""

from cases import ANY, DATASET, NEW, STALE, Case
from sluice import wait_until

LOOKED_AT = {"name": "shop.looked_at"}
EMAIL = LOOKED_AT | {"column": "email"}
ACCEPT = {"decision": "accept"}
TEXT = {"Content-Type": "text/csv"}


def looked_at(admin):
    """A dataset with addresses in one column, once a server has seen them."""
    if admin.request("GET", "/datasets/shop.looked_at", (200, 404)).status_code == 404:
        admin.post("/datasets", {"domain": "shop", "name": "looked_at", "columns": [
            {"name": "id", "type": "bigint"}, {"name": "email", "type": "text"}]}, expect=201)
        admin.post("/datasets/shop.looked_at/rows", [{"id": i, "email": f"p{i}@example.org"} for i in range(9)])
    wait_until(lambda: admin.get("/datasets/shop.looked_at/classification").json()["columns"], 30, "classified")


CLASSIFICATION_CASES = [
    Case("getClassification", 200, LOOKED_AT, before=looked_at),
    Case("getClassification", 403, {"name": DATASET}, caller="reader", code="forbidden"),
    Case("getClassification", 404, {"name": DATASET}, caller="stranger", code="not_found"),
    Case("classifyDataset", 202, {"name": DATASET}),
    Case("classifyDataset", 403, {"name": DATASET}, caller="reader", code="forbidden"),
    Case("classifyDataset", 404, {"name": DATASET}, caller="stranger", code="not_found"),
    Case("classifyDataset", 409, {"name": DATASET}, code="idempotency_mismatch", headers={"Idempotency-Key": "classify"},
         before=lambda admin: admin.post("/datasets/shop.target/classify", expect=202, headers={"Idempotency-Key": "classify"}) and None),
    Case("decideClassification", 200, EMAIL, ACCEPT, before=looked_at),
    Case("decideClassification", 403, {"name": DATASET, "column": "email"}, ACCEPT, caller="reader", code="forbidden"),
    Case("decideClassification", 404, LOOKED_AT | {"column": "id"}, ACCEPT, before=looked_at, code="not_found"),
    Case("decideClassification", 412, EMAIL, ACCEPT, headers=STALE, before=looked_at, code="precondition_failed"),
    Case("decideClassification", 415, EMAIL, headers=TEXT, code="unsupported_media_type"),
    Case("decideClassification", 422, EMAIL, {"decision": "perhaps"}, code="invalid"),
    Case("getClassificationSettings", 200),
    Case("getClassificationSettings", 403, caller="reader", code="forbidden"),
    Case("putClassificationSettings", 200, body={"autoTagAbove": None}, headers=ANY),
    Case("putClassificationSettings", 403, body={"autoTagAbove": 0.9}, caller="reader", headers=ANY, code="forbidden"),
    Case("putClassificationSettings", 412, body={"autoTagAbove": None}, headers=NEW, code="precondition_failed"),
    Case("putClassificationSettings", 415, headers=ANY | TEXT, code="unsupported_media_type"),
    Case("putClassificationSettings", 422, body={"autoTagAbove": 0.2}, headers=ANY, code="invalid"),
    Case("putClassificationSettings", 428, body={"autoTagAbove": None}, code="precondition_required"),
]
