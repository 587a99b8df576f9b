"""Records in quarantine read again: those that pass now are loaded once, the others stay as they came."""

import pytest

import pipelines
from cluster import Cluster
from replays import COLUMNS, MENDED, STRICT, counts, kept, load, put, replay, rows, succeeded
from replays import files, name  # fixtures
from sluice import Server


FILE = b'id,code,amount\r\n1,ABC,1.5\r\n2,xyz,2\r\n3,"d\ne",3\r\n4,qrs,4\r\n5,"ab,5\r\nsix,DEF,6\r\n7,GHI,7\r\n8,"j""k",8'


@pytest.fixture(scope="module")
def server():
    with Server.running("--allow-loopback-sources") as server:
        yield server


def test_what_a_mended_check_lets_through_is_loaded_and_the_rest_stays_as_it_came(server, name):
    first = load(server, name, FILE, columns=COLUMNS, checks=STRICT)
    assert first["rows"] == counts(8, 2, quarantined=6)
    before = kept(server, name)
    put(server, name, columns=COLUMNS, checks=MENDED)
    ended = replay(server, name)
    assert succeeded(ended) == counts(6, 2, quarantined=4)
    assert ended["cause"]["kind"] == "replay" and ended["cause"]["filter"] == {}
    assert (ended["cause"]["principal"], ended["cause"]["dataset"]) == ("admin", f"shop.{name}")
    assert ended["pipeline"] == f"shop.{name}" and ended["progress"] == 1
    assert rows(server, name, "id, code") == [[1, "ABC"], [2, "xyz"], [4, "qrs"], [7, "GHI"]]
    stay = [item for item in before if item["line"] not in (3, 6)]
    place = ("id", "run", "source", "line", "byteOffset", "bytes", "at")
    after = kept(server, name)
    assert [[item[p] for p in place] for item in after] == [[item[p] for p in place] for item in stay]
    # Good rows and quarantined bytes are still the file.
    loaded = b"1,ABC,1.5\r\n2,xyz,2\r\n4,qrs,4\r\n7,GHI,7\r\n"
    assert sorted(FILE.removeprefix(b"id,code,amount\r\n")) == sorted(loaded + b"".join(i["bytes"] for i in after))
    # Again it finds the same and loads nothing.
    assert succeeded(replay(server, name)) == counts(4, 0, quarantined=4)
    assert rows(server, name) == [1, 2, 4, 7] and kept(server, name) == after


def test_what_is_wrong_with_a_record_is_said_anew(server, name):
    load(server, name, b"id,code\n1,abc\nx,abc\n3,ABC\n", checks=STRICT, columns=COLUMNS[:2])
    assert [(i["rule"], i["column"]) for i in kept(server, name)] == [("code", "code"), ("invalid_value", "id")]
    other = [{"name": "longer", "column": "code", "matches": "^....$"}]
    put(server, name, columns=[{"name": "id", "type": "bigint"}, COLUMNS[1]], checks=other)
    assert succeeded(replay(server, name)) == counts(2, 0, quarantined=2)
    found = kept(server, name)
    assert [(i["rule"], i["column"]) for i in found] == [("longer", "code"), ("invalid_value", "id")]
    assert found[0]["error"] == "does not match ^....$"


def test_fields_go_by_the_header_that_the_records_lost(server, name):
    """Neither the order of the dataset's columns nor the file as it is now."""
    server.admin.post("/datasets", {"domain": "shop", "name": name, "columns": COLUMNS})
    load(server, name, b"Code;ID\nABC;1\nxyz;2\n", checks=STRICT,
         **{"from": {"connection": "files", "path": f"{name}.csv", "delimiter": ";"}})
    (server.files / f"{name}.csv").unlink()
    put(server, name, checks=MENDED, **{"from": {"connection": "files", "path": f"{name}.csv", "delimiter": ";"}})
    assert succeeded(replay(server, name)) == counts(1, 1)
    assert rows(server, name, "id, code") == [[1, "ABC"], [2, "xyz"]] and kept(server, name) == []


@pytest.mark.parametrize("declared", [True, False])
def test_fields_without_a_header_go_by_the_declaration_of_now(server, name, declared):
    source = {"from": {"connection": "files", "path": f"{name}.csv", "header": False, "nullText": "\\N"}}
    columns = COLUMNS[:2] if declared else None
    column = "code" if declared else "column_2"
    strict = [STRICT[0] | {"column": column}]
    load(server, name, b"1,ABC\n2,x\n3,\\N\n", checks=strict, **source, **({"columns": columns} if declared else {}))
    put(server, name, checks=[], **source, **({"columns": columns} if declared else {}))
    assert succeeded(replay(server, name)) == counts(1, 1)
    number, code = ("id", "code") if declared else ("column_1", "column_2")
    found = server.admin.query(f"SELECT {number}, {code} FROM shop.{name} ORDER BY 1").json()["rows"]
    assert found == [[1, "ABC"], [2, "x"], [3, None]]


def test_records_of_ndjson(server, name):
    path = f"{name}.ndjson"
    data = b'{"id":1,"code":"ABC"}\n{"id":2,"code":"abc"}\n{"id":3,"code":\n{"id":4,"code":"ABC","new":1}\n'
    load(server, name, data, path=path, columns=COLUMNS[:2], checks=STRICT)
    put(server, name, path=path, columns=COLUMNS[:2] + [{"name": "new", "type": "int"}], checks=MENDED)
    assert succeeded(replay(server, name)) == counts(3, 2, quarantined=1)
    assert rows(server, name, "id, code, new") == [[1, "ABC", None], [2, "abc", None], [4, "ABC", 1]]
    assert [(i["rule"], i["bytes"]) for i in kept(server, name)] == [("malformed_json", b'{"id":3,"code":\n')]


def test_records_of_a_table(server, name):
    cluster = Cluster()
    try:
        made = cluster.psql("CREATE TABLE t (code text, id int, note text); "
                            "INSERT INTO t VALUES ('ABC', 1, 'a'), ('xyz', 2, E'b\\tc\\n\\\\'), (NULL, 3, NULL), ('12', 4, 'd')")
        assert made.returncode == 0, made.stderr
        server.admin.put(f"/connections/shop.{name}", {
            "kind": "postgres", "secret": {"password": cluster.password},
            "config": {"host": "127.0.0.1", "port": cluster.port, "database": "postgres", "user": "boss"}})
        source = {"from": {"connection": name, "table": "public.t"}}
        put(server, name, checks=STRICT, **source)
        assert pipelines.load(server, f"shop.{name}")["rows"] == counts(4, 2, quarantined=2)
    finally:
        cluster.clean()
    # The other server is gone: a replay needs only what was kept. The dataset has got a column since.
    put(server, name, checks=MENDED, columns=[
        {"name": "extra", "type": "text"}, {"name": "code", "type": "text"}, {"name": "id", "type": "int"}, {"name": "note", "type": "text"}], **source)
    ended = replay(server, name)
    assert succeeded(ended) == counts(2, 1, quarantined=1)
    assert rows(server, name, "id, code, note, extra") == [
        [1, "ABC", "a", None], [2, "xyz", "b\tc\n\\", None], [3, None, None, None]]
    assert [(i["rule"], i["bytes"]) for i in kept(server, name)] == [("code", b"12\t4\td\n")]


def test_an_upsert_goes_by_the_key_and_counts_what_it_leaves_alone(server, name):
    server.admin.post("/datasets", {"domain": "shop", "name": name, "columns": COLUMNS[:2], "primaryKey": ["id"]})
    load(server, name, b"id,code\n1,ABC\n2,ab\n2,cd\n3,ABC\n3,ef\n", mode="upsert", checks=STRICT)
    put(server, name, mode="upsert")
    # Of equal keys the later record counts; it takes the place of the row that is there.
    assert succeeded(replay(server, name)) == counts(3, 2, unchanged=1)
    assert rows(server, name, "id, code") == [[1, "ABC"], [2, "cd"], [3, "ef"]] and kept(server, name) == []


def test_a_replace_is_added_to_what_is_there(server, name):
    load(server, name, b"id,code\n1,ABC\n2,x\n", mode="replace", columns=COLUMNS[:2], checks=STRICT)
    put(server, name, mode="replace", columns=COLUMNS[:2])
    assert succeeded(replay(server, name)) == counts(1, 1)
    assert rows(server, name) == [1, 2]


def test_a_taken_key_stays_and_the_others_load(server, name):
    server.admin.post("/datasets", {"domain": "shop", "name": name, "columns": COLUMNS[:2], "primaryKey": ["id"]})
    load(server, name, b"id,code\n1,ABC\n1,x\n2,y\n2,z\n3,w\n", checks=STRICT)
    put(server, name)
    assert succeeded(replay(server, name)) == counts(4, 2, quarantined=2)
    assert rows(server, name, "id, code") == [[1, "ABC"], [2, "y"], [3, "w"]]
    assert [(i["rule"], i["bytes"]) for i in kept(server, name)] == [
        ("duplicate_key", b"1,x\n"), ("duplicate_key", b"2,z\n")]


def test_a_unique_check_counts_the_rows_that_are_there(server, name):
    unique = {"name": "once", "column": "id", "unique": True}
    load(server, name, b"id,code\n1,ABC\n1,DEF\n2,ab\n2,cd\n3,ef\n", columns=COLUMNS[:2], checks=[unique, *STRICT])
    # Nothing was mended: nothing goes in.
    assert succeeded(replay(server, name)) == counts(4, 0, quarantined=4)
    put(server, name, columns=COLUMNS[:2], checks=[unique])
    assert succeeded(replay(server, name)) == counts(4, 2, quarantined=2)
    assert rows(server, name, "id, code") == [[1, "ABC"], [2, "ab"], [3, "ef"]]
    assert {(i["rule"], i["bytes"]) for i in kept(server, name)} == {("once", b"1,DEF\n"), ("once", b"2,cd\n")}
    put(server, name, columns=COLUMNS[:2], checks=[unique | {"onFailure": "drop"}])
    assert succeeded(replay(server, name)) == counts(2, 0, dropped=2)
    assert kept(server, name) == []


def test_other_outcomes_of_a_check_are_those_of_a_run(server, name):
    load(server, name, b"id,code\n1,ABC\n2,ab\n3,abcd\n", columns=COLUMNS[:2], checks=STRICT)
    before = kept(server, name)
    put(server, name, columns=COLUMNS[:2], checks=[STRICT[0] | {"onFailure": "fail"}])
    ended = replay(server, name)
    assert ended["state"] == "failed" and ended["error"]["code"] == "check_failed", ended
    assert rows(server, name) == [1] and kept(server, name) == before
    two = [{"name": "two", "column": "code", "matches": "^..$", "onFailure": "drop"}, STRICT[0] | {"onFailure": "warn"}]
    put(server, name, columns=COLUMNS[:2], checks=two)
    assert succeeded(replay(server, name)) == counts(2, 1, dropped=1, warned=1)
    assert rows(server, name) == [1, 2] and kept(server, name) == []


def test_max_quarantined_share_is_not_asked(server, name):
    load(server, name, b"id,code\n1,ABC\n2,ABC\n3,ab\n", columns=COLUMNS[:2], checks=STRICT, maxQuarantinedShare=0.5)
    assert succeeded(replay(server, name)) == counts(1, 0, quarantined=1)
