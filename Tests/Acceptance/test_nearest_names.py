"""What a body names and is not there is refused with the name that was probably meant, of those that the caller may know."""

import pytest

MASK = {"kind": "nullify"}
CASES = {
    "mask_tag": ("/masks/m", {"on": "tag:pii.emial", "mask": MASK}, "/on", "pii.email"),
    "mask_dataset": ("/masks/m", {"on": "column:shop.oders.email", "mask": MASK}, "/on", "shop.orders"),
    "mask_column": ("/masks/m", {"on": "column:shop.orders.emial", "mask": MASK}, "/on", "email"),
    "exception": ("/masks/m", {"on": "tag:pii.email", "mask": MASK, "except": {"groups": ["suport"]}}, "/except/groups/0", "support"),
    "filter": ("/row-filters/f", {"on": "dataset:shop.oders", "expression": "TRUE"}, "/on", "shop.orders"),
    "deny": ("/deny-rules/d", {"on": "domain:shopp"}, "/on", "shop"),
    "deny_purpose": ("/deny-rules/d", {"on": "domain:shop", "to": {"purposes": ["fruad"]}}, "/to/purposes/0", "fraud"),
    "group": ("/groups/g", {"members": ["annna"]}, "/members/0", "anna"),
    "test": ("/policy-tests/t", {"as": "user:annna", "query": "SELECT 1", "expect": {"rows": 1}}, "/as", "anna"),
}


@pytest.fixture(scope="module")
def shop(admin):
    admin.put("/tags/pii.email", {})
    admin.put("/domains/shop", {})
    admin.post("/datasets", {"domain": "shop", "name": "orders", "columns": [{"name": "email", "type": "text"}]})
    admin.put_new("/groups/support", {})
    admin.put_new("/purposes/fraud", {})
    admin.put_new("/principals/anna", {"kind": "user"})
    return admin


@pytest.mark.parametrize("case", CASES)
def test_the_nearest_name_is_asked_for(shop, case):
    path, body, pointer, nearest = CASES[case]
    error = shop.put_new(path, body, expect=422).json()["errors"][0]
    assert error["pointer"] == pointer and error["detail"].endswith(f"did you mean {nearest}?"), error


def test_a_grant_asks_for_the_nearest_names(shop):
    for body, pointer, nearest in [
        ({"to": "user:annna", "on": "domain:shop"}, "/to", "anna"), ({"to": "user:anna", "on": "domain:shopp"}, "/on", "shop"),
        ({"to": "user:anna", "on": "dataset:shop.oders"}, "/on", "shop.orders"),
    ]:
        error = shop.post("/grants", body | {"privilege": "select"}, expect=422).json()["errors"][0]
        assert error["pointer"] == pointer and error["detail"].endswith(f"did you mean {nearest}?"), error


def test_nobody_learns_a_name_that_is_not_for_them(server, shop):
    anna = server.client("anna")
    asked = {"dataset": "shop.oders", "privilege": "select", "reason": "x", "durationSeconds": 60}
    assert "did you mean" not in anna.post("/access-requests", asked, expect=422).text
    shop.post("/grants", {"to": "user:anna", "on": "domain:shop", "privilege": "manage"})
    assert "did you mean shop.orders?" in server.client("anna").post("/access-requests", asked, expect=422).text
    told = anna.put_new("/masks/m", {"on": "column:shop.orders.email", "mask": MASK, "except": {"groups": ["suport"]}}, expect=422)
    assert "did you mean" not in told.text
