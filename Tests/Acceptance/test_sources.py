"""Real input through pipelines, from the built binary: OpenFlights, weather, and Chinook in a second Postgres."""

import base64
import csv
import os
import pathlib
import re
import shutil

import pytest

import chinook
import pipelines
import sluice

DATA = pathlib.Path(os.environ.get("SLUICE_DATA", pathlib.Path(__file__).parents[3] / "shared/data"))

AIRPORTS = [
    ("id", "bigint"), ("name", "text"), ("city", "text"), ("country", "text"), ("iata", "text"), ("icao", "text"),
    ("latitude", "double precision"), ("longitude", "double precision"), ("altitude", "integer"), ("utc_offset", "numeric"),
    ("dst", "text"), ("time_zone", "text"), ("type", "text"), ("source", "text")]
AIRLINES = [
    ("id", "bigint"), ("name", "text"), ("alias", "text"), ("iata", "text"), ("icao", "text"), ("callsign", "text"),
    ("country", "text"), ("active", "text")]
ROUTES = [
    ("airline", "text"), ("airline_id", "bigint"), ("source", "text"), ("source_id", "bigint"), ("destination", "text"),
    ("destination_id", "bigint"), ("codeshare", "text"), ("stops", "integer"), ("equipment", "text")]


@pytest.fixture(scope="module")
def server():
    with sluice.Server.running("--allow-loopback-sources", prepare=copy_data) as server:
        pipelines.declare_files(server, "travel")
        yield server


def copy_data(server):
    for file in [*(DATA / "openflights").glob("*.dat"), *(DATA / "nycflights13").glob("*.csv")]:
        shutil.copy(file, server.files)
        (server.files / file.name).chmod(0o644)


def run(server, name, ingest, **pipeline):
    """Puts a pipeline of one step and runs it to its end."""
    server.admin.put(f"/pipelines/travel.{name}", {"steps": [{"name": "load", "ingest": ingest}], **pipeline})
    begun = server.admin.post(f"/pipelines/travel.{name}/runs", {}, expect=202).json()["id"]
    ended = {}

    def has_ended():
        ended.update(server.admin.get(f"/runs/{begun}").json())
        return ended["state"] in ("succeeded", "failed", "cancelled")

    sluice.wait_until(has_ended, 60, f"run of {name}")
    return ended


def flights(file, columns, dataset, checks=()):
    return {
        "from": {"connection": "files", "path": file, "format": "csv", "header": False, "nullText": "\\N"},
        "columns": [{"name": name, "type": type} for name, type in columns],
        "to": {"dataset": f"travel.{dataset}", "mode": "append"}, "checks": list(checks)}


def quarantine(server, dataset):
    return server.admin.get(f"/datasets/travel.{dataset}/quarantine?limit=1000").json()["items"]


def lines(file):
    return (DATA / "openflights" / file).read_bytes().splitlines(keepends=True)


def test_airports_but_one_have_three_capitals(server):
    check = {"name": "iata_code", "column": "iata", "matches": "^[A-Z]{3}$"}
    ended = run(server, "airports", flights("airports.dat", AIRPORTS, "airports", [check]))
    assert ended["state"] == "succeeded", ended
    assert ended["rows"] == {
        "read": 7698, "written": 7697, "unchanged": 0, "quarantined": 1, "dropped": 0, "warned": 0}
    [row] = quarantine(server, "airports")
    assert row["rule"] == "iata_code" and b'"DU9"' in base64.b64decode(row["bytes"])
    nulls = server.admin.query("SELECT count(*) FROM travel.airports WHERE iata IS NULL").json()["rows"][0][0]
    assert nulls == sum(record[4] == "\\N" for record in csv.reader(line.decode() for line in lines("airports.dat")))


def test_airlines_in_quarantine_are_those_that_an_independent_count_finds(server):
    check = {"name": "two_characters", "column": "iata", "matches": "^[A-Z0-9]{2}$"}
    ended = run(server, "airlines", flights("airlines.dat", AIRLINES, "airlines", [check]))
    assert ended["state"] == "succeeded", ended
    codes = [next(csv.reader([line.decode()]))[3] for line in lines("airlines.dat")]
    wrong = [code for code in codes if code != "\\N" and not re.search(r"^[A-Z0-9]{2}$", code)]
    assert ended["rows"]["read"] == 6162
    assert ended["rows"]["quarantined"] == len(wrong)
    assert ended["rows"]["written"] == 6162 - len(wrong)


def test_all_routes_are_there(server):
    ended = run(server, "routes", flights("routes.dat", ROUTES, "routes"))
    assert ended["state"] == "succeeded", ended
    assert ended["rows"]["written"] == 67663
    assert server.admin.query("SELECT count(*) FROM travel.routes").json()["rows"] == [[67663]]


def test_types_are_inferred(server):
    ended = run(server, "weather", {
        "from": {"connection": "files", "path": "weather.csv", "nullText": "NA"},
        "to": {"dataset": "travel.weather", "mode": "replace"}})
    assert ended["state"] == "succeeded", ended
    assert ended["rows"]["written"] == 26115
    columns = server.admin.get("/datasets/travel.weather").json()["columns"]
    types = {column["name"]: column["type"] for column in columns}
    assert types["year"] == types["wind_dir"] == "bigint"
    assert types["temp"] == types["wind_gust"] == "numeric"
    assert types["time_hour"] == "timestamp with time zone"


def test_a_check_on_an_unknown_column_is_refused_with_its_place(server):
    check = {"name": "none", "column": "no_such", "notNull": True}
    ingest = flights("routes.dat", ROUTES, "nowhere", [check])
    answer = server.admin.put("/pipelines/travel.none", {"steps": [{"name": "l", "ingest": ingest}]}, expect=422).json()
    assert answer["errors"][0]["pointer"].startswith("/steps/0/ingest/checks/0/column")


@pytest.mark.parametrize("text", ["id,name\nx,1\ny,2\n", "id,name\n"], ids=["all-bad", "empty"])
def test_a_file_of_bad_rows_alone_applies_nothing(server, text):
    (server.files / "bad.csv").write_text(text)
    ended = run(server, "bad", {
        "from": {"connection": "files", "path": "bad.csv"}, "columns": [
            {"name": "id", "type": "bigint"}, {"name": "name", "type": "text"}],
        "to": {"dataset": "travel.bad", "mode": "append"}})
    bad = text.count("\n") - 1
    assert ended["state"] == ("failed" if bad else "succeeded"), ended
    if bad:
        assert ended["error"]["code"] == "too_many_quarantined"
        assert [fault["line"] for fault in ended["error"]["errors"]] == [2, 3]
    assert quarantine(server, "bad") == []
    assert server.admin.query("SELECT count(*) FROM travel.bad").json()["rows"] == [[0]]


def test_chinook_comes_whole_from_a_second_postgres(server, cluster):
    assert cluster.psql("CREATE ROLE reader LOGIN PASSWORD 'the-reader'").returncode == 0
    assert cluster.psql("CREATE DATABASE shop").returncode == 0
    script = re.sub(r"(?im)^(drop database|create database|\\c ).*$", "", chinook.FILE.read_text(encoding="utf-8"))
    loaded = cluster.psql(script + "\nGRANT SELECT ON ALL TABLES IN SCHEMA public TO reader;", database="shop")
    assert loaded.returncode == 0, loaded.stderr
    server.admin.put("/connections/travel.shop", {
        "kind": "postgres", "secret": {"password": "the-reader"},
        "config": {"host": "127.0.0.1", "port": cluster.port, "database": "shop", "user": "reader"}})
    tables = chinook.read()
    assert len(tables) == 11
    for name, table in tables.items():
        ended = run(server, name, {
            "from": {"connection": "shop", "table": f"public.{name}"},
            "to": {"dataset": f"travel.{name}", "mode": "upsert", "key": table.key}})
        assert ended["state"] == "succeeded", ended
        assert ended["rows"]["written"] == len(table.rows), name
        there = server.admin.query(f"SELECT * FROM travel.{name} ORDER BY {', '.join(table.key)}").json()
        there = [[str(value) for value in row[:1]] for row in there["rows"]]
        key = table.column(table.key[0])
        assert sorted(there) == sorted([str(row[key])] for row in table.rows)


def test_faults_of_a_database_are_told_without_its_password(server, cluster):
    cluster.psql("CREATE ROLE stranger LOGIN PASSWORD 'the-stranger'; CREATE TABLE secret_things (id int)")
    where = {"host": "127.0.0.1", "port": cluster.port, "database": "postgres", "user": "stranger"}
    with_password = {"right": "the-stranger", "wrong": "not-the-password"}
    for name, password in with_password.items():
        server.admin.put(
            f"/connections/travel.{name}", {"kind": "postgres", "config": where, "secret": {"password": password}})
        ended = run(server, f"from_{name}", {
            "from": {"connection": name, "table": "public.secret_things"},
            "to": {"dataset": "travel.things", "mode": "append"}}, retry={"attempts": 1})
        assert ended["state"] == "failed"
        assert ended["error"]["code"] == "source_forbidden"
        logs = server.admin.get(f"/runs/{ended['id']}/logs").text
        assert not [p for p in with_password.values() if p in logs + server.log() + str(ended)]
