"""Chinook's eleven tables through the API, read by two principals, over HTTP and past it."""

import csv
import decimal
import io
import json

import pytest

import chinook
import masks
from masks import as_csv, as_format, rows_of

CHINOOK = chinook.read() if chinook.FILE.exists() else {}
pytestmark = pytest.mark.skipif(not CHINOOK, reason=f"{chinook.FILE} is not there; SLUICE_CHINOOK says where it is")

FORMATS = ["json", "ndjson", "csv"]
TAGS = {
    "customer.email": "pii.email",
    "employee.email": "pii.email",
    "customer.phone": "pii.phone",
    "customer.fax": "pii.phone",
    "employee.phone": "pii.phone",
    "employee.birth_date": "pii.birth",
    "employee.hire_date": "work",
    "customer.postal_code": "pii.place",
    "customer.address": "pii.place.street",
    "customer.last_name": "pii.name",
    "invoice.total": "money",
}
MASKS = {
    "emails": ("tag:pii.email", {"kind": "email"}, ["support"]),
    "phones": ("tag:pii.phone", {"kind": "show-last", "count": 3}, []),
    "births": ("tag:pii.birth", {"kind": "year"}, []),
    "work": ("tag:work", {"kind": "month"}, []),
    "places": ("tag:pii.place", {"kind": "alphanum"}, []),
    "streets": ("tag:pii.place.street", {"kind": "fixed", "value": "—"}, []),
    "last_names": ("column:music.customer.last_name", {"kind": "show-first", "count": 2}, ["support"]),
    "totals": ("tag:money", {"kind": "round", "to": 5}, []),
    "companies": ("column:music.customer.company", {"kind": "nullify"}, ["support"]),
}
EUROPE = {"Germany", "France", "Czech Republic"}
AMERICA = {"USA", "Canada", "Brazil"}
GRANTED_TO_BEN = ["customer_id", "first_name", "last_name", "company", "country", "state", "email", "phone"]

CUSTOMER_MASKS = {
    "email": masks.email,
    "phone": masks.show_last(3),
    "fax": masks.show_last(3),
    "postal_code": masks.alphanum,
    "address": lambda _: "—",
    "last_name": masks.show_first(2),
    "company": masks.nullify,
}


def encode(table, format):
    """The rows of a table as a body of `format`, with its content type."""
    plain = [[float(value) if isinstance(value, decimal.Decimal) else value for value in row] for row in table.rows]
    objects = [dict(zip(table.columns, row)) for row in plain]
    if format == "json":
        return json.dumps(objects, ensure_ascii=False).encode(), "application/json"
    if format == "ndjson":
        return b"".join(json.dumps(item).encode() + b"\n" for item in objects), "application/x-ndjson"
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n", quoting=csv.QUOTE_MINIMAL)
    writer.writerow(table.columns)
    writer.writerows(table.rows)
    return out.getvalue().encode(), "text/csv"


def build(admin):
    """The whole platform of this file."""
    admin.put("/domains/music", {"title": "Chinook", "description": "A shop of music."})
    for tag in sorted({"pii", *TAGS.values()}):
        admin.put(f"/tags/{tag}", {})
    for number, table in enumerate(CHINOOK.values()):
        columns = [
            {
                "name": name,
                "type": kind,
                "nullable": nullable,
                "tags": [TAGS[f"{table.name}.{name}"]] if f"{table.name}.{name}" in TAGS else [],
            }
            for name, (kind, nullable) in table.columns.items()
        ]
        admin.post("/datasets", {"domain": "music", "name": table.name, "columns": columns, "primaryKey": table.key})
        body, kind = encode(table, FORMATS[number % 3])
        answer = admin.request(
            "POST", f"/datasets/music.{table.name}/rows", 200, data=body, headers={"Content-Type": kind}
        )
        counts = answer.json()["rows"]
        assert (counts["read"], counts["written"]) == (len(table.rows), len(table.rows)), table.name
    for name, (on, mask, groups) in MASKS.items():
        if groups:
            for group in groups:
                if admin.get(f"/groups/{group}", expect=(200, 404)).status_code == 404:
                    admin.put_new(f"/groups/{group}", {})
        admin.put_new(f"/masks/{name}", {"on": on, "mask": mask, "except": {"groups": groups}})
    admin.put_new(
        "/row-filters/customers_by_country",
        {"on": "dataset:music.customer", "expression": "country = ANY(user.country)"},
    )
    admin.put_new("/principals/anna", {"kind": "user", "attributes": {"country": sorted(EUROPE)}})
    admin.put_new(
        "/principals/ben", {"kind": "user", "attributes": {"country": sorted(AMERICA)}, "groups": ["support"]}
    )
    admin.post("/grants", {"to": "user:anna", "privilege": "select", "on": "domain:music"})
    admin.post(
        "/grants", {"to": "user:ben", "privilege": "select", "on": "dataset:music.customer", "columns": GRANTED_TO_BEN}
    )


@pytest.fixture(scope="module")
def anna(server):
    build(server.admin)
    return server.client("anna")


@pytest.fixture(scope="module")
def ben(server, anna):
    return server.client("ben")


def expected_customers(principal):
    table = CHINOOK["customer"]
    country = table.column("country")
    if principal == "anna":
        countries, bound = EUROPE, CUSTOMER_MASKS
    else:
        countries = AMERICA
        bound = {name: mask for name, mask in CUSTOMER_MASKS.items() if name not in ("email", "last_name", "company")}
        bound |= {name: masks.nullify for name in table.columns if name not in GRANTED_TO_BEN}
    return [masks.apply(row, table.columns, bound) for row in table.rows if row[country] in countries]


def test_the_script_is_read_whole():
    assert {name: len(table.rows) for name, table in CHINOOK.items()} == {
        "album": 347,
        "artist": 275,
        "customer": 59,
        "employee": 8,
        "genre": 25,
        "invoice": 412,
        "invoice_line": 2240,
        "media_type": 5,
        "playlist": 18,
        "playlist_track": 8715,
        "track": 3503,
    }
    assert len(expected_customers("anna")) == 11 and len(expected_customers("ben")) == 26


@pytest.mark.parametrize("format", FORMATS)
@pytest.mark.parametrize("surface", ["rows", "query"])
@pytest.mark.parametrize("principal", ["anna", "ben"])
def test_each_sees_exactly_its_rows_and_masks(request, anna, principal, surface, format):
    client = request.getfixturevalue(principal)
    if surface == "rows":
        answer = client.get(f"/datasets/music.customer/rows?format={format}")
    else:
        answer = client.query("SELECT * FROM music.customer ORDER BY customer_id", format=format)
    names, rows = rows_of(answer)
    assert names == list(CHINOOK["customer"].columns)
    assert rows == as_format(expected_customers(principal), format)
    assert int(answer.headers["Sluice-Policy-Version"]) > 0


@pytest.mark.parametrize("format", FORMATS)
@pytest.mark.parametrize("table", sorted(CHINOOK))
def test_every_table_comes_back_as_it_went_in(anna, table, format):
    source = CHINOOK[table]
    bound = {
        "customer": CUSTOMER_MASKS,
        "invoice": {"total": masks.round_to(decimal.Decimal(5))},
        "employee": {
            "email": masks.email,
            "phone": masks.show_last(3),
            "birth_date": masks.year,
            "hire_date": masks.month,
        },
    }
    expected = (
        expected_customers("anna")
        if table == "customer"
        else [
            masks.apply(row, source.columns, bound.get(table, {}))
            for row in sorted(source.rows, key=lambda row: [row[source.column(name)] for name in source.key])
        ]
    )
    names, rows = rows_of(anna.get(f"/datasets/music.{table}/rows?limit=all&format={format}"))
    assert names == list(source.columns)
    assert rows == as_format(expected, format)


def test_pages_are_the_whole_without_gap_or_repetition(anna):
    path, rows, pages = "/datasets/music.playlist_track/rows?limit=1000", [], 0
    while path:
        answer = anna.get(path)
        rows += rows_of(answer)[1]
        pages += 1
        path = answer.links["next"]["url"].removeprefix("/api/v1") if "next" in answer.links else None
    assert rows == sorted(CHINOOK["playlist_track"].rows) and pages == 9


def test_a_masked_column_is_its_masked_value_to_filters_order_and_groups(anna):
    table = CHINOOK["customer"]
    seen = [row[table.column("email")] for row in expected_customers("anna")]
    clear = [row[table.column("email")] for row in table.rows]
    assert not set(seen) & set(clear)
    for value in seen:
        assert rows_of(anna.get("/datasets/music.customer/rows", params={"email": f"eq.{value}", "select": "email"}))[
            1
        ] == [(value,)] * seen.count(value)
    for value in clear:
        assert rows_of(anna.get("/datasets/music.customer/rows", params={"email": f"eq.{value}"}))[1] == []
    ordered = rows_of(anna.get("/datasets/music.customer/rows?select=email&order=email,customer_id"))[1]
    assert ordered == [(value,) for value in sorted(seen)]
    groups = rows_of(anna.query("SELECT last_name, count(*) FROM music.customer GROUP BY 1 ORDER BY 1"))[1]
    names = [row[table.column("last_name")] for row in expected_customers("anna")]
    assert groups == [(name, names.count(name)) for name in sorted(set(names))]


def test_a_join_sees_the_filtered_and_masked_side(anna):
    customers = {row[0]: row for row in expected_customers("anna")}
    expected = {}
    for row in CHINOOK["invoice"].rows:
        if row[1] in customers:
            total = masks.round_to(decimal.Decimal(5))(row[-1])
            expected[row[1]] = expected.get(row[1], 0) + total
    sql = """SELECT c.customer_id, c.email, sum(i.total) FROM music.customer c JOIN music.invoice i USING (customer_id)
             GROUP BY 1, 2 ORDER BY 1"""
    email = CHINOOK["customer"].column("email")
    assert rows_of(anna.query(sql))[1] == [(key, customers[key][email], expected[key]) for key in sorted(expected)]


def test_what_is_not_granted_is_not_there(ben):
    ben.get("/datasets/music.invoice/rows", expect=404)
    assert ben.query("SELECT * FROM music.invoice", expect=403).json()["code"] == "forbidden"
    assert [item["address"] for item in ben.get("/datasets").json()["items"]] == ["music.customer"]


def test_explain_says_what_is_enforced(admin, anna, ben):
    explanation = admin.post("/access/explain", {"principal": "ben", "dataset": "music.customer"}).json()
    bound = {
        column["name"]: (column["visible"], (column["mask"] or {}).get("kind")) for column in explanation["columns"]
    }
    assert bound["email"] == (True, None) and bound["phone"] == (True, "show-last") and not bound["fax"][0]
    assert [rule["name"] for rule in explanation["rowFilters"]] == ["customers_by_country"]


def test_audit_has_the_reads(admin, anna):
    anna.get("/datasets/music.customer/rows?select=email&limit=3", headers={"X-Request-Id": "chinook-audit"})
    entries = [
        entry
        for entry in admin.get("/audit?principal=anna&dataset=music.customer").json()["items"]
        if entry["requestId"] == "chinook-audit"
    ]
    assert entries and entries[0]["rows"] == 3 and "email" in str(entries[0]["columns"])


def test_psql_past_the_server_shows_the_same_and_serve_adopts_the_cluster(own_server):
    """serve is killed; Postgres goes on, and with it the policy. The next serve takes that Postgres over."""
    build(own_server.admin)
    roles = {name: own_server.admin.get(f"/principals/{name}").json()["role"] for name in ("anna", "ben")}
    token = own_server.admin.post("/principals/anna/tokens", {}).json()["token"]
    own_server.kill()
    postmaster = own_server.postmaster()
    assert postmaster, "Postgres went with serve"
    for name, role in roles.items():
        result = own_server.psql(role, "SELECT * FROM music.customer ORDER BY customer_id;", "--csv", "-P", "null=NULL")
        records = masks.csv_records(result.stdout, null="NULL")
        assert (list(records[0]), records[1:]) == (
            list(CHINOOK["customer"].columns),
            as_csv(expected_customers(name)),
        ), result
    refused = own_server.psql(roles["ben"], "SELECT * FROM music.invoice;")
    assert refused.returncode != 0 and "permission denied" in refused.stderr

    own_server.start()
    assert own_server.postmaster() == postmaster, "a running cluster is adopted, not started again"
    own_server.admin.get("//readyz")
    client = type(own_server.admin)(own_server.base, token)
    assert rows_of(client.get("/datasets/music.customer/rows"))[1] == expected_customers("anna")
    assert own_server.stop() == 0 and own_server.postmaster() is None
