"""Browsing connections: what there is to load, no way out, and that an inspection says what a pipeline makes."""

import pytest

import pipelines
from connections import FILES, browse, names
from connections import server, shop, source  # fixtures


# Browsing -------------------------------------------------------------------------------------------------------------


def test_a_folder_shows_what_can_be_loaded_and_no_way_out(server):
    page = browse(server)
    assert page["nextCursor"] is None
    assert names(page) == ["big", "empty.csv", "events.dat", "good-link.csv", "orders.csv", "plain.dat", "years"]
    items = {item["name"]: item for item in page["items"]}
    assert items["big"]["kind"] == "folder" and items["big"]["readable"]
    orders = items["orders.csv"]
    assert orders["size"] == (server.files / "orders.csv").stat().st_size
    assert (orders["format"], orders["compression"], orders["columns"]) == ("csv", "none", None)
    assert orders["from"] == {
        "connection": "files", "path": "orders.csv", "format": "csv", "compression": "none", "header": True, "delimiter": ","}
    assert items["plain.dat"]["format"] is None and items["plain.dat"]["from"] is None
    page = browse(server, path="years/2026")
    assert [item["path"] for item in page["items"]] == ["years/2026/a.ndjson.gz"]
    assert (page["items"][0]["format"], page["items"][0]["compression"]) == ("ndjson", "gzip")
    assert browse(server, path="years/2026/a.ndjson.gz") == page


@pytest.mark.parametrize("path", ["etc", "data", "passwd.csv", "dangling.csv", "pipe.csv", "etc/passwd", "data/admin-token"])
def test_what_lies_outside_is_not_there(server, path):
    for parameters in ({}, {"inspect": "true", "format": "csv"}):
        problem = browse(server, expect=422, path=path, **parameters)
        assert problem["code"] == "source_refused" and problem["hint"], problem
        assert (server.data / "admin-token").read_text().strip() not in str(problem) and "root:" not in str(problem)


@pytest.mark.parametrize("parameters, code", [
    ({"path": ".."}, "invalid_parameter"), ({"path": "big/../.."}, "invalid_parameter"), ({"path": "/etc"}, "invalid_parameter"),
    ({"path": "big/"}, "invalid_parameter"), ({"limit": 0}, "invalid_parameter"), ({"inspect": "maybe"}, "invalid_parameter"),
    ({"inspect": "true"}, "invalid_parameter"), ({"header": "true"}, "invalid_parameter"),
    ({"inspect": "true", "path": "orders.csv", "delimiter": "ab"}, "invalid_parameter"),
    ({"inspect": "true", "path": "orders.csv", "header": "perhaps"}, "invalid_parameter"),
    ({"inspect": "true", "path": "orders.csv", "limit": 1}, "invalid_parameter"), ({"cursor": "x"}, "invalid_cursor"),
], ids=str)
def test_a_wrong_parameter_is_named(server, parameters, code):
    assert browse(server, expect=400, **parameters)["code"] == code


def test_a_big_folder_comes_in_pages_each_name_once(server):
    found, cursor, pages = [], {}, 0
    while cursor is not None:
        page = browse(server, path="big", limit=100, **cursor)
        found += names(page)
        pages += 1
        cursor = {"cursor": page["nextCursor"]} if page["nextCursor"] else None
    assert found == [f"f{number:04}.csv" for number in range(FILES)] and pages == 3
    first = browse(server, path="big", limit=100)["nextCursor"]
    assert browse(server, expect=400, path="years", cursor=first)["code"] == "invalid_cursor"


def test_a_database_shows_what_its_user_may_select(server, shop):
    page = browse(server, shop, path="public")
    items = {item["name"]: item for item in page["items"]}
    assert {name: item["kind"] for name, item in items.items()} == {
        "public.daily": "materialized_view", "public.orders": "table", "public.parts": "partitioned_table",
        "public.totals": "view"}
    orders = items["public.orders"]
    assert orders["estimatedRows"] == 500 and orders["primaryKey"] == ["order_no", "region"]
    assert orders["columns"] == [
        {"name": "day", "type": "date"}, {"name": "order_no", "type": "bigint"}, {"name": "region", "type": "text"},
        {"name": "price", "type": "numeric(12,2)"}, {"name": "at", "type": "timestamp with time zone"},
        {"name": "tags", "type": "text[]"}, {"name": "shape", "type": "text"}]
    assert orders["from"] == {"connection": "shop", "table": "public.orders"}
    assert browse(server, shop, path="public.orders")["items"] == [orders]
    assert browse(server, shop, path="public.orders", inspect="true")["items"] == [orders]


def test_tables_come_in_pages(server, shop):
    found, cursor = [], {}
    while cursor is not None:
        page = browse(server, shop, limit=20, **cursor)
        found += names(page)
        cursor = {"cursor": page["nextCursor"]} if page["nextCursor"] else None
    assert found == sorted(found) and len(found) == len(set(found)) == 49
    assert not [name for name in found if name.startswith("hidden.") or "secret" in name or name == "public.parts_1"]


@pytest.mark.parametrize("path, code", [
    ("public.secret_things", "source_forbidden"), ("hidden.t", "source_forbidden"), ("public.no_such", "source_unreadable"),
    ("no_such", "source_unreadable"), ("pg_catalog.pg_authid", "source_forbidden"),
])
def test_a_table_without_rights_is_told_from_one_that_is_not_there(server, shop, path, code):
    assert browse(server, shop, expect=422, path=path)["code"] == code


# Inspecting -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path, said", [
    ("orders.csv", {}), ("plain.dat", {"format": "csv", "header": "false", "delimiter": ";", "nullText": "\\N"}),
    ("events.dat", {}), ("years/2026/a.ndjson.gz", {}),
])
def test_a_pipeline_makes_what_the_inspection_found(server, path, said):
    [item] = browse(server, path=path, inspect="true", **said)["items"]
    name = "made_" + path.split("/")[-1].split(".")[0]
    for columns in (None, item["columns"]):
        address = f"shop.{name}" + ("_declared" if columns else "")
        step = {"from": item["from"], "to": {"dataset": address, "mode": "append"}}
        if columns:
            step["columns"] = columns
        server.admin.put(f"/pipelines/{address}", {"steps": [{"name": "load", "ingest": step}]})
        ended = pipelines.load(server, address)
        assert ended["state"] == "succeeded" and ended["rows"]["quarantined"] == 0, ended
        made = server.admin.get(f"/datasets/{address}").json()["columns"]
        assert [{"name": column["name"], "type": column["type"]} for column in made] == item["columns"]


def test_a_table_becomes_what_browsing_it_said(server, shop):
    [item] = browse(server, shop, path="public.orders")["items"]
    server.admin.put("/pipelines/shop.orders_copy", {"steps": [{"name": "load", "ingest": {
        "from": item["from"], "columns": item["columns"],
        "to": {"dataset": "shop.orders_copy", "mode": "upsert", "key": item["primaryKey"]}}}]})
    ended = pipelines.load(server, "shop.orders_copy")
    assert ended["state"] == "succeeded" and ended["rows"]["written"] == 500, ended
    made = server.admin.get("/datasets/shop.orders_copy").json()
    assert [{"name": column["name"], "type": column["type"]} for column in made["columns"]] == item["columns"]
    assert made["primaryKey"] == item["primaryKey"]


@pytest.mark.parametrize("path, said, status, code", [
    ("big", {"format": "csv"}, 422, "source_refused"), ("empty.csv", {}, 422, "columns_differ"),
    ("orders.csv", {"compression": "gzip"}, 422, "malformed_source"), ("missing.csv", {}, 422, "source_unreadable"),
    ("events.dat", {"header": "true"}, 422, "invalid"),
])
def test_what_cannot_be_inspected_says_why(server, path, said, status, code):
    problem = browse(server, expect=status, path=path, inspect="true", **said)
    assert problem["code"] == code and problem["detail"], problem
