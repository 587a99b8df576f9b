"""What a replay of quarantine is asked: for whom it is, which records it takes, and what it does not do."""

import pytest

import pipelines
from replays import COLUMNS, STRICT, ask, counts, kept, load, put, replay, rows, succeeded
from replays import files, name  # fixtures
from sluice import wait_until


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
