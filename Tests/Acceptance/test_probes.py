"""Attempts to read what one may not, over /query and /rows: each is refused, or answered without anything protected.

`snoop` sees two of five customers, their e-mail masked, and not the column `ssn`; of `vault` it knows nothing. Every
protected value is a canary that stands nowhere else, so that an answer can be searched for it, in clear and encoded.
"""

import base64
import json
import re

import pytest

from masks import rows_of
from probes import ANSWERED, CANARY, CANARY_NUMBER, CUSTOMERS, QUOTING, REFUSED, STATEMENTS, TRACES, VISIBLE

@pytest.fixture(scope="module")
def world(server, admin):
    admin.put("/tags/pii", {})
    admin.put("/domains/shop", {"description": "Shop"})
    columns = [{"name": "id", "type": "int"}, {"name": "region", "type": "text"}, {"name": "code", "type": "text"},
               {"name": "email", "type": "text", "tags": ["pii"]}, {"name": "ssn", "type": "text"},
               {"name": "salary", "type": "int"}]
    admin.post("/datasets", {"domain": "shop", "name": "customers", "columns": columns, "primaryKey": ["id"]})
    admin.post("/datasets/shop.customers/rows", CUSTOMERS)
    admin.put("/domains/hidden", {"description": CANARY})
    admin.put(f"/tags/{CANARY}", {})
    admin.post("/datasets", {"domain": "hidden", "name": "vault", "description": CANARY,
                             "columns": [{"name": "id", "type": "int"}, {"name": "word", "type": "text"}]})
    admin.post("/datasets/hidden.vault/rows", [{"id": CANARY_NUMBER, "word": CANARY}])
    admin.put_new("/masks/emails", {"on": "tag:pii", "mask": {"kind": "show-last", "count": 3}})
    admin.put_new("/row-filters/regions", {"on": "dataset:shop.customers", "expression": "region = ANY(user.region)"})
    admin.put_new("/principals/snoop", {"kind": "user", "attributes": {"region": ["EU"]}})
    admin.post("/grants", {"to": "user:snoop", "privilege": "select", "on": "dataset:shop.customers",
                           "columns": ["id", "region", "code", "email", "salary"]})
    ids = {name: admin.get(f"/datasets/{name}").json()["id"] for name in ("shop.customers", "hidden.vault")}
    return {"table": f"store.d{ids['shop.customers']}", "vault": f"store.d{ids['hidden.vault']}",
            "role": admin.get("/principals/admin").json()["role"]}


@pytest.fixture(scope="module")
def snoop(server, world):
    return server.client("snoop")


def reveals_nothing(answer, sent=""):
    """Neither body nor headers have a trace of a canary that the request did not bring itself."""
    assert answer.status_code < 500, answer.text
    text = (answer.text + json.dumps(dict(answer.headers))).replace("\\u00", "")
    for trace in TRACES:
        if trace.lower() not in sent.lower():
            assert trace.lower() not in text.lower(), f"{trace} in {text[:500]}"


@pytest.mark.parametrize("format", ["json", "ndjson", "csv"])
@pytest.mark.parametrize("name", REFUSED)
def test_query_is_refused(world, snoop, name, format):
    sql = REFUSED[name].format(t=world["table"], v=world["vault"], r=world["role"])
    answer = snoop.query(sql, expect=None, format=format)
    assert answer.status_code in (403, 422), answer.text
    reveals_nothing(answer, sql)


@pytest.mark.parametrize("name", ANSWERED)
def test_query_is_answered_without_anything_protected(world, snoop, name):
    sql, expected = ANSWERED[name]
    sql = sql.format(t=world["table"], v=world["vault"], r=world["role"])
    answer = snoop.query(sql, expect=None, maxRows=0)
    reveals_nothing(answer, sql)
    if expected is not None:
        assert rows_of(answer)[1] == expected
    elif answer.status_code == 200 and ("statistics" in name or "estimates" in name):
        assert all(set(row) <= {0, None} for row in rows_of(answer)[1]), answer.text
    after = rows_of(snoop.query("SELECT current_user = session_user, count(*) FROM shop.customers"))[1]
    assert after == [(True, VISIBLE)], "the next statement in the session is somebody else's"


@pytest.mark.parametrize("name", QUOTING)
def test_an_error_does_not_quote_what_is_hidden(snoop, name):
    answer = snoop.query(QUOTING[name], expect=None)
    assert answer.status_code in (200, 403, 422)
    reveals_nothing(answer, QUOTING[name])


@pytest.mark.parametrize("name", STATEMENTS)
def test_psql_past_the_server_sees_no_more(server, admin, world, snoop, name):
    """The same statements as the principal's role on the socket, and after each what the session then sees."""
    role = admin.get("/principals/snoop").json()["role"]
    sql = STATEMENTS[name].format(t=world["table"], v=world["vault"], r=world["role"])
    result = server.psql(role, f"{sql}\n;\nSELECT 'seen', count(*), count(ssn) FROM shop.customers;\n", "-At", "-v",
                         "ON_ERROR_STOP=0")
    seen = result.stdout + "".join(
        line for line in result.stderr.splitlines(True) if not line.startswith(("LINE ", "STATEMENT:")))
    for trace in TRACES:
        if trace.lower() not in sql.lower():
            assert trace.lower() not in seen.lower(), f"{trace} in {seen[:500]}"
    if "seen|" in result.stdout:
        assert f"seen|{VISIBLE}|0" in result.stdout, seen


@pytest.mark.parametrize("start", [
    "options='-c role=sluice'", "options='-c role=sluice_owner'", "options='-c session_authorization=sluice'",
    "options='-c row_security=off'", "options='-c search_path=store'", "options='-c session_replication_role=replica'",
    "replication=database", "replication=true", "user=sluice_owner", "user=sluice_view", "user=postgres",
    "dbname=control", "dbname=postgres", "dbname=template1"])
def test_start_up_parameters_open_nothing(server, admin, world, snoop, start):
    role = admin.get("/principals/snoop").json()["role"]
    place = start if start.startswith("dbname") else f"dbname=warehouse {start}"
    reads = "SELECT 'seen', count(*), count(ssn) FROM shop.customers;\n"
    result = server.psql(role, reads + f"SELECT * FROM {world['table']};\nTABLE {world['vault']};\n", "-At", "-v",
                         "ON_ERROR_STOP=0", "-d", place)
    text = (result.stdout + result.stderr).lower()
    assert not any(trace.lower() in text for trace in TRACES), text
    assert "seen|" not in text or f"seen|{VISIBLE}|0" in text, text


ROWS_PROBES = [
    "id=eq.3", "region=eq.US", "region=neq.EU", f"email=like.*{CANARY}*", f"email=eq.a-{CANARY}@example.org",
    f"ssn=eq.{CANARY}-1", "ssn=not.is.null", f"ssn=like.{CANARY}*", f"code=eq.{CANARY}3",
        f"salary=eq.{CANARY_NUMBER}", "salary=gt.1000",
    f"or=(ssn.eq.{CANARY}-1,email.like.*{CANARY}*)", "or=(ssn.not.is.null,id.eq.3)"]


@pytest.mark.parametrize("format", ["json", "ndjson", "csv"])
@pytest.mark.parametrize("query", ROWS_PROBES)
def test_rows_finds_nothing_by_what_is_hidden(snoop, query, format):
    answer = snoop.get(f"/datasets/shop.customers/rows?{query}&format={format}")
    assert rows_of(answer)[1] == []
    reveals_nothing(answer, query)


@pytest.mark.parametrize("query", [
    "select=ctid", "select=xmin", "select=tableoid", "order=ctid", "ctid=eq.(0,1)", "select=id::text", "select=*,ctid",
    "select=id;SELECT 1", 'select="id"', "order=id;--", "order=id desc", "id=eq.1 OR 1=1", "id=eq.1) OR (1=1",
    "id=eq.(SELECT 3)", "or=(id.eq.1) OR (1=1)", "limit=1 OFFSET 3", "code=gt.1::int", "sql=SELECT 1",
        "role=eq.postgres",
    "select=count(*)", "select=id,hidden.vault.word"])
def test_rows_takes_no_sql(snoop, query):
    answer = snoop.get(f"/datasets/shop.customers/rows?{query}", expect=(200, 400))
    if answer.status_code == 200:
        assert rows_of(answer)[1] == [], query
    reveals_nothing(answer, query)


def test_rows_orders_by_the_masked_value(snoop):
    answer = snoop.get("/datasets/shop.customers/rows?select=id,email,ssn&order=ssn,email,id.desc")
    emails = [row[1] for row in rows_of(answer)[1]]
    assert [row[0] for row in rows_of(answer)[1]] == [2, 1] and emails[0] == emails[1]
    reveals_nothing(answer)


@pytest.mark.parametrize("order", ["email", "ssn", "code", "email.desc,ssn"])
def test_a_cursor_carries_no_clear_value_and_belongs_to_its_caller(snoop, admin, order):
    answer = snoop.get(f"/datasets/shop.customers/rows?order={order}&limit=1")
    url = answer.links["next"]["url"]
    cursor = re.search(r"cursor=([^&]*)", url)[1]
    sealed = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))
    for value in [CANARY, "example", "****", "11"]:
        assert value.encode() not in sealed
    assert admin.get(url.removeprefix("/api/v1"), expect=400).json()["code"] == "invalid_cursor"
    flipped = cursor[:-2] + ("A" if cursor[-2] != "A" else "B") + cursor[-1]
    assert snoop.get(url.removeprefix("/api/v1").replace(cursor, flipped),
        expect=400).json()["code"] == "invalid_cursor"


def same_but_for_names(one, other, names):
    texts = []
    for answer, name in zip((one, other), names):
        body = answer.text.replace(name, "NAME")
        texts.append(re.sub(r'"requestId":"[^"]*"', "", body))
    return texts[0] == texts[1] and one.status_code == other.status_code


@pytest.mark.parametrize("method, path, body", [
    ("GET", "/datasets/@", None), ("GET", "/datasets/@/rows", None), ("DELETE", "/datasets/@", None),
    ("PATCH", "/datasets/@", {}), ("GET", "/datasets/@/columns/word/tags", None), ("POST", "/datasets/@/rows", []),
    ("POST", "/access/explain", {"principal": "snoop", "dataset": "@"}),
    ("POST", "/grants", {"to": "user:snoop", "privilege": "select", "on": "dataset:@"}),
    ("PUT", "/masks/mine", {"on": "column:@.word", "mask": {"kind": "nullify"}}),
    ("PUT", "/row-filters/mine", {"on": "dataset:@", "expression": "TRUE"})])
def test_what_is_hidden_answers_like_what_is_not_there(snoop, method, path, body):
    answers = []
    names = ("hidden.vault", "hidden.nowhere")
    for name in names:
        sent = json.loads(json.dumps(body).replace("@", name)) if body is not None else None
        answers.append(snoop.request(method, path.replace("@", name), json=sent,
                                     headers={"If-None-Match": "*"} if "/mine" in path else {}))
    assert answers[0].status_code in (404, 422) and same_but_for_names(*answers,
        names), [answer.text for answer in answers]


@pytest.mark.parametrize("path", [
    "/datasets", "/domains", "/domains/hidden", "/masks", "/masks/emails", "/row-filters", "/row-filters/regions",
        "/principals",
    "/principals/admin", "/groups", "/tokens", "/grants", "/audit", "/audit?principal=admin",
        "/audit?dataset=hidden.vault",
    "/search?q=vault", "/search?q=hidden", f"/search?q={CANARY[:6]}&type=dataset", "/search?q=word", "/me",
    f"/datasets?tag={CANARY}", "/datasets?domain=hidden", "/datasets?owner=admin", "/datasets/shop.customers"])
def test_the_catalog_shows_only_what_one_may_see(snoop, path):
    answer = snoop.get(path, expect=(200, 403, 404))
    reveals_nothing(answer, path)
    if not path.startswith("/audit"):  # where one's own statements stand, with the names they tried
        assert "vault" not in answer.text or answer.status_code == 404, answer.text


def test_nothing_of_a_session_is_carried_over_to_the_next_caller(server, admin, snoop):
    """Settings that a statement makes last no longer than it does, for itself and for others of the pool."""
    for name in ("work_mem", "search_path", "statement_timeout", "DateStyle", "application_name"):
        before = snoop.query("SELECT current_setting($1)", parameters=[name]).json()["rows"]
        snoop.query("SELECT set_config($1, $2, false)", expect=None, parameters=[
            name, {"work_mem": "64kB", "search_path": "store", "statement_timeout": "0", "DateStyle": "German",
                   "application_name": CANARY}[name]])
        for _ in range(4):
            assert snoop.query("SELECT current_setting($1)", parameters=[name]).json()["rows"] == before, name


def test_logs_have_no_secret_and_no_value(server, admin, snoop):
    token = snoop.session.headers["Authorization"].split()[1]
    snoop.query(f"SELECT emial, '{CANARY}' FROM shop.customers", expect=422)
    log = server.log()
    for secret in (token, admin.session.headers["Authorization"].split()[1], CANARY):
        assert secret not in log
