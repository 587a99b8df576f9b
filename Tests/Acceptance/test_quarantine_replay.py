"""Records in quarantine read again: those that pass now are loaded once, the others stay as they came, whatever dies."""

import base64
import itertools
import os
import signal

import pytest

import contract
import pipelines
from cluster import Cluster
from sluice import Server, wait_until

COLUMNS = [{"name": "id", "type": "bigint"}, {"name": "code", "type": "text"}, {"name": "amount", "type": "numeric"}]
STRICT = [{"name": "code", "column": "code", "matches": "^[A-Z]{3}$"}]
MENDED = [{"name": "code", "column": "code", "matches": "^[A-Za-z]{3}$"}]
FILE = b'id,code,amount\r\n1,ABC,1.5\r\n2,xyz,2\r\n3,"d\ne",3\r\n4,qrs,4\r\n5,"ab,5\r\nsix,DEF,6\r\n7,GHI,7\r\n8,"j""k",8'


@pytest.fixture(scope="module")
def server():
    server = Server("--allow-loopback-sources")
    try:
        server.start()
        pipelines.declare_files(server)
        yield server
    finally:
        server.clean()


@pytest.fixture
def name(server, numbers=itertools.count(1)):
    """Of a file, a dataset and a pipeline of the test's own, in domain `shop`."""
    return f"t{next(numbers)}"


def put(server, name, pipeline=None, path=None, mode="append", **ingest):
    """The pipeline as it is from now on."""
    to = {"dataset": f"shop.{name}", "mode": mode} | ({"key": ["id"]} if mode == "upsert" else {})
    step = {"from": {"connection": "files", "path": path or f"{name}.csv"}, "to": to, **ingest}
    spec = {"retry": {"attempts": 5, "baseSeconds": 1, "maxSeconds": 1}, "steps": [{"name": "load", "ingest": step}]}
    server.admin.put(f"/pipelines/shop.{pipeline or name}", spec)


def load(server, name, data, pipeline=None, path=None, **ingest):
    """Runs a pipeline over a file with these bytes."""
    (server.files / (path or f"{name}.csv")).write_bytes(data)
    put(server, name, pipeline, path, **ingest)
    ended = pipelines.load(server, f"shop.{pipeline or name}")
    assert ended["state"] == "succeeded", ended
    return ended


def ask(client, name, body=None, expect=202, **arguments):
    answer = client.request("POST", f"/datasets/shop.{name}/quarantine/replay", expect, json=body, **arguments)
    contract.check(contract.OPERATIONS["replayQuarantine"], answer)
    return answer.json()


def replay(server, name, body=None):
    run = ask(server.admin, name, body)
    assert run["state"] in ("queued", "running")
    ended = pipelines.finish(server, run["id"])
    contract.check(contract.OPERATIONS["getRun"], server.admin.get(f"/runs/{run['id']}"))
    return ended


def kept(server, name):
    items = server.admin.get(f"/datasets/shop.{name}/quarantine?limit=1000").json()["items"]
    return [item | {"bytes": base64.b64decode(item["bytes"])} for item in items]


def rows(server, name, columns="id"):
    found = server.admin.query(f"SELECT {columns} FROM shop.{name} ORDER BY id").json()["rows"]
    return [row[0] if len(row) == 1 else row for row in found]


def counts(read, written, quarantined=0, unchanged=0, dropped=0, warned=0):
    return {"read": read, "written": written, "unchanged": unchanged, "quarantined": quarantined, "dropped": dropped,
            "warned": warned}


def succeeded(ended):
    assert ended["state"] == "succeeded", ended
    return ended["rows"]


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


def test_filters_narrow_it(server, name):
    first = load(server, name, b"id,code\n1,ABC\n2,ab\n3,cd\nx,ABC\n", columns=COLUMNS[:2], checks=STRICT)
    second = load(server, name, b"id,code\n5,ABC\n6,ef\n7,gh\n", columns=COLUMNS[:2], checks=STRICT)
    put(server, name, columns=[{"name": "id", "type": "bigint"}, COLUMNS[1]])
    ids = {item["bytes"]: item["id"] for item in kept(server, name)}
    ended = replay(server, name, {"ids": [ids[b"3,cd\n"]]})
    assert succeeded(ended) == counts(1, 1) and ended["cause"]["filter"] == {"ids": [ids[b"3,cd\n"]]}
    assert succeeded(replay(server, name, {"run": second["id"], "rule": None})) == counts(2, 2)
    assert succeeded(replay(server, name, {"rule": "code", "run": first["id"]})) == counts(1, 1)
    assert [i["bytes"] for i in kept(server, name)] == [b"x,ABC\n"]
    assert rows(server, name) == [1, 2, 3, 5, 6, 7]


def test_nothing_to_replay_is_a_conflict(server, name):
    server.admin.post("/datasets", {"domain": "shop", "name": name, "columns": COLUMNS})
    assert ask(server.admin, name, expect=409)["code"] == "conflict"
    load(server, name, b"id,code\n1,ABC\n2,x\n", checks=STRICT)
    refusal = ask(server.admin, name, {"rule": "nothing"}, expect=409)
    assert refusal["code"] == "conflict" and "no record" in refusal["detail"]


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


def test_records_of_several_steps_are_replayed_one_step_at_a_time(server, name):
    other = f"{name}b"
    load(server, name, b"id,code\n1,ABC\n2,ab\n", columns=COLUMNS[:2], checks=STRICT)
    second = load(server, name, b"id,code\n3,ABC\n4,cd\n", pipeline=other, columns=COLUMNS[:2], checks=STRICT)
    put(server, name, columns=COLUMNS[:2])
    put(server, name, pipeline=other, columns=COLUMNS[:2])
    refusal = ask(server.admin, name, expect=409)
    assert f"shop.{name} step load" in refusal["detail"] and f"shop.{other} step load" in refusal["detail"]
    ended = replay(server, name, {"run": second["id"]})
    assert succeeded(ended) == counts(1, 1) and ended["pipeline"] == f"shop.{other}"
    assert succeeded(replay(server, name)) == counts(1, 1)
    assert rows(server, name) == [1, 2, 3, 4]


def test_a_pipeline_or_step_that_is_gone_leaves_the_records_where_they_are(server, name):
    load(server, name, b"id,code\n1,ABC\n2,ab\n", columns=COLUMNS[:2], checks=STRICT)
    spec = server.admin.get(f"/pipelines/shop.{name}").json()
    step = spec["steps"][0]
    server.admin.put(f"/pipelines/shop.{name}", {"steps": [{"name": "other", "ingest": step["ingest"]}]})
    assert "has no step load" in ask(server.admin, name, expect=409)["detail"]
    elsewhere = step["ingest"] | {"to": {"dataset": f"shop.{name}x", "mode": "append"}}
    server.admin.put(f"/pipelines/shop.{name}", {"steps": [{"name": "load", "ingest": elsewhere}]})
    assert f"loads dataset shop.{name}x now" in ask(server.admin, name, expect=409)["detail"]
    server.admin.delete(f"/pipelines/shop.{name}")
    refusal = ask(server.admin, name, expect=409)
    assert refusal["code"] == "conflict" and f"pipeline shop.{name}, which read the records, is gone" in refusal["detail"]
    assert len(kept(server, name)) == 1
    # One of the same name takes its place.
    put(server, name, columns=COLUMNS[:2])
    assert succeeded(replay(server, name)) == counts(1, 1)


def test_records_of_a_time_that_did_not_keep_their_origin(server, name):
    load(server, name, b"id,code\n1,ABC\n2,ab\n", columns=COLUMNS[:2], checks=STRICT)
    put(server, name, columns=COLUMNS[:2])
    dataset = server.admin.get(f"/datasets/shop.{name}").json()["id"]
    forget = (f"DELETE FROM sluice.quarantine_source WHERE dataset_id = {dataset}; "
              f"UPDATE sluice.quarantine_d{dataset} SET step = NULL;")
    assert server.psql("sluice", forget).returncode == 0
    # Fields that no header names any more need the declaration.
    put(server, name)
    ended = replay(server, name)
    assert ended["error"]["code"] == "columns_differ" and "declare the step's columns" in ended["error"]["detail"], ended
    assert len(kept(server, name)) == 1
    put(server, name, columns=COLUMNS[:2])
    assert succeeded(replay(server, name)) == counts(1, 1)
    # And of a run that nobody knows.
    unknown = (f"INSERT INTO sluice.quarantine_d{dataset} (dataset_id, run_id, source, line, byte_offset, bytes, rule, error)"
               f" VALUES ({dataset}, 999999, 'a.csv', 2, 0, 'x', 'code', 'is wrong');")
    assert server.psql("sluice", unknown).returncode == 0
    assert "run 999999 is not known" in ask(server.admin, name, expect=409)["detail"]


def test_it_is_for_those_who_manage_the_dataset_and_they_may_follow_it(server, name):
    load(server, name, b"id,code\n1,ABC\n2,ab\n", columns=COLUMNS[:2], checks=STRICT)
    put(server, name, columns=COLUMNS[:2])
    clients = {}
    for who, privilege in (("keeper", "manage"), ("writer", "write"), ("stranger", None)):
        server.admin.put_new(f"/principals/{who}", {"kind": "user"})
        if privilege:
            server.admin.post("/grants", {"to": f"user:{who}", "privilege": privilege, "on": f"dataset:shop.{name}"})
        clients[who] = server.client(who)
    assert ask(clients["writer"], name, expect=403)["code"] == "forbidden"
    ask(clients["stranger"], name, expect=404)
    ask(server.admin, "nothing", expect=404)
    ask(server.anonymous(), name, expect=401)
    run = ask(clients["keeper"], name)["id"]
    ended = pipelines.finish(server, run)
    assert succeeded(ended) == counts(1, 1) and ended["cause"]["principal"] == "keeper"
    assert clients["keeper"].get(f"/runs/{run}").json() == ended
    clients["writer"].get(f"/runs/{run}", expect=404)
    entries = server.admin.get(f"/audit?dataset=shop.{name}").json()["items"]
    [asked] = [e for e in entries if e["action"] == "replay"]
    assert (asked["principal"], asked["requestId"]) == ("keeper", ended["cause"]["requestId"])
    assert asked["after"] == {"run": run, "step": "load", "filter": {}, "records": 1}
    [loaded] = [e for e in entries if e["action"] == "load" and e["after"]["run"] == run]
    assert loaded["principal"] == "shop_pipelines" and loaded["after"]["rows"] == ended["rows"]


@pytest.mark.parametrize(
    "body, status",
    [
        ({"id": ["1"]}, 400), ({"run": 1}, 422), ({"run": "0"}, 422), ({"run": "x"}, 422), ({"rule": ""}, 422),
        ({"rule": "r" * 201}, 422), ({"rule": "a\0b"}, 400), ({"ids": []}, 422), ({"ids": ["1", "1"]}, 422),
        ({"ids": [1]}, 422), ({"ids": ["01"]}, 422), ({"ids": [str(n) for n in range(1, 1002)]}, 422), ([], 422),
    ],
)
def test_what_is_wrong_with_a_body(server, body, status):
    server.admin.put("/domains/shop", {})
    server.admin.request("POST", "/datasets", (201, 409), json={"domain": "shop", "name": "bodies", "columns": COLUMNS})
    ask(server.admin, "bodies", body, expect=status)


def test_one_replay_waits_beside_one_load(server, name):
    load(server, name, b"id,code\n1,ABC\n2,ab\n", columns=COLUMNS[:2], checks=STRICT)
    put(server, name, columns=COLUMNS[:2])
    dataset = server.admin.get(f"/datasets/shop.{name}").json()["id"]
    with server.psql_holding("sluice", f"LOCK TABLE store.d{dataset} IN SHARE MODE"):
        running = pipelines.start(server, f"shop.{name}")
        wait_until(lambda: pipelines.run_of(server, running)["state"] == "running", 30, "the load")
        waiting = ask(server.admin, name)["id"]
        refusal = ask(server.admin, name, expect=409)
        assert refusal["code"] == "conflict" and f"run {waiting}, a replay" in refusal["detail"]
        # The load that comes then is not taken in by the replay.
        next_load = pipelines.start(server, f"shop.{name}")
        assert next_load not in (running, waiting)
        assert pipelines.run_of(server, waiting)["state"] == "queued"
    for run in (running, waiting, next_load):
        assert pipelines.finish(server, run)["state"] == "succeeded"
    assert rows(server, name) == [1, 1, 1, 2, 2, 2]


ROWS = 60_000


@pytest.fixture
def shop(own_server):
    """A dataset with 60,000 of 60,001 records in quarantine, and a pipeline that takes two thirds of them now."""
    pipelines.declare_files(own_server)
    lines = "".join(f"{n},{'abc' if n % 3 else 'ab'},{n}.5\n" for n in range(1, ROWS + 1))
    load(own_server, "rows", f"id,code,amount\n0,ABC,0\n{lines}".encode(), columns=COLUMNS, checks=STRICT)
    put(own_server, "rows", columns=COLUMNS, checks=MENDED)
    return own_server


def staged(server):
    """Whether a replay is in its transaction."""
    found = server.psql("sluice", "SELECT count(*) FROM pg_stat_activity WHERE application_name LIKE 'sluice job %' "
                        "AND xact_start IS NOT NULL;", "-At").stdout.strip()
    return found not in ("", "0")


def check_once(server, run):
    ended = pipelines.finish(server, run)
    good = ROWS - ROWS // 3
    assert succeeded(ended) == counts(ROWS, good, quarantined=ROWS // 3)
    total = server.admin.query("SELECT count(*), count(DISTINCT id) FROM shop.rows").json()["rows"][0]
    assert total == [good + 1, good + 1]
    left = server.psql("sluice", "SELECT count(*), count(DISTINCT byte_offset) FROM sluice.quarantine;", "-At").stdout
    assert left.strip() == f"{ROWS // 3}|{ROWS // 3}"


@pytest.mark.parametrize("victim", ["job", "launcher", "server", "postgres"])
def test_a_replay_is_done_once_whatever_was_killed(shop, victim):
    run = ask(shop.admin, "rows")["id"]
    wait_until(lambda: staged(shop), 60, "the replay")
    pipelines.kill(shop, victim)
    check_once(shop, run)
    assert shop.admin.get("//readyz").status_code == 200


def test_a_job_that_wakes_after_its_rescue_changes_nothing(shop):
    run = ask(shop.admin, "rows")["id"]
    wait_until(lambda: staged(shop), 60, "the replay")
    worker = pipelines.launcher(shop)
    zombies = [pipelines.job(worker), worker, pipelines.supervisor(worker)]
    for process in zombies:
        os.kill(process, signal.SIGSTOP)
    with shop.another_worker():
        check_once(shop, run)
        for process in zombies:
            os.kill(process, signal.SIGCONT)
        pipelines.wait_for_end(zombies[0])
    check_once(shop, run)
