"""The masks `sha256-query` and `expression`, by every surface."""

import pytest

from access import EMAILS, grant, polled, reads, shop  # noqa: F401: shop is a fixture

BANDS = "CASE WHEN value LIKE '%@example.org' THEN 'staff' ELSE '@' || split_part(value, '@', 2) END"


def mask(admin, name, spec, expect=201):
    return admin.put_new(f"/masks/{name}", {"on": f"column:shop.{name}.email", "mask": spec}, expect=expect)


def test_each_statement_hashes_otherwise(server, admin, shop):
    grant(admin, shop)
    client = server.client(shop)
    mask(admin, shop, {"kind": "sha256-query"})
    polled(lambda: client.query(f"SELECT count(email) FROM shop.{shop}").json()["rows"], [[2]])
    answers = [answer for _ in range(3) for answer in reads(client, shop)]
    hashes = {value for answer in answers for value in answer}
    assert len(hashes) == 6 * 2 and all(len(value) == 64 and set(value) <= set("0123456789abcdef") for value in hashes)
    joined = f"SELECT count(*) FROM shop.{shop} AS a JOIN shop.{shop} AS b USING (email)"
    assert client.query(joined).json()["rows"] == [[2]]
    explained = admin.post("/access/explain", {"principal": shop, "dataset": f"shop.{shop}"}, expect=200).json()
    assert [column["mask"] for column in explained["columns"] if column["name"] == "email"] == [{"kind": "sha256-query"}]


def test_pages_cannot_be_ordered_by_them(server, admin, shop):
    grant(admin, shop)
    client = server.client(shop)
    mask(admin, shop, {"kind": "sha256-query"})
    path = f"/datasets/shop.{shop}/rows"
    refused = client.get(f"{path}?order=email&limit=1", expect=400).json()
    assert refused["code"] == "invalid_parameter" and "limit=all" in refused["detail"], refused
    assert len(client.get(f"{path}?order=email&limit=all").json()["rows"]) == 2
    # By the key they go on.
    first = client.get(f"{path}?select=id,email&limit=1")
    rest = client.get(first.links["next"]["url"].removeprefix("/api/v1"))
    assert [row[0] for row in first.json()["rows"] + rest.json()["rows"]] == [0, 1]


def test_an_expression_shows_what_it_says(server, admin, shop):
    grant(admin, shop)
    client = server.client(shop)
    admin.post(f"/datasets/shop.{shop}/rows", [
        {"id": 2, "region": "EU", "email": "eve@elsewhere.example"}, {"id": 3, "region": "EU", "email": None}])
    mask(admin, shop, {"kind": "expression", "expression": BANDS})
    wanted = ["staff"] * len(EMAILS) + ["@elsewhere.example", None]
    assert reads(client, shop) == [wanted, wanted]
    assert admin.get(f"/masks/{shop}").json()["mask"] == {"kind": "expression", "expression": BANDS}
    # Any other mask is stricter.
    admin.put_new(f"/masks/{shop}_first", {"on": f"column:shop.{shop}.email", "mask": {"kind": "show-first", "count": 1}})
    assert reads(client, shop)[0][0] == EMAILS[0][0] + "*" * (len(EMAILS[0]) - 1)


@pytest.mark.parametrize("text, words", [
    ("email", "there is no column"), ("left(value", "syntax error"), ("value = 'x'", "as a value is not allowed"),
    ("(SELECT email FROM shop.x)", "a sub-select"), ("pg_read_file('/etc/passwd')", "the function pg_read_file"),
    ("user.region", "except says whom it binds"), ("value; DROP TABLE x", "is not allowed"),
], ids=range(7))
def test_what_is_no_expression_is_refused_where_it_breaks(admin, shop, text, words):
    refused = mask(admin, shop, {"kind": "expression", "expression": text}, expect=422).json()
    assert refused["code"] == "invalid_expression" and words in refused["detail"], refused
    assert refused["errors"][0]["pointer"] == "/mask/expression"
    admin.get(f"/masks/{shop}", expect=404)


def test_on_a_tag_it_hides_what_it_does_not_fit(server, admin, shop):
    grant(admin, shop)
    client = server.client(shop)
    tag = f"q{shop}"
    admin.put(f"/tags/{tag}", {})
    for column in ("id", "email"):
        admin.put_tags(f"shop.{shop}.{column}", [tag])
    answer = admin.put_new(f"/masks/{shop}", {"on": f"tag:{tag}", "mask": {"kind": "expression", "expression": "left(value, 1)"}})
    assert answer.json()["nullified"] == [f"shop.{shop}.id"], answer.json()
    rows = client.query(f"SELECT id, email FROM shop.{shop} ORDER BY email").json()["rows"]
    assert rows == [[None, email[0]] for email in EMAILS]
