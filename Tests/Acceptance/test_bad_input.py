"""Each kind of bad input: a documented problem with the place of the fault; everything stays as it was."""

import json

import pytest

import contract
from contract import OPERATIONS

LONGEST = "x" * 63
NEW = {"If-None-Match": "*"}
COLUMNS = [{"name": "id", "type": "bigint"}, {"name": "email", "type": "varchar(40)"}, {"name": "at", "type": "date"},
           {"name": "limit", "type": "numeric(6,2)"}]
CSV, NDJSON, JSON = "text/csv", "application/x-ndjson", "application/json"
MIB = 1 << 20


def dataset(name="new", **changes):
    return {"domain": "shop", "name": name, "columns": [{"name": "a", "type": "text"}]} | changes


def column(**changes):
    return dataset(columns=[{"name": "a", "type": "text"} | changes])


def mask(kind, on="column:shop.orders.email", **more):
    return {"on": on, "mask": {"kind": kind} | more}


def expression(text):
    return {"on": "dataset:shop.orders", "expression": text}


def on_tag(text):
    return {"on": "tag:pii", "expression": text}


def nested(depth):
    return b"[" * depth + b"]" * depth


# name: method and path, body (bytes, or what is sent as JSON), status, code, pointer or words of the detail
MALFORMED = {
    "json-cut-off": ("POST /datasets", b'{"domain": "shop", "columns": [', 400, "malformed_json", "line 1, column 32"),
    "json-line-and-column": ("POST /datasets", b'{\n  "domain": shop\n}', 400, "malformed_json", "line 2, column 13"),
    "json-pointer": ("POST /datasets", b'{"columns": [{"name": "a"}, {"name": tru}]}', 400, "malformed_json",
        "/columns/1/name"),
    "json-empty": ("POST /datasets", b"", 400, "malformed_json", "line 1, column 1"),
    "json-two-values": ("POST /datasets", b"{} {}", 400, "malformed_json", "column 4"),
    "json-duplicate-key": ("PUT /tags/t", b'{"description": "a", "description": "b"}', 400, "malformed_json",
        "description"),
    "json-lone-surrogate": ("PUT /tags/t", b'{"description": "\\ud800"}', 400, "malformed_json", "surrogate"),
    "json-nul": ("PUT /tags/t", b'{"description": "\\u0000"}', 400, "malformed_json", "\\u0000 is not allowed"),
    "json-truncated-utf8": ("PUT /tags/t", b'{"description": "\xc3"}', 400, "malformed_json", "UTF-8"),
    "json-too-deep": ("PUT /tags/t", b'{"description": ' + nested(5000) + b"}", 400, "malformed_json", "64"),
    "json-too-large": ("PUT /tags/t", b'{"description": "' + b"x" * 2 * MIB + b'"}', 413, "body_too_large", ""),
    "not-json-at-all": ("PUT /tags/t", b"description: x", 400, "malformed_json", "line 1"),
}
BODIES = {
    "unknown-field": ("POST /datasets", dataset(descripton="x"), 400, "unknown_field", "/descripton"),
    "unknown-field-inside": ("POST /datasets", column(typ="x"), 400, "unknown_field", "/columns/0/typ"),
    "field-missing": ("POST /datasets", {"domain": "shop", "name": "new"}, 422, "invalid", "/columns"),
    "wrong-type": ("POST /datasets", dataset(columns="id"), 422, "invalid", "/columns"),
    "wrong-type-inside": ("POST /datasets", column(nullable="yes"), 422, "invalid", "/columns/0/nullable"),
    "body-is-an-array": ("POST /datasets", [], 422, "invalid", ""),
    "number-too-big": ("POST /principals/reader/tokens", {"expiresInSeconds": 10**30}, 422, "invalid",
        "/expiresInSeconds"),
    "number-with-fraction": ("POST /principals/reader/tokens", {"expiresInSeconds": 1.5}, 422, "invalid",
        "/expiresInSeconds"),
    "reserved-dataset": ("POST /datasets", dataset("postgres"), 422, "reserved_name", "/name"),
    "reserved-prefix": ("POST /datasets", dataset("pg_class"), 422, "reserved_name", "/name"),
    "system-column": ("POST /datasets", column(name="ctid"), 422, "reserved_name", "/columns/0/name"),
    "system-column-xmin": ("POST /datasets", column(name="xmin"), 422, "reserved_name", "/columns/0/name"),
    "upper-case": ("POST /datasets", dataset("Orders"), 422, "invalid", "/name"),
    "64-characters": ("POST /datasets", dataset(LONGEST + "x"), 422, "invalid", "/name"),
    "column-twice": ("POST /datasets", dataset(columns=[{"name": "a", "type": "text"}] * 2), 422, "invalid",
        "/columns/1/name"),
    "no-columns": ("POST /datasets", dataset(columns=[]), 422, "invalid", "/columns"),
    "too-many-columns": ("POST /datasets", dataset(columns=[{"name": f"c{i}", "type": "int"} for i in range(1001)]),
        422,
                         "invalid", "/columns"),
    "key-of-no-column": ("POST /datasets", dataset(primaryKey=["b"]), 422, "invalid", "/primaryKey/0"),
    "key-that-cannot-be": ("POST /datasets", dataset(columns=[{"name": "a", "type": "json"}], primaryKey=["a"]), 422,
                           "invalid", "/primaryKey/0"),
    "colliding-name": ("POST /datasets", dataset("orders"), 409, "conflict", None),
    "unknown-domain": ("POST /datasets", dataset(domain="no_such"), 422, "invalid", "/domain"),
    "unknown-type": ("POST /datasets", column(type="timestmptz"), 422, "unknown_type", "/columns/0/type"),
    "type-with-sql": ("POST /datasets", column(type="text); DROP TABLE x; --"), 422, "unknown_type", "/columns/0/type"),
    "type-not-on-the-list": ("POST /datasets", column(type="regclass"), 422, "unknown_type", "/columns/0/type"),
    "tag-that-is-not": ("POST /datasets", column(tags=["no_such"]), 422, "invalid", "/columns/0/tags/0"),
    "reserved-principal": ("PUT /principals/postgres", {"kind": "user"}, 422, "reserved_name", ""),
    "reserved-domain": ("PUT /domains/store", {}, 422, "reserved_name", ""),
    "reserved-domain-public": ("PUT /domains/public", {}, 422, "reserved_name", ""),
    "bad-tag": ("PUT /tags/pii..email", {}, 422, "invalid", ""),
    "grant-to-nobody": ("POST /grants", {"to": "user:no_such", "privilege": "select", "on": "domain:shop"}, 422,
        "invalid", "/to"),
    "grant-on-nothing": ("POST /grants", {"to": "user:reader", "privilege": "select", "on": "dataset:shop.no_such"},
        422,
                         "invalid", "/on"),
    "grant-of-no-privilege": ("POST /grants", {"to": "user:reader", "privilege": "reed", "on": "domain:shop"}, 422,
        "invalid",
                              "/privilege"),
    "grant-of-no-column": ("POST /grants", {"to": "user:reader", "privilege": "select", "on": "dataset:shop.orders",
                                            "columns": ["emial"]}, 422, "invalid", "/columns/0"),
    "grant-in-the-past": ("POST /grants", {"to": "user:reader", "privilege": "select", "on": "domain:shop",
                                           "expiresAt": "2020-01-01T00:00:00Z"}, 422, "invalid", "/expiresAt"),
    "mask-that-does-not-fit": ("PUT /masks/new", mask("email", on="column:shop.orders.id"), 422, "mask_does_not_fit",
        "/mask/kind"),
    "mask-value-that-does-not-fit": ("PUT /masks/new", mask("fixed", on="column:shop.orders.id", value="x"), 422,
                                     "mask_does_not_fit", "/mask/value"),
    "mask-of-no-kind": ("PUT /masks/new", mask("blur"), 422, "invalid", "/mask/kind"),
    "mask-without-its-value": ("PUT /masks/new", mask("fixed"), 422, "invalid", "/mask/value"),
    "mask-on-no-column": ("PUT /masks/new", mask("email", on="column:shop.orders.emial"), 422, "invalid", "/on"),
    "mask-on-no-tag": ("PUT /masks/new", mask("email", on="tag:pii.emial"), 422, "invalid", "/on"),
    "mask-excepts-nobody": ("PUT /masks/new", mask("email") | {"except": {"groups": ["no_such"]}}, 422, "invalid",
                            "/except/groups/0"),
    "filter-unknown-column": ("PUT /row-filters/new", expression("emial = 'x'"), 422, "invalid_expression",
        "/expression"),
    "filter-syntax": ("PUT /row-filters/new", expression("email ="), 422, "invalid_expression", "/expression"),
    "filter-function": ("PUT /row-filters/new", expression("lower(email) = 'x'"), 422, "invalid_expression",
        "/expression"),
    "filter-sub-select": ("PUT /row-filters/new", expression("id = (SELECT 1)"), 422, "invalid_expression",
        "/expression"),
    "filter-second-statement": ("PUT /row-filters/new", expression("TRUE; DROP TABLE x"), 422, "invalid_expression",
        "/expression"),
    "filter-comment": ("PUT /row-filters/new", expression("TRUE -- x"), 422, "invalid_expression", "/expression"),
    "filter-type": ("PUT /row-filters/new", expression("id = 'seven'"), 422, "invalid_expression", "/expression"),
    "filter-current-user": ("PUT /row-filters/new", expression("email = CURRENT_USER"), 422, "invalid_expression",
        "/expression"),
    "tag-filter-empty": ("PUT /row-filters/new", on_tag(""), 422, "invalid_expression", "/expression"),
    "tag-filter-too-long": ("PUT /row-filters/new", on_tag("a = '" + "x" * 4096 + "'"), 422, "invalid_expression",
        "/expression"),
    "tag-filter-function": ("PUT /row-filters/new", on_tag("a = 1 AND lower(b) = 'x'"), 422, "invalid_expression",
        "/expression"),
    "text-too-long-in-code-points": ("PUT /principals/new", {"kind": "user", "displayName": "e\u0301" * 600}, 422,
        "invalid", "/displayName"),
    "description-too-long-in-code-points": ("PUT /tags/t", {"description": "e\u0301" * 6000}, 422, "invalid",
        "/description"),
    "sql-two-statements": ("POST /query", {"sql": "SELECT 1; SELECT 2"}, 422, "not_a_read", None),
    "sql-writes": ("POST /query", {"sql": "UPDATE shop.orders SET id = 1"}, 422, "not_a_read", None),
    "sql-writes-in-a-with": ("POST /query",
        {"sql": "WITH x AS (DELETE FROM shop.orders RETURNING *) SELECT * FROM x"}, 422,
                             "not_a_read", None),
    "sql-creates": ("POST /query", {"sql": "SELECT 1 INTO shop.other"}, 422, "not_a_read", None),
    "sql-locks": ("POST /query", {"sql": "SELECT * FROM shop.orders FOR UPDATE"}, 422, "not_a_read", None),
    "sql-syntax": ("POST /query", {"sql": "SELECT FROM WHERE"}, 422, "invalid_sql", None),
    "sql-unknown-column": ("POST /query", {"sql": "SELECT emial FROM shop.orders"}, 422, "invalid_sql", None),
    "sql-too-many-parameters": ("POST /query", {"sql": "SELECT 1", "parameters": [1]}, 422, "invalid", "/parameters"),
    "sql-too-few-parameters": ("POST /query", {"sql": "SELECT $1::int"}, 422, "invalid", "/parameters"),
    "sql-too-many-parameters": ("POST /query", {"sql": "SELECT 1", "parameters": [1]}, 422, "invalid", "/parameters"),
    "sql-max-rows": ("POST /query", {"sql": "SELECT 1", "maxRows": -1}, 422, "invalid", "/maxRows"),
    "patch-changes-a-type": ("PATCH /datasets/shop.orders", {"columns": [COLUMNS[0] | {"type": "int"}] + COLUMNS[1:]},
        422,
                             "invalid", "/columns/0/type"),
    "apply-one-bad-of-two": ("POST /apply", {"documents": [{"kind": "tag", "name": "good"}, {"kind": "tag",
        "name": "BAD"}]},
                             422, "invalid", "/documents/1/name"),
}
ROWS = {
    "row-too-few-fields": (CSV, b"id,email,at\n1,a,2026-01-01\n2,b\n", "line 3", None),
    "row-too-many-fields": (CSV, b"id,email,at\n1,a,2026-01-01,extra\n", "line 2", None),
    "row-unknown-column": (CSV, b"id,emial\n1,a\n", "field 2 of the header", None),
    "row-column-twice": (CSV, b"id,id\n1,1\n", "id", None),
    "row-unclosed-quote": (CSV, b'id,email\n1,"a\n', "line 2", None),
    "row-bad-number": (CSV, b"id,email\n1,a\nseven,b\n", "line 3", "id"),
    "row-bigint-overflow": (CSV, b"id\n9223372036854775808\n", "line 2", "id"),
    "row-text-too-long": (CSV, b"id,email\n1," + b"x" * 41 + b"\n", "line 2", "email"),
    "row-numeric-overflow": (CSV, b"id,limit\n1,10000\n", "line 2", "limit"),
    "row-date-out-of-range": (CSV, b"id,at\n1,2026-02-30\n", "line 2", "at"),
    "row-key-is-null": (CSV, b"id,email\n,a\n", "line 2", "id"),
    "row-key-twice": (CSV, b"id,email\n8,a\n8,b\n", "", None),
    "row-key-there-already": (CSV, b"id,email\n1,a\n", "", None),
    "row-not-utf8": (CSV, b"id,email\n1,\xe9\n", "line 2", None),
    "row-utf16": (CSV, "id,email\n1,a\n".encode("utf-16"), "", None),
    "row-nul": (CSV, b"id,email\n1,a\x00b\n", "line 2", None),
    "row-no-object": (JSON, b'[{"id": 8}, 9]', "", None),
    "row-unknown-member": (JSON, b'[{"id": 8, "emial": "a"}]', "key 2", None),
    "row-wrong-type": (JSON, b'[{"id": 8}, {"id": {"a": 1}}]', "", "id"),
    "row-ndjson-bad-line": (NDJSON, b'{"id": 8}\n{"id": "x"}\n', "line 2", "id"),
    "row-ndjson-no-json": (NDJSON, b'{"id": 8}\nnot json\n', "line 2", None),
}


@pytest.fixture(scope="module")
def shop(server, admin):
    admin.put_new("/principals/reader", {"kind": "user"})
    admin.put("/tags/pii", {})
    admin.put("/domains/shop", {})
    admin.post("/datasets", {"domain": "shop", "name": "orders", "columns": COLUMNS, "primaryKey": ["id"]})
    admin.post("/datasets/shop.orders/rows", [{"id": 1, "email": "a@b.example", "limit": 2.5}])
    admin.post("/grants", {"to": "user:reader", "privilege": "select", "on": "dataset:shop.orders"})
    admin.put_new("/masks/emails", {"on": "tag:pii", "mask": {"kind": "email"}})
    return admin


def state(admin):
    """Everything a request could have changed, and the policy version."""
    lists = {path: admin.get(path).json()["items"] for path in (
        "/principals", "/groups", "/grants", "/tokens", "/domains", "/tags", "/datasets", "/masks", "/row-filters")}
    rows = admin.get("/datasets/shop.orders/rows")
    return lists, rows.json(), rows.headers["Sluice-Policy-Version"]


def operation_of(method, path):
    full = "/api/v1" + path.split("?")[0]
    return next(operation for operation in OPERATIONS.values()
                if operation.method == method and operation.pattern.fullmatch(full))


def refused(admin, call, status, code, place, **arguments):
    """Sends it twice: refused alike both times, and nothing has changed."""
    method, path = call.split(" ")
    before = state(admin)
    for _ in range(2):
        answer = admin.request(method, path, **arguments)
        assert (answer.status_code, answer.json().get("code")) == (status, code), answer.text
        contract.check(operation_of(method, path), answer)
    assert state(admin) == before
    problem = answer.json()
    assert problem["title"] and problem["detail"], problem
    if place is not None and place[:1] in ("", "/") and code != "malformed_json":
        pointers = [error["pointer"] for error in problem.get("errors", [])]
        assert place == "" or place in pointers, problem
    elif place:
        assert place in problem["detail"], problem
    return problem


@pytest.mark.parametrize("name", MALFORMED)
def test_malformed(shop, name):
    call, body, status, code, place = MALFORMED[name]
    refused(shop, call, status, code, place, data=body, headers={"Content-Type": JSON})


@pytest.mark.parametrize("name", BODIES)
def test_unacceptable(shop, name):
    call, body, status, code, place = BODIES[name]
    policy = call.startswith(("PUT /principals", "PUT /masks", "PUT /row-filters"))
    problem = refused(shop, call, status, code, place, data=json.dumps(body),
                      headers={"Content-Type": JSON} | (NEW if policy else {}))
    if code == "invalid_sql":
        assert problem["sqlState"] and problem["position"] > 0, problem


@pytest.mark.parametrize("name", ROWS)
def test_rows_that_cannot_be_loaded(shop, name):
    """All or nothing: the good rows of the body are not there either."""
    kind, body, place, column = ROWS[name]
    problem = refused(shop, "POST /datasets/shop.orders/rows", 422, "invalid_rows", None, data=body,
                      headers={"Content-Type": kind})
    assert place in problem["detail"], problem
    if column:
        assert column in problem["detail"] and any(column in error["pointer"] for error in problem["errors"]), problem


def test_an_array_cut_off_is_malformed_and_loads_nothing(shop):
    refused(shop, "POST /datasets/shop.orders/rows", 400, "malformed_json", None, data=b'[{"id": 8}, {"id": 9',
            headers={"Content-Type": JSON})


def test_an_address_of_63_and_63_characters_is_one_dataset(shop):
    """Identifiers end at 63 bytes; two long names that share them must not become one table."""
    shop.put(f"/domains/{LONGEST}", {})
    names = [LONGEST[:-1] + letter for letter in "ab"]
    for number, name in enumerate(names):
        shop.post("/datasets", {"domain": LONGEST, "name": name, "columns": [{"name": LONGEST, "type": "int"}]},
            expect=201)
        shop.post(f"/datasets/{LONGEST}.{name}/rows", [{LONGEST: number}], expect=200)
    for number, name in enumerate(names):
        assert shop.get(f"/datasets/{LONGEST}.{name}/rows").json()["rows"] == [[number]]
        assert shop.query(f"SELECT * FROM {LONGEST}.{name}").json()["rows"] == [[number]]
        shop.delete(f"/datasets/{LONGEST}.{name}")
    shop.delete(f"/domains/{LONGEST}")


def test_a_column_called_limit_is_filtered_by_its_long_name(shop):
    assert shop.get("/datasets/shop.orders/rows?col.limit=eq.2.5&limit=1").json()["rowCount"] == 1
    assert shop.get("/datasets/shop.orders/rows?col.limit=eq.3").json()["rowCount"] == 0


@pytest.mark.parametrize("query", [
    "no_such=eq.1", "id=1", "id=eq", "id=eq.seven", "id=is.maybe", "limit=0", "limit=x", "limit=1000001",
        "select=no_such",
    "select=id,id", "order=no_such", "order=id.up", "or=(id.eq.1", "or=id.eq.1", "cursor=x", "cursor=AAAA", "id=in.1",
    "format=xml", "limit=1&limit=2", "id=like.x%25"])
def test_a_bad_parameter_of_rows_is_named(shop, query):
    answer = shop.get(f"/datasets/shop.orders/rows?{query}", expect=400)
    assert answer.json()["code"] in ("invalid_parameter", "invalid_cursor"), answer.text
    contract.check(OPERATIONS["readRows"], answer)


def test_conditions_guard_what_was_read(shop):
    """Two editors with one ETag: the second is told, and the first one's change stays."""
    path = "/masks/emails"
    first = shop.get(path)
    etag = first.headers["ETag"]
    body = {"on": "tag:pii", "mask": {"kind": "nullify"}}
    assert shop.put(path, body, expect=428).json()["code"] == "precondition_required"
    assert shop.put(path, body, expect=412, headers=NEW).json()["code"] == "precondition_failed"
    assert shop.put(path, body, expect=412, headers={"If-Match": '"0"'}).json()["code"] == "precondition_failed"
    assert shop.get(path).headers["ETag"] == etag and shop.get(path).json() == first.json()
    changed = shop.put(path, body, expect=200, headers={"If-Match": etag})
    assert changed.headers["ETag"] != etag
    shop.put(path, {"on": "tag:pii", "mask": {"kind": "email"}}, expect=412, headers={"If-Match": etag})
    assert shop.get(path).json()["mask"] == {"kind": "nullify"}
    for bad in ("5", "W/\"1\" x", "\"", ""):
        answer = shop.put(path, body, expect=(400, 412, 428), headers={"If-Match": bad})
        assert shop.get(path).headers["ETag"] == changed.headers["ETag"], answer.text
    shop.put(path, {"on": "tag:pii", "mask": {"kind": "email"}}, headers={"If-Match": changed.headers["ETag"]})


def test_an_etag_does_not_depend_on_what_surrounds_the_object(shop):
    """Rows, other objects and the way it is read leave it alone."""
    before = shop.get("/datasets/shop.orders").headers["ETag"]
    shop.post("/datasets/shop.orders/rows", [{"id": 77}])
    shop.get("/datasets?limit=1")
    assert shop.get("/datasets/shop.orders").headers["ETag"] == before
    assert shop.request("HEAD", "/datasets/shop.orders").headers["ETag"] == before
