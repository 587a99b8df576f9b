"""Runs as their users see them: started, listed, followed, cancelled; a worker here is a few statements on the queue."""

import datetime
import json
import random
import re
import threading
import zoneinfo

import pytest
from croniter import croniter

import contract
from sluice import Server
from test_pipelines import FILES, pipeline, step

WORKER = "11111111-1111-4111-8111-111111111111"


@pytest.fixture(scope="module")
def server():
    """Without job processes of its own: nothing runs but what a test says."""
    with Server.running(SLUICE_WORKER_SLOTS="0") as server:
        yield server


@pytest.fixture(scope="module")
def people(server, admin):
    for name in ("writer", "reader", "stranger"):
        admin.put_new(f"/principals/{name}", {"kind": "user"})
    admin.put("/domains/travel", {})
    for name, privilege in (("writer", "write"), ("reader", "describe")):
        admin.post("/grants", {"to": f"user:{name}", "privilege": privilege, "on": "domain:travel"})
    clients = {name: server.client(name) for name in ("writer", "reader", "stranger")}
    clients["writer"].put("/connections/travel.files", FILES, expect=201)
    return clients


@pytest.fixture(scope="module")
def writer(people):
    return people["writer"]


@pytest.fixture
def name(writer, request):
    """A pipeline of the test's own with two steps, one after the other."""
    name = "travel." + re.sub(r"\W", "_", request.node.name)[:50].lower()
    writer.put(f"/pipelines/{name}", pipeline(step("first", dataset="travel.a"), step("second", ["first"], "travel.b")))
    return name


def control(server, sql):
    """Statements on the queue's database, as a worker would send them."""
    result = server.psql("sluice", sql, "-d", "control", "-At")
    assert result.returncode == 0, result.stderr
    return result.stdout.splitlines()


def claim(server, run):
    """Takes the run's ready task, as the claim does, and returns its epoch."""
    control(server, f"INSERT INTO sluice.worker (id, host, slots) VALUES ('{WORKER}', 'test', 1) ON CONFLICT DO NOTHING")
    (epoch,) = control(
        server,
        f"""
        WITH q AS (
            DELETE FROM sluice.ready WHERE task_id IN (SELECT id FROM sluice.task WHERE run_id = {run}) RETURNING *
        ), counted AS (
            UPDATE sluice.task SET attempt = attempt + 1 WHERE id IN (SELECT task_id FROM q)
        ), begun AS (
            UPDATE sluice.run SET state = 'running', started_at = now() WHERE id = {run} AND state = 'queued'
        )
        INSERT INTO sluice.lease (task_id, epoch, run_id, domain_id, worker_id, pool, claimed_at, deadline)
        SELECT task_id, nextval('sluice.epoch'), {run}, domain_id, '{WORKER}', pool, now(), now() + interval '1 h'
        FROM q RETURNING epoch;
        """,
    )
    return int(epoch)


def start(client, name, **body):
    answer = client.post(f"/pipelines/{name}/runs", body, expect=202)
    contract.check(contract.OPERATIONS["startRun"], answer)
    assert answer.headers["Location"] == f"/api/v1/runs/{answer.json()['id']}"
    return answer.json()["id"]


def read(client, run):
    answer = client.get(f"/runs/{run}")
    contract.check(contract.OPERATIONS["getRun"], answer)
    return answer.json()


def test_a_run_from_start_to_end(server, writer, name):
    run = start(writer, name, parameters={"day": "2026-11-20"})
    document = read(writer, run)
    assert document["state"] == "queued" and document["parameters"] == {"day": "2026-11-20"}
    assert document["cause"]["kind"] == "manual" and document["cause"]["principal"] == "writer"
    assert [s["state"] for s in document["steps"]] == ["queued", "waiting"]
    epoch = claim(server, run)
    assert control(server, f"""SELECT sluice.report({epoch}, 4711, '{{"rows": {{"read": 7}}, "share": 0.5}}')""") == ["held"]
    document = read(writer, run)
    assert document["state"] == "running" and document["attempt"] == 1 and document["rows"]["read"] == 7
    assert document["steps"][0]["pid"] == 4711 and document["steps"][0]["state"] == "running"
    counts = '{"read": 9, "written": 8, "unchanged": 0, "quarantined": 1, "dropped": 0, "warned": 0}'
    for _ in range(2):
        assert control(server, f"SELECT sluice.settle({epoch}, 'succeeded', '{counts}')") == ["t"]
        assert control(server, f"SELECT sluice.settle({epoch}, 'succeeded', '{counts}')") == ["f"], "by epoch: once"
        if read(writer, run)["state"] == "running":
            epoch = claim(server, run)
    document = read(writer, run)
    assert document["state"] == "succeeded" and document["progress"] == 1
    assert document["rows"] == {"read": 18, "written": 16, "unchanged": 0, "quarantined": 2, "dropped": 0, "warned": 0}


def test_one_run_runs_and_one_waits(server, writer, name):
    first = start(writer, name)
    refused = writer.post(f"/pipelines/{name}/runs", expect=409)
    assert refused.json()["code"] == "conflict" and f"run {first} " in refused.json()["detail"]
    epoch = claim(server, first)
    second = start(writer, name)
    assert [s["state"] for s in read(writer, second)["steps"]] == ["waiting", "waiting"]
    writer.post(f"/runs/{first}/cancel", expect=202)
    assert control(server, f"SELECT sluice.report({epoch}, NULL, NULL)") == ["cancelled"]
    assert control(server, f"SELECT sluice.settle({epoch}, 'cancelled')") == ["t"]
    assert read(writer, first)["state"] == "cancelled" and read(writer, first)["cancelledBy"] == "writer"
    assert [s["state"] for s in read(writer, second)["steps"]] == ["queued", "waiting"]
    writer.post(f"/runs/{first}/cancel", expect=409)
    writer.post(f"/runs/{first}/retry", expect=409)
    writer.post(f"/runs/{second}/cancel", expect=202)
    writer.post(f"/runs/{first}/retry", expect=202)
    assert read(writer, first)["state"] == "queued"
    writer.post(f"/runs/{first}/cancel", expect=202)


def test_a_repeat_with_the_same_key_starts_nothing(writer, name):
    headers = {"Idempotency-Key": "run-once"}
    answers = [writer.post(f"/pipelines/{name}/runs", {}, expect=202, headers=headers) for _ in range(2)]
    assert answers[0].json() == answers[1].json()
    writer.post(f"/runs/{answers[0].json()['id']}/cancel", expect=202)


def test_who_sees_runs_and_who_may_change_them(people, admin, name):
    run = start(people["writer"], name)
    assert read(people["reader"], run)["id"] == run
    for path in (f"/pipelines/{name}/runs", f"/runs/{run}/cancel", f"/runs/{run}/retry", f"/pipelines/{name}/pause"):
        assert people["reader"].post(path, expect=403).json()["code"] == "forbidden"
        people["stranger"].post(path, expect=404)
    for path in (f"/runs/{run}", f"/runs/{run}/logs", f"/runs/{run}/events", f"/pipelines/{name}/next-runs"):
        people["stranger"].get(path, expect=404)
    assert people["stranger"].get("/runs").json() == {"items": [], "nextCursor": None}
    people["writer"].get("/workers", expect=403)
    contract.check(contract.OPERATIONS["listWorkers"], admin.get("/workers"))
    people["writer"].post(f"/runs/{run}/cancel", expect=202)
    admin.get("/runs/999999999", expect=404)
    admin.get("/runs/abc", expect=404)


def test_runs_are_listed_latest_first_by_pages(writer, name):
    runs = []
    for _ in range(5):
        runs.append(start(writer, name))
        writer.post(f"/runs/{runs[-1]}/cancel", expect=202)
    found, cursor = [], ""
    while cursor is not None:
        page = writer.get(f"/runs?pipeline={name}&state=cancelled&limit=2{cursor and '&cursor=' + cursor}")
        contract.check(contract.OPERATIONS["listRuns"], page)
        found += [run["id"] for run in page.json()["items"]]
        cursor = page.json()["nextCursor"]
    assert found == runs[::-1]
    assert writer.get(f"/runs?pipeline={name}&state=running").json()["items"] == []
    for query in ("state=sleeping", "pipeline=none", "pipeline=" + "a" * 64 + ".b", "limit=0", "cursor=abc", "unknown=1"):
        writer.get(f"/runs?{query}", expect=400)


def events(text):
    """The events of a stream: name, id, data."""
    found = []
    for block in text.split("\n\n"):
        fields = dict(line.split(": ", 1) for line in block.splitlines() if not line.startswith(":"))
        if fields:
            found.append((fields["event"], fields["id"], json.loads(fields["data"])))
    return found


def test_a_run_is_followed_to_its_end(server, writer, name):
    run = start(writer, name)
    epoch = claim(server, run)
    line = """SELECT sluice.append_log({run}, 'first', 1, '[{{"level": "info", "message": "line {n}", "fields": {{}}}}]')"""
    control(server, line.format(run=run, n=1))
    answers = {}

    def follow(kind, path):
        answers[kind] = writer.get(path)

    threads = [
        threading.Thread(target=follow, args=arguments)
        for arguments in (("log", f"/runs/{run}/logs?follow=true"), ("events", f"/runs/{run}/events"))
    ]
    for thread in threads:
        thread.start()
    control(server, line.format(run=run, n=2))
    problem = '{"type": "urn:sluice:error:job_died", "title": "t", "code": "job_died"}'
    control(server, f"SELECT sluice.settle({epoch}, 'failed', NULL, '{problem}', false)")
    for thread in threads:
        thread.join(30)
    lines = [json.loads(line) for line in answers["log"].text.splitlines()]
    assert [line["message"] for line in lines] == ["line 1", "line 2"] and lines[0]["line"] == 1
    stream = events(answers["events"].text)
    assert answers["events"].headers["Content-Type"] == "text/event-stream"
    assert [data["message"] for kind, _, data in stream if kind == "log"] == ["line 1", "line 2"]
    states = [data["state"] for kind, _, data in stream if kind == "state"]
    assert states[0] in ("running", "failed") and states[-1] == "failed"
    assert read(writer, run)["error"]["code"] == "job_died"
    # Where it was: nothing comes twice.
    again = writer.get(f"/runs/{run}/events", headers={"Last-Event-ID": stream[-1][1]})
    assert events(again.text) == []
    assert [json.loads(line)["line"] for line in writer.get(f"/runs/{run}/logs?after=1").text.splitlines()] == [2]


def test_a_schedule_fires_until_it_is_paused(server, writer, name):
    body = pipeline(schedule={"cron": "* * * * * *"})
    writer.put(f"/pipelines/{name}", body, expect=200)
    run = None
    for _ in range(200):
        items = writer.get(f"/runs?pipeline={name}").json()["items"]
        if items and len(items[0]["cause"]["nominalTimes"]) > 1:
            run = items[0]
            break
        threading.Event().wait(0.1)
    assert run and len(items) == 1, "what fires again before the run has begun is the same run"
    assert run["cause"]["kind"] == "schedule"
    paused = writer.post(f"/pipelines/{name}/pause", expect=200)
    contract.check(contract.OPERATIONS["pausePipeline"], paused)
    assert paused.json()["paused"] is True
    assert writer.get(f"/pipelines/{name}/next-runs").json() == {"items": []}
    assert writer.post(f"/pipelines/{name}/resume", expect=200).json()["paused"] is False
    assert len(writer.get(f"/pipelines/{name}/next-runs?count=3").json()["items"]) == 3
    writer.delete(f"/pipelines/{name}")
    writer.post(f"/runs/{run['id']}/cancel", expect=202)


@pytest.mark.parametrize(
    ("schedule", "pointer"),
    [
        ({"cron": "0 0 31 2 *"}, "/schedule/cron"),
        ({"cron": "61 * * * *"}, "/schedule/cron"),
        ({"cron": "0 3 * * *", "timeZone": "Europe/Nowhere"}, "/schedule/timeZone"),
        ({"cron": "0 3 * * *", "timeZone": "../../etc/passwd"}, "/schedule/timeZone"),
        ({"cron": "0 3 * * *", "gap": "never"}, "/schedule/gap"),
    ],
)
def test_a_schedule_that_cannot_fire_is_refused_with_its_place(writer, schedule, pointer):
    answer = writer.put("/pipelines/travel.refused", pipeline(schedule=schedule), expect=422)
    assert [error["pointer"] for error in answer.json()["errors"]] == [pointer], answer.text


ZONES = ["America/New_York", "Europe/Zurich", "Australia/Lord_Howe", "America/Santiago", "Asia/Kolkata", "UTC"]


def random_expression(source):
    """Five fields that both understand alike: no step or list of days beside a star."""
    minute = source.choice([str(source.randint(0, 59)), "*/15", "0,30"])
    hour = source.choice([str(source.randint(0, 4)), "*/6", "0-3", "1,2,3"])
    day = source.choice(["*", "*", str(source.randint(1, 31)), "1-7", "1,15"])
    month = source.choice(["*", "*", "mar,apr,sep,oct,nov", "2-11/3"])
    weekday = source.choice(["*", "*", "0", "sat", "mon-fri", "1,4"])
    return f"{minute} {hour} {day} {month} {weekday}"


def expected_times(expression, zone, gap, overlap, start, count):
    """The same by croniter on a clock without a zone, and by Python's zoneinfo."""
    walls, found = croniter(expression, start.astimezone(zone).replace(tzinfo=None) - datetime.timedelta(days=1)), set()
    for _ in range(count * 2 + 300):
        wall = walls.get_next(datetime.datetime)
        first, second = (wall.replace(tzinfo=zone, fold=fold).astimezone(datetime.timezone.utc) for fold in (0, 1))
        if first.astimezone(zone).replace(tzinfo=None) != wall:
            if gap == "run-after":
                # fold 1 reads the missing time with the offset after the jump, so it lies before it.
                low, high = int(second.timestamp()), int(first.timestamp())
                offset = lambda at: datetime.datetime.fromtimestamp(at, zone).utcoffset()  # noqa: E731
                before = offset(low)
                while high - low > 1:
                    middle = (low + high) // 2
                    low, high = (middle, high) if offset(middle) == before else (low, middle)
                found.add(datetime.datetime.fromtimestamp(high, datetime.timezone.utc))
        else:
            found.update({first, second} if overlap == "both" else {first})
    return [at.strftime("%Y-%m-%dT%H:%M:%SZ") for at in sorted(found) if at > start][:count]


def test_next_runs_are_those_of_an_independent_implementation(writer):
    source = random.Random(20261121)
    for _ in range(60):
        expression, zone = random_expression(source), source.choice(ZONES)
        gap, overlap = source.choice(["run-after", "skip"]), source.choice(["first", "both"])
        schedule = {"cron": expression, "timeZone": zone, "gap": gap, "overlap": overlap}
        writer.put("/pipelines/travel.compared", pipeline(schedule=schedule))
        start = datetime.datetime.now(datetime.timezone.utc)
        answer = writer.get("/pipelines/travel.compared/next-runs?count=100")
        contract.check(contract.OPERATIONS["listNextRuns"], answer)
        times = answer.json()["items"]
        expected = expected_times(expression, zoneinfo.ZoneInfo(zone), gap, overlap, start, 101)
        if expected[0] != times[0]:  # the minute has turned between the two
            expected = expected[1:]
        assert times == expected[:100], schedule
    writer.delete("/pipelines/travel.compared")


def test_the_server_that_leads_says_so_and_nothing_failed(server):
    log = server.log()
    assert "this server leads" in log and '"level":"error"' not in log
    assert "leading failed" not in log


def test_a_drain_ends_those_who_follow(people, own_server):
    admin = own_server.admin
    admin.put("/domains/travel", {})
    admin.put("/connections/travel.files", FILES)
    admin.put("/pipelines/travel.quiet", pipeline(schedule=None))
    own_server.psql("sluice", "SELECT 1", "-d", "control")
    run = admin.post("/pipelines/travel.quiet/runs", expect=202).json()["id"]
    answer = admin.session.get(f"{admin.base}/api/v1/runs/{run}/events", stream=True, timeout=60)
    begin = datetime.datetime.now()
    assert next(answer.iter_lines())
    assert own_server.stop() == 0
    assert (datetime.datetime.now() - begin).total_seconds() < 20
