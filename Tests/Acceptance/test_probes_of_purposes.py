"""What a principal with a purpose, a writer and the manager of one domain only try, against purposes, deny rules, requests and
stored masks: the lines of the failure list that apply to them, by every surface they have."""

import base64
import concurrent.futures
import re
import threading

import pytest

from probes import CANARY, TRACES

COLUMNS = ["id", "region", "email", "phone", "card", "note", "pay"]
ROWS = [[1, "EU", f"{CANARY}@example.org", f"{CANARY}-1", f"{CANARY}-c1", f"{CANARY} note", 10],
        [2, "EU", f"b{CANARY}@example.org", f"{CANARY}-2", f"{CANARY}-c2", "plain", 20],
        [3, "US", f"c{CANARY}@example.org", f"{CANARY}-3", f"{CANARY}-c3", "plain", 30]]
HIDDEN = "hidden.vault"
IF_NONE, IF_ANY = {"If-None-Match": "*"}, {"If-Match": "*"}


def reveals_nothing(text):
    assert not [trace for trace in TRACES if trace in text], text[:1000]


@pytest.fixture(scope="module")
def people(server, admin):
    """Snoop reads through every new kind of rule, and in clear for a purpose; Mia manages `shop` only; Will only loads."""
    for domain in ("shop", "hidden"):
        admin.put(f"/domains/{domain}", {})
    for purpose in ("fraud", "marketing"):
        admin.put_new(f"/purposes/{purpose}", {})
    made = {}
    for name in ("snoop", "mia", "will"):
        admin.put_new(f"/principals/{name}", {"kind": "user", "attributes": {"region": ["EU"]}})
        made[name] = server.client(name)
    types = dict.fromkeys(COLUMNS, "text") | {"id": "int", "pay": "int"}
    admin.post("/datasets", {"domain": "shop", "name": "people", "primaryKey": ["id"],
                             "columns": [{"name": name, "type": types[name]} for name in COLUMNS]})
    admin.post("/datasets/shop.people/rows", [dict(zip(COLUMNS, row)) for row in ROWS])
    admin.post("/datasets", {"domain": "hidden", "name": "vault", "columns": [{"name": "email", "type": "text"}]})
    admin.post("/datasets/hidden.vault/rows", [{"email": ROWS[0][2]}])
    excepted = {"purposes": ["fraud"]}
    for column, mask in (("email", {"kind": "token", "domain": "mail"}), ("phone", {"kind": "sha256"}),
                         ("card", {"kind": "sha256-query"}),
                         ("note", {"kind": "expression", "expression": "CASE WHEN value = 'plain' THEN value ELSE 'x' END"})):
        admin.put_new(f"/masks/{column}", {"on": f"column:shop.people.{column}", "mask": mask, "except": excepted})
    admin.put_new("/deny-rules/pay", {"on": "column:shop.people.pay", "except": excepted})
    admin.put_new("/row-filters/regions", {
        "on": "dataset:shop.people", "expression": "region = ANY(user.region)", "except": excepted})
    admin.post("/grants", {"to": "user:snoop", "privilege": "select", "on": "dataset:shop.people"})
    admin.post("/grants", {"to": "user:mia", "privilege": "manage", "on": "domain:shop"})
    admin.post("/grants", {"to": "user:will", "privilege": "write", "on": "dataset:shop.people"})
    return made


@pytest.fixture
def snoop(people):
    return people["snoop"]


@pytest.fixture
def acting(admin, snoop):
    """Snoop may act for the purpose as long as the test."""
    given = admin.post("/grants", {"to": "user:snoop", "privilege": "act", "on": "purpose:fraud"}).json()["id"]
    yield "fraud"
    admin.request("DELETE", f"/grants/{given}")


STORED = ["sluice_token_3_1", "sluice_token_3_2", "sluice_sha256_4", "sluice_sha256_5"]
STATEMENTS = {
    "cast": "SELECT count(*) FROM shop.people WHERE {c}::int > 0",
    "cast-of-two": "SELECT ({c} || {c})::date FROM shop.people",
    "json": "SELECT {c}::json FROM shop.people",
    "division": "SELECT 1 / (length({c}) - length({c})) FROM shop.people",
    "regex": "SELECT 'a' ~ ('(' || {c}) FROM shop.people",
    "order": "SELECT id FROM shop.people ORDER BY {c}::numeric",
    "like": f"SELECT count(*) FROM shop.people WHERE {{c}} LIKE '%{CANARY}%'",
    "minmax": "SELECT min({c}), max({c}), string_agg({c}, ',') FROM shop.people",
    "row": "SELECT people::text, to_jsonb(people) FROM shop.people",
    "setting": "SELECT current_setting({c}) FROM shop.people",
}


@pytest.mark.parametrize("column", ["email", "phone", "card", "note", "pay::text"])
@pytest.mark.parametrize("name", STATEMENTS)
def test_neither_an_answer_nor_an_error_shows_what_a_rule_hides(snoop, name, column):
    answer = snoop.query(STATEMENTS[name].format(c=column), expect=(200, 422))
    text = answer.text.replace(f"%{CANARY}%", "")
    reveals_nothing(text)
    if name == "like":
        assert answer.json()["rows"] == [[0]]


@pytest.mark.parametrize("name", STORED + ["sluice_sha256_query_5", "ctid", "tableoid"])
def test_what_is_stored_behind_a_column_has_no_name(server, snoop, acting, name):
    for purpose in (None, acting):
        reveals_nothing(snoop.query(f"SELECT {name} FROM shop.people", expect=422, purpose=purpose).text)
    snoop.get(f"/datasets/shop.people/rows?select={name}", expect=400)
    snoop.get(f"/datasets/shop.people/rows?order={name}", expect=400)
    assert "sluice_" not in snoop.query("SELECT to_jsonb(people) FROM shop.people").text


@pytest.mark.parametrize("sql", [
    "SELECT * FROM sluice.mask_key", "SELECT sluice.mask_salt()", "SELECT sluice.mask_pad(1)", "SELECT * FROM sluice.subject",
    "SELECT * FROM sluice.narrowing", "SELECT * FROM sluice.narrowed_sessions()", "SELECT * FROM sluice.dataset_denial",
    "SELECT * FROM sluice.access_request", "SELECT * FROM sluice.stored_mask"])
def test_the_tables_and_keys_behind_the_rules_are_closed(server, snoop, acting, sql):
    for purpose in (None, acting):
        answer = snoop.query(sql, expect=(403, 422), purpose=purpose)
        reveals_nothing(answer.text)
    for role in roles_of(server, "snoop"):
        found = server.psql(role, sql)
        assert found.returncode != 0 and ("permission denied" in found.stderr or "does not exist" in found.stderr), found


def roles_of(server, principal):
    """The principal's login role and those for its purposes."""
    sql = ("SELECT s.role_name FROM sluice.subject AS s JOIN sluice.principal AS p ON p.id = s.principal_id "
           f"WHERE p.name = '{principal}'")
    found = server.psql("sluice", sql, "-At")
    assert found.returncode == 0, found.stderr
    return found.stdout.split()


def test_no_login_of_a_principal_becomes_another(server, snoop, acting):
    assert snoop.query("SELECT count(*) FROM shop.people", purpose=acting).json()["rows"] == [[3]]
    own, purposes = sorted(roles_of(server, "snoop"), key=len)
    assert server.psql(own, "SELECT count(*) FROM shop.people", "-At").stdout == "2\n"
    assert server.psql(purposes, "SELECT count(*) FROM shop.people", "-At").stdout == "3\n"
    for one, other in ((own, purposes), (purposes, own)):
        for sql in (f"SET ROLE {other}", f"SET SESSION AUTHORIZATION {other}", f"GRANT {other} TO {one}",
                    f"SELECT set_config('role', '{other}', false)", f"ALTER ROLE {one} RENAME TO x",
                    f"ALTER ROLE {one} VALID UNTIL 'infinity'", f"ALTER ROLE {other} PASSWORD 'x'"):
            assert server.psql(one, sql).returncode != 0, sql
    assert snoop.query("SELECT count(*) FROM shop.people").json()["rows"] == [[2]]


def test_a_cursor_of_a_purpose_is_of_no_use_without_it(snoop, acting):
    path = "/datasets/shop.people/rows?select=email&order=email&limit=1"
    page = snoop.get(path, headers={"Sluice-Purpose": acting})
    assert CANARY in page.text
    url = page.links["next"]["url"].removeprefix("/api/v1")
    cursor = re.search(r"cursor=([^&]*)", url)[1]
    assert CANARY.encode() not in base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))
    assert snoop.get(url, expect=400).json()["code"] == "invalid_cursor"
    own = snoop.get("/datasets/shop.people/rows?select=email&order=email&limit=1").links["next"]["url"].removeprefix("/api/v1")
    assert snoop.get(own, expect=400, headers={"Sluice-Purpose": acting}).json()["code"] == "invalid_cursor"


@pytest.mark.parametrize("purpose", ["marketing", "nowhere", "FRAUD", "fraud;x", "", "a" * 200, "fraud,fraud", "snoop"])
def test_a_purpose_that_is_not_granted_opens_nothing(snoop, acting, purpose):
    for answer in (snoop.query("SELECT email FROM shop.people", expect=None, purpose=purpose),
                   snoop.request("GET", "/datasets/shop.people/rows", headers={"Sluice-Purpose": purpose})):
        reveals_nothing(answer.text)
        assert answer.status_code in (400, 403), (answer.status_code, answer.text)


MANAGER = [
    ("PUT", "/masks/m", {"on": "column:hidden.vault.email", "mask": {"kind": "nullify"}}),
    ("PUT", "/masks/m", {"on": "tag:pii", "mask": {"kind": "nullify"}}),
    ("PUT", "/deny-rules/m", {"on": "dataset:hidden.vault"}),
    ("PUT", "/deny-rules/m", {"on": "domain:hidden"}),
    ("PUT", "/deny-rules/m", {"on": "tag:pii"}),
    ("PUT", "/purposes/m", {}),
    ("PUT", "/tags/m", {}),
    ("POST", "/grants", {"to": "user:mia", "privilege": "act", "on": "purpose:fraud"}),
    ("POST", "/grants", {"to": "purpose:fraud", "privilege": "select", "on": "dataset:hidden.vault"}),
    ("POST", "/grants", {"to": "user:mia", "privilege": "select", "on": "domain:hidden"}),
    ("POST", "/grants", {"to": "user:mia", "privilege": "manage", "on": "platform"}),
    ("POST", "/access-requests", {"dataset": HIDDEN, "privilege": "select", "reason": "x", "durationSeconds": 60}),
    ("POST", "/access/explain", {"principal": "admin", "dataset": HIDDEN}),
    ("POST", "/access/diff", {"changes": [
        {"method": "POST", "path": "/grants", "body": {"to": "user:mia", "privilege": "select", "on": "dataset:hidden.vault"}}]}),
    ("POST", "/apply", {"documents": [{"kind": "deny-rule", "name": "m", "on": "dataset:hidden.vault"}]}),
]


@pytest.mark.parametrize("method, path, body", MANAGER, ids=range(len(MANAGER)))
def test_who_manages_one_domain_rules_no_other(admin, people, method, path, body):
    admin.put("/tags/pii", {})
    answer = people["mia"].request(method, path, (403, 404, 422), json=body, headers=IF_NONE if method == "PUT" else {})
    reveals_nothing(answer.text)
    if method == "PUT":
        admin.get(path, expect=404)


def test_masks_and_denials_bind_who_makes_them(people):
    mia = people["mia"]
    for sql in ("SELECT email, phone, card, note, pay FROM shop.people", "SELECT people::text FROM shop.people"):
        reveals_nothing(mia.query(sql).text)
    assert mia.query("SELECT count(pay) FROM shop.people").json()["rows"] == [[0]]


def test_who_only_loads_learns_nothing_of_the_rows_there_are(people):
    """The key is taken: which row has it, and what is in it, is not told."""
    will = people["will"]
    twice = will.request("POST", "/datasets/shop.people/rows", json=[{"id": 1, "region": "EU", "email": "x"}])
    assert twice.status_code in (409, 422), twice.text
    reveals_nothing(twice.text)
    for path in ("/datasets/shop.people/rows", "/datasets/shop.people/quarantine"):
        assert people["will"].request("GET", path).status_code in (403, 404)
    will.query("SELECT email FROM shop.people", expect=403)
    assert will.post("/access/explain", {"principal": "mia", "dataset": "shop.people"}, expect=None).status_code in (403, 404)


def test_tokens_join_within_their_domain_only(server, admin, snoop):
    for name, domain in (("same", "mail"), ("other", "post")):
        admin.post("/datasets", {"domain": "shop", "name": name, "columns": [{"name": "email", "type": "text"}]})
        admin.post(f"/datasets/shop.{name}/rows", [{"email": ROWS[0][2]}])
        admin.put_new(f"/masks/{name}", {"on": f"column:shop.{name}.email", "mask": {"kind": "token", "domain": domain}})
        admin.post("/grants", {"to": "user:snoop", "privilege": "select", "on": f"dataset:shop.{name}"})
        admin.post(f"/datasets/shop.{name}/rows", [{"email": ROWS[0][2]}])
    joined = "SELECT count(*) > 0 FROM shop.people JOIN shop.{} USING (email)"
    assert snoop.query(joined.format("same")).json()["rows"] == [[True]]
    assert snoop.query(joined.format("other")).json()["rows"] == [[False]]


def test_who_lost_manage_approves_nothing(server, admin, snoop):
    admin.put_new("/principals/max", {"kind": "user"})
    manager = server.client("max")
    for attempt in range(8):
        given = admin.post("/grants", {"to": "user:max", "privilege": "manage", "on": "dataset:shop.people"}).json()["id"]
        ask = {"dataset": "shop.people", "privilege": "write", "reason": f"r{attempt}", "durationSeconds": 600 + attempt}
        id = snoop.post("/access-requests", ask).json()["id"]
        gate = threading.Barrier(2)

        def approve():
            gate.wait()
            return manager.request("POST", f"/access-requests/{id}/approve", json={})

        def revoke():
            gate.wait()
            return admin.delete(f"/grants/{given}")

        with concurrent.futures.ThreadPoolExecutor(2) as pool:
            approved, revoked = pool.submit(approve), pool.submit(revoke)
            approved, revoked = approved.result(), revoked.result()
        state = admin.get(f"/access-requests/{id}").json()
        if approved.status_code == 200:
            assert state["state"] == "approved"
            assert int(approved.headers["Sluice-Policy-Version"]) < int(revoked.headers["Sluice-Policy-Version"])
            admin.delete(f"/grants/{state['grant']}")
        else:
            assert approved.status_code in (403, 404) and state["state"] == "pending", (approved.text, state)
            assert manager.request("POST", f"/access-requests/{id}/approve", json={}).status_code in (403, 404)
            snoop.post(f"/access-requests/{id}/withdraw", {})
