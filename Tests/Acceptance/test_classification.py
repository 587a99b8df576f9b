"""Columns are classified by the server: in the background, bounded, with a steward's word above all, through kills."""

import json

import pytest

import sluice
from sluice import Server

NAMES = ["Anna Huber", "Max Weber", "Marie Klein", "Paul Wagner", "Sophie Bauer", "Jonas Fischer", "Laura Koch", "Felix Wolf"]
COLUMNS = [{"name": "id", "type": "bigint"}, {"name": "mail", "type": "text"}, {"name": "c3", "type": "text"},
           {"name": "amount", "type": "numeric"}, {"name": "seen_from", "type": "inet"}]
ROWS = [{"id": 1000 + i, "mail": f"person{i}@example.org", "c3": NAMES[i % len(NAMES)], "amount": i * 1.5, "seen_from": f"10.0.0.{i}"}
        for i in range(40)]


@pytest.fixture(scope="module")
def server():
    with Server.running(SLUICE_WORKER_SLOTS="0") as server:
        server.admin.put("/domains/shop", {"owner": "admin"})
        yield server


@pytest.fixture
def admin(server):
    return server.admin


def wait_until(condition, seconds, what="classified"):
    sluice.wait_until(condition, seconds, what)


def dataset(admin, name, rows=ROWS, columns=COLUMNS):
    admin.post("/datasets", {"domain": "shop", "name": name, "columns": columns}, expect=201)
    if rows:
        admin.post(f"/datasets/shop.{name}/rows", rows)
    return f"/datasets/shop.{name}"


def verdicts(admin, path):
    return {c["column"]: c for c in admin.get(f"{path}/classification").json()["columns"]}


def entities(admin, path):
    return {name: c["entity"] for name, c in verdicts(admin, path).items()}


FOUND = {"mail": "pii.email", "c3": "pii.name", "seen_from": "pii.ip"}


def test_a_loaded_dataset_is_looked_at_by_itself_and_shows_no_value(admin):
    path = dataset(admin, "loaded", rows=None)
    wait_until(lambda: admin.get(f"{path}/classification").json()["state"] == "current", 30)
    assert entities(admin, path) == {}
    admin.post(f"{path}/rows", ROWS)
    wait_until(lambda: entities(admin, path) == FOUND, 30)
    answer = admin.get(f"{path}/classification")
    assert answer.json()["rows"] == 40 and answer.json()["failure"] is None
    assert "person1" not in answer.text and "Huber" not in answer.text
    mail = verdicts(admin, path)["mail"]
    assert mail["state"] == "suggested" and mail["evidence"] == {
        "share": 1, "values": 40, "recogniser": "email", "nameRule": "mail"}


def test_new_columns_are_looked_at(admin):
    path = dataset(admin, "grown", columns=COLUMNS[:2], rows=[{k: r[k] for k in ("id", "mail")} for r in ROWS])
    wait_until(lambda: entities(admin, path) == {"mail": "pii.email"}, 30)
    admin.request("PATCH", path, 200, json={"columns": [*COLUMNS[:2], {"name": "telefon", "type": "text"}]},
                  headers={"If-Match": "*"})
    admin.post(f"{path}/rows", [{"id": 1, "mail": "x@y.zz", "telefon": f"+43 664 12345{i}"} for i in range(10, 30)])
    admin.post(f"{path}/classify", expect=202)
    wait_until(lambda: entities(admin, path) == {"mail": "pii.email", "telefon": "pii.phone"}, 30)


def test_a_decision_sets_the_tag_and_outlives_every_run(admin):
    path = dataset(admin, "decided")
    wait_until(lambda: entities(admin, path) == FOUND, 30)
    accepted = admin.put(f"{path}/columns/mail/classification", {"decision": "accept"}).json()
    assert (accepted["state"], accepted["decidedBy"]) == ("accepted", "admin")
    assert admin.get(f"{path}/columns/mail/tags").json() == ["pii.email"]
    admin.put(f"{path}/columns/c3/classification", {"decision": "reject"})
    assert admin.get(f"{path}/columns/c3/tags").json() == []
    before = admin.get(f"{path}/classification").json()["classifiedAt"]
    admin.post(f"{path}/classify", expect=202)
    wait_until(lambda: admin.get(f"{path}/classification").json()["classifiedAt"] > before, 30)
    now = verdicts(admin, path)
    assert (now["mail"]["state"], now["c3"]["state"]) == ("accepted", "rejected")
    # One may think again: then the tag goes.
    admin.put(f"{path}/columns/mail/classification", {"decision": "reject"})
    assert admin.get(f"{path}/columns/mail/tags").json() == []
    audit = admin.get("/audit?dataset=shop.decided&limit=100").json()["items"]
    assert {"column shop.decided.mail", "classification of column shop.decided.mail"} <= {e["object"] for e in audit if "object" in e}


def test_above_the_threshold_columns_are_tagged_by_itself_but_never_against_a_steward(admin):
    path = dataset(admin, "tagged")
    wait_until(lambda: entities(admin, path) == FOUND, 30)
    admin.put(f"{path}/columns/seen_from/classification", {"decision": "reject"})
    assert admin.get("/settings/classification").json() == {"autoTagAbove": None}
    admin.request("PUT", "/settings/classification", 200, json={"autoTagAbove": 0.93}, headers={"If-Match": "*"})
    try:
        wait_until(lambda: verdicts(admin, path)["mail"]["state"] == "applied", 30)
        assert admin.get(f"{path}/columns/mail/tags").json() == ["pii.email"]
        admin.post(f"{path}/classify", expect=202)
        wait_until(lambda: admin.get(f"{path}/classification").json()["state"] == "current", 30)
        assert verdicts(admin, path)["seen_from"]["state"] == "rejected"
        assert admin.get(f"{path}/columns/seen_from/tags").json() == []
        tagged = [e for e in admin.get("/audit?dataset=shop.tagged&limit=100").json()["items"]
                  if e["principal"] == "sluice:classifier"]
        assert ["pii.email"] in [e["after"] for e in tagged]
    finally:
        admin.request("PUT", "/settings/classification", 200, json={"autoTagAbove": None}, headers={"If-Match": "*"})


def test_a_mask_on_the_tag_holds_from_the_answer_on(server, admin):
    path = dataset(admin, "masked")
    wait_until(lambda: entities(admin, path) == FOUND, 30)
    admin.put("/tags/pii.email", {"description": "An address"})
    admin.put_new("/masks/addresses", {"on": "tag:pii.email", "mask": {"kind": "fixed", "value": "hidden"}})
    admin.put(f"{path}/columns/mail/classification", {"decision": "accept"})
    rows = admin.get(f"{path}/rows?select=mail&limit=3").json()["rows"]
    assert rows == [["hidden"]] * 3
    admin.request("DELETE", "/masks/addresses", 204, headers={"If-Match": "*"})


@pytest.mark.parametrize("values", [
    [None] * 5, [""] * 5, ["\u0001\u0002"] * 5, ["x" * 100_000] * 3, ["{\"a\": [1, {\"b\": null}]}"] * 5, ["\U0001f600" * 2000] * 60],
    ids=["null", "empty", "control", "long", "json", "four bytes"])
def test_any_values_are_looked_at(admin, values, request):
    name = f"any_{request.node.callspec.id.replace(' ', '_')}"
    path = dataset(admin, name, columns=[{"name": "id", "type": "bigint"}, {"name": "v", "type": "text"}],
                   rows=[{"id": i, "v": v} for i, v in enumerate(values)])
    wait_until(lambda: admin.get(f"{path}/classification").json()["state"] == "current"
               and admin.get(f"{path}/classification").json()["rows"] == len(values), 30)
    assert entities(admin, path) == {}


def test_a_wide_dataset_is_looked_at(admin):
    columns = [{"name": f"c{i}", "type": "text"} for i in range(300)]
    path = dataset(admin, "wide", columns=columns, rows=[{f"c{i}": f"p{j}@example.org" for i in range(300)} for j in range(30)])
    wait_until(lambda: len(entities(admin, path)) == 300, 60)


def test_a_table_that_is_locked_is_a_failure_with_its_code_and_is_tried_again(server, admin):
    path = dataset(admin, "locked")
    wait_until(lambda: entities(admin, path) == FOUND, 30)
    number = admin.get(path).json()["id"]
    with server.psql_holding("sluice", f"SET ROLE sluice_owner; LOCK TABLE store.d{number} IN ACCESS EXCLUSIVE MODE"):
        admin.post(f"{path}/classify", expect=202)
        wait_until(lambda: admin.get(f"{path}/classification").json()["state"] == "failed", 30)
        assert admin.get(f"{path}/classification").json()["failure"] == "locked"
    admin.post(f"{path}/classify", expect=202)
    wait_until(lambda: admin.get(f"{path}/classification").json()["state"] == "current", 30)


def test_only_managers_see_suggestions(server, admin):
    path = dataset(admin, "private")
    wait_until(lambda: entities(admin, path) == FOUND, 30)
    admin.put_new("/principals/reader", {"kind": "user"})
    admin.post("/grants", {"to": "user:reader", "privilege": "select", "on": "dataset:shop.private"})
    reader = server.client("reader")
    assert reader.request("GET", f"{path}/classification", 403).json()["code"] == "forbidden"
    assert reader.request("PUT", f"{path}/columns/mail/classification", 403, json={"decision": "accept"}).json()["code"] == "forbidden"
    assert "pii.email" not in json.dumps(reader.get(path).json())


def test_a_server_killed_in_the_middle_goes_on_when_it_is_there_again(tmp_path):
    with Server.running(SLUICE_WORKER_SLOTS="0") as server:
        server.admin.put("/domains/shop", {"owner": "admin"})
        paths = [dataset(server.admin, f"d{i}") for i in range(12)]
        wait_until(lambda: any(entities(server.admin, path) for path in paths), 30)
        server.kill()
        server.start()
        wait_until(lambda: all(entities(server.admin, path) == FOUND for path in paths), 90)
