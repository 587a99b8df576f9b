"""Tags of domains and datasets bind every column below them, from the commit on, new columns and datasets too."""

import pytest

from access import EMAILS, grant, reads, shop  # noqa: F401: shop is a fixture

IF_ANY = {"If-Match": "*"}


@pytest.fixture
def masked(admin, shop):
    """A tag of its own whose mask hides what bears it, or a tag below it."""
    tag = f"{shop}.secret"
    admin.put(f"/tags/{tag}", {})
    admin.put(f"/tags/{tag}.much", {})
    admin.put_new(f"/masks/{shop}", {"on": f"tag:{tag}", "mask": {"kind": "nullify"}})
    return f"{tag}.much"


@pytest.mark.parametrize("path", ["/datasets/shop.{}/tags", "/domains/shop/tags"])
def test_a_tag_of_a_dataset_or_a_domain_binds_the_next_statement(server, admin, shop, masked, path):
    grant(admin, shop)
    client = server.client(shop)
    assert reads(client, shop) == [EMAILS, EMAILS]
    admin.put(path.format(shop), [masked], headers=IF_ANY)
    assert reads(client, shop) == [[None, None]] * 2
    admin.put(path.format(shop), [], headers=IF_ANY)
    assert reads(client, shop) == [EMAILS, EMAILS]


def test_new_columns_and_new_datasets_bear_what_is_above_them(server, admin, shop, masked):
    admin.put("/domains/secrets", {"tags": [masked]})
    columns = [{"name": "email", "type": "text"}]
    made = admin.post("/datasets", {"domain": "secrets", "name": shop, "columns": columns}).json()
    assert (made["tags"], made["inheritedTags"]) == ([], [masked])
    admin.post(f"/datasets/secrets.{shop}/rows", [{"email": "ann@example.org"}])
    admin.post("/grants", {"to": f"user:{shop}", "privilege": "select", "on": "domain:secrets"})
    client = server.client(shop)
    assert client.query(f"SELECT email FROM secrets.{shop}").json()["rows"] == [[None]]
    admin.request("PATCH", f"/datasets/secrets.{shop}", 200, json={"columns": [*columns, {"name": "phone", "type": "text"}]})
    admin.post(f"/datasets/secrets.{shop}/rows", [{"email": "bob@example.org", "phone": "1"}])
    assert client.query(f"SELECT DISTINCT email, phone FROM secrets.{shop}").json()["rows"] == [[None, None]]
    admin.put("/domains/secrets", {"title": "Secrets"})
    assert admin.get("/domains/secrets").json()["tags"] == [masked]
    admin.put("/domains/secrets", {"tags": []})
    assert len(client.query(f"SELECT email FROM secrets.{shop} WHERE email IS NOT NULL").json()["rows"]) == 2


def test_a_tag_that_is_borne_cannot_go_and_is_found(admin, shop, masked):
    admin.put(f"/datasets/shop.{shop}/tags", [masked], headers=IF_ANY)
    refused = admin.request("DELETE", f"/tags/{masked}", 409).json()
    assert f"dataset:shop.{shop}" in refused["detail"]
    found = admin.get(f"/search?q=&tag={masked}&domain=shop&type=column").json()["items"]
    assert {item["address"] for item in found} == {f"shop.{shop}.{name}" for name in ("id", "region", "email")}
    listed = admin.get(f"/datasets?tag={masked}").json()["items"]
    assert [item["address"] for item in listed] == [f"shop.{shop}"]


def test_documents_say_tags_of_domains_and_datasets(admin, shop, masked):
    documents = [
        {"kind": "domain", "name": "shop", "tags": [masked]},
        {"kind": "dataset", "domain": "shop", "name": shop, "tags": [masked], "columns": []},
    ]
    columns = admin.get(f"/datasets/shop.{shop}").json()["columns"]
    documents[1]["columns"] = [{"name": column["name"], "type": column["type"]} for column in columns]
    result = admin.post("/apply", {"documents": documents}, expect=200).json()
    assert [change["action"] for change in result["changes"]] == ["update", "update"]
    again = admin.post("/apply", {"documents": documents}, expect=200).json()
    assert [change["action"] for change in again["changes"]] == ["unchanged", "unchanged"]
    admin.put("/domains/shop/tags", [], headers=IF_ANY)
