"""Purposes, requests, stored masks and mask expressions under attack: by principals who may write any SQL (failure-cases.md)."""

import pytest

from access import EMAILS, grant, polled, reads, shop  # noqa: F401: shop is a fixture

EXTREMES = {
    "int": ["2147483647", "-2147483648", "0"],
    "bigint": ["9223372036854775807", "-9223372036854775808"],
    "numeric(5,2)": ["999.99", "-999.99", "0.01"],
    "numeric": ["NaN", "Infinity", "-Infinity", "1" + "0" * 200],
    "double precision": ["NaN", "Infinity", "-Infinity", "1.7976931348623157e308", "-1.7976931348623157e308", "5e-324"],
    "date": ["infinity", "-infinity", "4713-01-01 BC", "5874897-12-31"],
    "timestamp": ["infinity", "-infinity", "4713-01-01 00:00:00 BC", "294276-12-31 23:59:59"],
    "timestamptz": ["infinity", "-infinity", "4713-01-01 00:00:00+00 BC", "294276-12-31 23:59:59+00"],
    "char(5)": ["", "a    ", "ẞẞẞẞẞ"],
    "varchar(3)": ["", "\\", "%_\\"],
    "text": ["", "\\", "%", "@", "@@", "ß" * 100_000, "\u0001"],
}
NUMBERS = ["int", "bigint", "numeric(5,2)", "numeric", "double precision"]
TIMES = ["date", "timestamp", "timestamptz"]
TEXTS = ["char(5)", "varchar(3)", "text"]
KINDS = [
    (NUMBERS, {"kind": "round", "to": 1000}),
    (NUMBERS, {"kind": "expression", "expression": "CASE WHEN value < 18 THEN 0 ELSE value END"}),
    (TIMES, {"kind": "year"}), (TIMES, {"kind": "month"}),
    (["date"], {"kind": "expression", "expression": "CASE WHEN value < '2000-01-01' THEN NULL ELSE value END"}),
    (TEXTS, {"kind": "email"}), (TEXTS, {"kind": "alphanum"}), (TEXTS, {"kind": "show-last", "count": 1}),
    (TEXTS, {"kind": "show-first", "count": 1000}),
    (TEXTS, {"kind": "expression", "expression": "upper(value) || right(value, 1000) || split_part(value, '@', 1000)"}),
    (TEXTS, {"kind": "expression", "expression": "CASE WHEN value LIKE '%\\\\' THEN 'x' ELSE left(value, 1) END"}),
]


@pytest.mark.parametrize("kind", range(len(KINDS)))
def test_a_mask_has_a_result_for_every_value(server, admin, shop, kind):
    """"A cast error or division that quotes a hidden or masked value"; `NaN`, `Infinity`, dates out of range."""
    types, mask = KINDS[kind]
    admin.post("/datasets", {"domain": "shop", "name": f"{shop}x", "columns": [{"name": "id", "type": "int"}] + [
        {"name": f"c{number}", "type": type} for number, type in enumerate(types)]})
    for number, type in enumerate(types):
        admin.post(f"/datasets/shop.{shop}x/rows", [{"id": id, f"c{number}": value} for id, value in enumerate(EXTREMES[type])])
        admin.put_new(f"/masks/{shop}x{number}", {"on": f"column:shop.{shop}x.c{number}", "mask": mask})
    admin.post("/grants", {"to": f"user:{shop}", "privilege": "select", "on": f"dataset:shop.{shop}x"})
    client = server.client(shop)
    rows = sum(len(EXTREMES[type]) for type in types)
    columns = ", ".join(f"length(c{number}::text)" for number in range(len(types)))
    assert len(client.query(f"SELECT {columns} FROM shop.{shop}x").json()["rows"]) == rows
    assert len(client.get(f"/datasets/shop.{shop}x/rows?limit=all").json()["rows"]) == rows


@pytest.fixture(scope="module")
def hashed(server, admin):
    """A reader of a dataset that is masked by `token`, and filled; the name of both, its client, its login role."""
    name = "hashed"
    admin.put("/domains/shop", {})
    admin.put_new(f"/principals/{name}", {"kind": "user"})
    columns = [{"name": "id", "type": "int"}, {"name": "email", "type": "text"}]
    admin.post("/datasets", {"domain": "shop", "name": name, "columns": columns})
    admin.post(f"/datasets/shop.{name}/rows", [{"id": id, "email": email} for id, email in enumerate(EMAILS)])
    grant(admin, name)
    admin.put_new(f"/masks/{name}", {"on": f"column:shop.{name}.email", "mask": {"kind": "token", "domain": "probed"}})
    client = server.client(name)
    polled(lambda: client.query(f"SELECT count(email) FROM shop.{name}").json()["rows"], [[2]])
    return name, client, admin.get(f"/principals/{name}").json()["role"]


STATEMENTS = [
    "SELECT to_jsonb(t) FROM shop.{0} AS t", "SELECT t FROM shop.{0} AS t", "SELECT t::text FROM shop.{0} AS t",
    "SELECT row_to_json(t.*) FROM shop.{0} AS t", "SELECT json_agg(t) FROM shop.{0} AS t", "SELECT (t).* FROM shop.{0} AS t",
    "SELECT sluice_token_email FROM shop.{0}", "SELECT t.sluice_sha256_email FROM shop.{0} AS t",
    "SELECT email::int FROM shop.{0}", "SELECT 1 FROM shop.{0} WHERE email::date > '2020-01-01'",
    "SELECT min(email), max(email) FROM shop.{0}", "SELECT email FROM shop.{0} ORDER BY email",
    "SELECT id FROM shop.{0} WHERE email LIKE 'ann%'", "SELECT 1 / (email = 'ann@example.org')::int FROM shop.{0}",
    "SELECT jsonb_populate_record(NULL::shop.{0}, to_jsonb(t)) FROM shop.{0} AS t",
    "SELECT * FROM pg_stats WHERE attname LIKE '%email%'", "SELECT * FROM pg_stats_ext_exprs",
    "SELECT key::text FROM sluice.mask_key", "SELECT sluice.mask_salt()::text", "SELECT sluice.mask_pad()::text",
    "SELECT prosrc FROM pg_proc WHERE proname LIKE 'mask%'", "SELECT query FROM pg_stat_activity",
    "EXPLAIN (ANALYZE, VERBOSE) SELECT * FROM shop.{0} WHERE email > 'a'",
    "SELECT lower(email) || '@' FROM shop.{0}, generate_series(1, 2)",
]


@pytest.mark.parametrize("number", range(len(STATEMENTS)))
def test_no_statement_shows_what_is_behind_a_token(server, hashed, number):
    """"A cast error … that quotes a masked value; EXPLAIN; `pg_stats`"; through the server and past it, on the login role."""
    name, client, role = hashed
    sql = STATEMENTS[number].format(name)
    past = server.psql(role, sql, "-At")
    answer = client.query(sql, expect=None)
    assert answer.status_code < 500, answer.text
    shown = answer.text + past.stdout + "".join(line for line in past.stderr.splitlines(True) if not line.startswith("LINE "))
    for email in EMAILS:
        assert email in sql or email not in shown, shown
    if sql.startswith("SELECT id"):
        assert answer.json()["rows"] == [] and past.stdout == "", shown
    if any(word in sql for word in ("mask_key", "mask_salt", "mask_pad", "sluice_token", "sluice_sha256")):
        assert answer.status_code != 200 and past.returncode != 0, shown


def test_equal_values_have_unlike_tokens_in_unlike_domains(admin, hashed):
    """Policy text as injection, and tokens across domains: nothing joins what was not to be joined."""
    shop, client, _ = hashed
    columns = [{"name": "email", "type": "text"}]
    admin.post("/datasets", {"domain": "shop", "name": f"{shop}o", "columns": columns})
    admin.post(f"/datasets/shop.{shop}o/rows", [{"email": email} for email in EMAILS])
    admin.put_new(f"/masks/{shop}o", {"on": f"column:shop.{shop}o.email", "mask": {"kind": "token", "domain": "other"}})
    admin.post("/grants", {"to": f"user:{shop}", "privilege": "select", "on": f"dataset:shop.{shop}o"})
    polled(lambda: client.query(f"SELECT count(email) FROM shop.{shop}o").json()["rows"], [[2]])
    assert client.query(f"SELECT count(*) FROM shop.{shop}o JOIN shop.{shop} USING (email)").json()["rows"] == [[0]]


@pytest.fixture
def asked(server, admin, shop):
    """A reader that asked for rows, and a manager of the one dataset, with the grant that makes it one."""
    admin.put_new(f"/principals/{shop}m", {"kind": "user"})
    manages = admin.post("/grants", {"to": f"user:{shop}m", "privilege": "manage", "on": f"dataset:shop.{shop}"}).json()["id"]
    admin.post("/grants", {"to": f"user:{shop}", "privilege": "describe", "on": f"dataset:shop.{shop}"})
    client = server.client(shop)
    request = client.post("/access-requests", {"dataset": f"shop.{shop}", "privilege": "select", "reason": "Probe",
                                               "durationSeconds": 3600}).json()
    return client, server.client(f"{shop}m"), manages, request


def test_who_lost_manage_a_moment_ago_approves_nothing(admin, shop, asked):
    """Revocation: a grant's end takes effect for what starts afterwards."""
    client, manager, manages, request = asked
    admin.delete(f"/grants/{manages}")
    assert manager.post(f"/access-requests/{request['id']}/approve", {}, expect=None).status_code in (403, 404)
    assert reads(client, shop)[0] == 403
    assert admin.get(f"/access-requests/{request['id']}").json()["state"] == "pending"


def test_more_time_revives_nothing_that_was_revoked(admin, shop, asked):
    """Revocation: neither the old grant nor one made since is changed by an extension of what is gone."""
    client, manager, _, request = asked
    granted = manager.post(f"/access-requests/{request['id']}/approve", {}, expect=200).json()["grant"]
    admin.delete(f"/grants/{granted}")
    again = grant(admin, shop, expiresAt="2031-01-01T00:00:00Z")
    answer = client.post("/access-requests", {"extends": request["id"], "reason": "More", "durationSeconds": 7200}, expect=None)
    assert answer.status_code in (404, 409, 422), answer.text
    assert admin.get(f"/grants/{again['id']}").json()["expiresAt"] == again["expiresAt"]
