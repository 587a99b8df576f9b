"""The audit for people: columns and fingerprints of reads, last uses, unused grants, export, retention; kills in between."""

import json

import pytest

from audit import control, made_reads, verified, wait_sealed, warehouse
from shell import REFUSED, USAGE, Shell
from sluice import wait_until

COLUMNS = [{"name": "id", "type": "bigint"}, {"name": "guest", "type": "text"}, {"name": "amount", "type": "int"}]


@pytest.fixture(scope="module", autouse=True)
def travel(admin):
    admin.put("/domains/travel", {})
    admin.put("/domains/other", {})
    admin.put_new("/purposes/fraud", {})
    for domain, name in (("travel", "bookings"), ("travel", "offers"), ("other", "things")):
        admin.post("/datasets", {"domain": domain, "name": name, "columns": COLUMNS, "primaryKey": ["id"]})
        admin.post(f"/datasets/{domain}.{name}/rows", [{"id": 1, "guest": "a", "amount": 3}])


@pytest.fixture(scope="module")
def sluice(server):
    return Shell(server, (server.data / "admin-token").read_text().strip())


def reader(server, name, *grants, **attributes):
    """A principal with its grants, and a client of it."""
    server.admin.put_new(f"/principals/{name}", {"kind": "user"} | attributes)
    for grant in grants:
        server.admin.post("/grants", {"to": f"user:{name}", "privilege": "select"} | grant)
    return server.client(name)


def reads(client, count=1, **filters):
    """The latest reads, once there are `count`: an entry that nobody waits for comes a little after its read."""
    found = []

    def are_there():
        found[:] = client.get("/audit", params={"action": "read"} | filters).json()["items"]
        return len(found) >= count

    wait_until(are_there, 10, f"{count} entries")
    return found


def columns(*names, dataset="travel.bookings"):
    return [f"{dataset}.{name}" for name in names]


@pytest.mark.parametrize("sql, expected", [
    ("SELECT guest FROM travel.bookings WHERE id = 1", columns("id", "guest")),
    ("SELECT count(*) FROM travel.bookings", []),
    ("SELECT * FROM travel.bookings", columns("id", "guest", "amount")),
    ("SELECT o.guest FROM travel.bookings AS b JOIN travel.offers AS o USING (id)",
     columns("id") + columns("id", "guest", dataset="travel.offers")),
    ("SELECT to_json(b) FROM travel.bookings AS b", columns("id", "guest", "amount")),
])
def test_columns_of_a_statement(server, admin, sql, expected):
    admin.query(sql)
    entry = reads(admin, limit=1)[0]
    assert entry["columns"] == expected and entry["statement"] == sql and entry["surface"] == "query"


def test_columns_are_those_that_are_granted(server):
    """And nothing that the caller does not know is told to it by its own audit."""
    ann = reader(server, "ann", {"on": "dataset:travel.bookings", "columns": ["id", "amount"]})
    ann.query("SELECT * FROM travel.bookings")
    assert reads(ann)[0]["columns"] == columns("id", "amount")
    ann.query("SELECT secret, * FROM other.things", expect=(403, 404, 422))
    entry = reads(ann, 2)[0]
    assert entry["columns"] == ["other.things.*"] and entry["decision"] != "allowed"


def test_who_read_a_column(server, admin):
    bob = reader(server, "bob", {"on": "domain:travel"})
    bob.query("SELECT guest FROM travel.offers")
    bob.query("SELECT id FROM travel.offers")
    bob.get("/datasets/travel.offers/rows?select=guest&id=eq.1")
    found = reads(admin, 2, column="travel.offers.guest", principal="bob")
    assert [entry["surface"] for entry in found] == ["rows", "query"]


def test_fingerprints_find_statements_of_a_form(server, admin):
    cat = reader(server, "cat", {"on": "domain:travel"})
    for sql in ("SELECT id FROM travel.bookings WHERE guest = 'x'", "select id from travel.bookings where guest='y' -- y",
                "SELECT id FROM travel.bookings WHERE amount = 3"):
        cat.query(sql)
    mine = reads(cat, 3)
    prints = [entry["fingerprint"] for entry in mine]
    assert prints[1] == prints[2] != prints[0] and all(len(print) == 16 for print in prints)
    assert reads(admin, fingerprint=prints[1]) == mine[1:]
    assert reads(admin, 0, fingerprint="0" * 16) == []


def test_export_is_all_in_order(server, admin, sluice):
    control(server, made_reads(1700))
    wait_sealed(admin)
    assert len(admin.get("/audit?limit=1000").json()["items"]) == 1000
    answer = admin.get("/audit", headers={"Accept": "application/x-ndjson"})
    entries = [json.loads(line) for line in answer.text.splitlines()]
    times = [entry["at"] for entry in entries]
    assert times == sorted(times) and {entry["action"] for entry in entries} >= {"create", "put", "load", "read"}
    counts = int(control(server, "SELECT count(*) FROM sluice.read_audit")) + int(
        warehouse(server, "SELECT count(*) FROM sluice.change_audit"))
    assert len(entries) == counts
    assert sorted(head.split(":")[0] for head in answer.headers["Sluice-Audit-Heads"].split(", ")) == ["changes", "reads"]

    lines = sluice("audit", "export", "--principal", "robot").stdout.splitlines()
    assert len(lines) == 1700 and all(json.loads(line)["principal"] == "robot" for line in lines)
    # Of somebody who does not manage the platform: what it did itself, and no heads.
    dan = reader(server, "dan", {"on": "domain:travel"})
    dan.query("SELECT id FROM travel.bookings")
    answer = dan.get("/audit", headers={"Accept": "application/x-ndjson"})
    assert [json.loads(line)["principal"] for line in answer.text.splitlines()] == ["dan"]
    assert "Sluice-Audit-Heads" not in answer.headers
    for query in ("limit=3", "cursor=x"):
        admin.get(f"/audit?{query}", expect=400, headers={"Accept": "application/x-ndjson"})


def test_usage_by_column(server, admin, sluice):
    eve = reader(server, "eve", {"on": "dataset:travel.bookings"})
    admin.post("/grants", {"to": "user:eve", "privilege": "act", "on": "purpose:fraud"})
    eve.query("SELECT guest FROM travel.bookings")
    eve.query("SELECT guest FROM travel.bookings", purpose="fraud")
    eve.get("/datasets/travel.bookings/rows?select=id&id=eq.1")
    eve.query("SELECT nothing FROM travel.bookings", expect=422)
    wait_sealed(admin)
    items = admin.get("/audit/usage?dataset=travel.bookings&principal=eve").json()["items"]
    assert {(item["column"], item["purpose"]): item["reads"] for item in items} == {
        (None, None): 2, (None, "fraud"): 1, ("guest", None): 1, ("guest", "fraud"): 1, ("id", None): 1}
    last = max(entry["at"] for entry in reads(eve) if entry["purpose"] == "fraud")
    assert [item["lastReadAt"] for item in items if item["purpose"] == "fraud"] == [last, last]

    assert eve.get("/audit/usage?dataset=travel.bookings").json()["items"] == items
    eve.get("/audit/usage?dataset=travel.bookings&principal=admin", expect=403)
    pages, cursor = [], ""
    while cursor is not None:
        page = eve.get(f"/audit/usage?dataset=travel.bookings&limit=2{cursor and '&cursor=' + cursor}").json()
        pages += page["items"]
        cursor = page["nextCursor"]
    assert pages == items
    assert "fraud" in sluice("audit", "usage", "travel.bookings", "--principal", "eve").stdout
    assert admin.get("/audit/usage", expect=400).json()["code"] == "invalid_parameter"


def test_unused_grants(server, admin, sluice):
    """Of one, of a group, of the domain above, of columns, of a purpose; older uses than the grant do not count."""
    admin.put_new("/groups/team", {})
    admin.put_new("/principals/fay", {"kind": "user", "groups": ["team"]})
    admin.put_new("/principals/gus", {"kind": "user", "groups": ["team"]})
    given = {}
    for name, grant in {
        "dataset": {"to": "user:fay", "on": "dataset:travel.bookings"},
        "domain": {"to": "user:fay", "on": "domain:travel"},
        "columns": {"to": "user:fay", "on": "dataset:travel.bookings", "columns": ["amount"]},
        "other": {"to": "user:fay", "on": "domain:other"},
        "group": {"to": "group:team", "on": "dataset:travel.bookings"},
        "member": {"to": "user:gus", "on": "dataset:travel.bookings"},
        "purpose": {"to": "user:fay", "on": "purpose:fraud", "privilege": "act"},
        "expired": {"to": "user:fay", "on": "dataset:other.things", "expiresAt": "2999-01-01T00:00:00Z"},
    }.items():
        given[name] = admin.post("/grants", {"privilege": "select"} | grant).json()["id"]
    warehouse(server, f"UPDATE sluice.access_grant SET expires_at = now() WHERE id = {given['expired']};"
                      "UPDATE sluice.access_grant SET created_at = now() - interval '200 days'")
    names = {number: name for name, number in given.items()}

    def unused(days):
        items = admin.get(f"/audit/unused-grants?days={days}&limit=1000").json()["items"]
        return {names[item["grant"]["id"]]: item["lastUsedAt"] for item in items if item["grant"]["id"] in names}

    never = {name: None for name in given if name != "expired"}
    assert unused(90) == never
    server.client("fay").query("SELECT id FROM travel.bookings")
    wait_sealed(admin)
    assert unused(90) == {name: None for name in ("columns", "other", "member", "purpose")}
    server.client("fay").query("SELECT amount FROM travel.bookings", purpose="fraud")
    wait_sealed(admin)
    assert unused(90) == {name: None for name in ("other", "member")}
    assert unused(201) == {}, "younger than that"

    # Used, but long ago; and before the grant was given, which does not count.
    control(server, "UPDATE sluice.read_usage SET last_read_at = now() - interval '100 days' WHERE principal = 'fay'")
    old = unused(90)
    assert set(old) == set(never) and all(old[name] for name in ("dataset", "domain", "columns", "group", "purpose")), old
    warehouse(server, f"UPDATE sluice.access_grant SET created_at = now() - interval '95 days' WHERE id = {given['dataset']}")
    assert unused(90)["dataset"] is None
    shown = sluice("audit", "unused", "--days", "90", "--limit", "0").stdout
    assert "never" in shown and "user:gus" in shown
    first = admin.get("/audit/unused-grants?days=90&limit=1").json()
    second = admin.get(f"/audit/unused-grants?days=90&limit=1&cursor={first['nextCursor']}").json()
    assert len(first["items"]) == 1 and first["items"] != second["items"]
    admin.get("/audit/unused-grants?days=-1", expect=400)


def test_retention_is_set(admin, sluice):
    before = admin.get("/audit/retention")
    assert before.json()["days"] is None
    assert sluice("audit", "retention", "400").stdout == "The audit is kept for 400 days.\n"
    after = admin.get("/audit/retention")
    assert after.json()["days"] == 400 and after.headers["ETag"] != before.headers["ETag"]
    entry = admin.get("/audit?action=put&limit=1").json()["items"][0]
    assert entry["object"] == "retention of the audit" and entry["before"]["days"] is None and entry["after"]["days"] == 400
    admin.put("/audit/retention", {"days": None}, expect=412, headers={"If-Match": before.headers["ETag"]})
    assert sluice("audit", "retention", "forever").stdout == "The audit is kept for good.\n"
    assert sluice("audit", "retention", "0", status=REFUSED).stderr and sluice("audit", "retention", "x", status=USAGE).stderr


def test_a_kill_while_sealing(own_server):
    """Nothing is sealed twice or left out, and each read counts once in the last uses."""
    server = own_server
    count = 400_000
    control(server, made_reads(count))
    wait_until(lambda: sealed(server) > 30_000, 60, "some seals")
    server.kill()
    assert 0 < sealed(server) < count, "killed in the middle"
    server.start()
    found = wait_sealed(server.admin)
    assert found["faults"] == [] and sealed(server) == count
    usage = server.admin.get("/audit/usage?dataset=travel.bookings").json()["items"]
    assert [(item["column"], item["reads"]) for item in usage] == [(None, count), ("id", count)]


def test_a_kill_while_erasing(own_server):
    """Whole batches go, each with its entries or not at all; the chain verifies over the gap, and the audit tells of it."""
    server, old, young = own_server, 600_000, 50
    control(server, made_reads(old, age="3 days"))
    wait_sealed(server.admin)
    control(server, made_reads(young))
    head = next(head for head in wait_sealed(server.admin)["heads"] if head.startswith("reads"))

    server.admin.put("/audit/retention", {"days": 1})
    wait_until(lambda: erased(server) > 0, 60, "the first erasure")
    server.kill()
    gone = erased(server)
    assert 0 < gone < old, "killed in the middle"
    assert int(control(server, "SELECT count(*) FROM sluice.read_audit")) == old + young - gone
    server.start()
    wait_until(lambda: erased(server) == old, 60, "the rest")
    assert control(server, "SELECT count(*) FROM sluice.read_audit") == str(young)
    found = verified(server.admin, head)
    assert found["faults"] == [] and found["erased"] == old
    events = server.admin.get("/audit?action=erase&limit=1000").json()["items"]
    assert {event["object"] for event in events} == {"audit of reads"}
    assert sum(event["after"]["entries"] for event in events) >= old
    assert all(event["principal"] == "sluice" and event["after"]["days"] == 1 for event in events)


def test_what_was_tampered_with_is_not_erased(own_server):
    """It is evidence: retention keeps it, and says so."""
    server = own_server
    control(server, made_reads(10, age="3 days"))
    wait_sealed(server.admin)
    control(server, made_reads(10, age="2 days"))
    wait_sealed(server.admin)
    control(server, "SET session_replication_role = replica; UPDATE sluice.read_audit SET row_count = 7 WHERE id = 5")
    server.admin.put("/audit/retention", {"days": 1})
    wait_until(lambda: erased(server) == 10, 60, "the other batch")
    assert "batches of reads are not as they were sealed, so retention keeps them; their seals: 1" in server.log()
    assert [fault["seal"] for fault in verified(server.admin)["faults"]] == [1]


def sealed(server):
    return int(control(server, "SELECT coalesce(sum(entries), 0) FROM sluice.audit_seal"))


def erased(server):
    return int(control(server, "SELECT coalesce(sum(entries), 0) FROM sluice.audit_seal WHERE erased_at IS NOT NULL"))
