"""Upserts that are interrupted: what is staged is kept, the next attempt goes on where the last one ended, and in the end
the dataset has exactly the file. Whatever makes the stage useless begins the unit anew and says so."""

import gzip
import json
import os
import re
import signal

import pytest

import pipelines
from sluice import is_running, wait_until

ROWS = 400_000
WRONG = 10_000  # Each of these is no number.
COLUMNS = [{"name": "id", "type": "int"}, {"name": "note", "type": "text"}]
PADDING = "x" * 150


def lines(note):
    yield "id,note\n"
    for number in range(ROWS):
        word = "wrong" if number % WRONG == WRONG - 1 else number
        yield f"{word},{note} {number} {PADDING}\n"


def write(path, note, opener=open):
    with opener(path, "wt") as file:
        file.writelines(lines(note))


@pytest.fixture
def shop(own_server):
    pipelines.declare_files(own_server)
    (own_server.files / "before.csv").write_text(f"id,note\n1,old\n{ROWS},old\n")
    own_server.admin.post("/datasets", {"domain": "shop", "name": "rows", "columns": COLUMNS, "primaryKey": ["id"]})
    # Not empty: an upsert goes by its stage.
    pipelines.declare(own_server, "shop.before", "before.csv", "shop.rows", columns=COLUMNS)
    assert pipelines.load(own_server, "shop.before")["state"] == "succeeded"
    return own_server


def begin(shop, path="rows.csv", **fields):
    pipelines.declare(shop, "shop.rows", path, "shop.rows", mode="upsert", columns=COLUMNS, **fields)
    return pipelines.start(shop, "shop.rows")


def staged(shop):
    """Bytes of the source that the stage has, as far as that is committed."""
    answer = shop.psql("sluice", "SELECT max((state #>> '{position,byteOffset}')::bigint) FROM sluice.stage_progress;", "-At")
    return int(answer.stdout.strip() or 0)


def stop_in_the_middle(shop, size):
    """Stops the job process when some chunks are staged; returns its pid and how far it came."""
    pid = pipelines.job(pipelines.launcher(shop))
    wait_until(lambda: staged(shop) > 0, 60, "the first chunk")
    os.kill(pid, signal.SIGSTOP)
    offset = staged(shop)
    assert 0 < offset < size - (8 << 20), "it was too quick for this test"
    return pid, offset


def log(shop, run):
    return [json.loads(line) for line in shop.admin.get(f"/runs/{run}/logs").text.splitlines()]


def messages(shop, run):
    return " / ".join(line["message"] for line in log(shop, run))


def resumed_at(shop, run):
    """The bytes at which attempts went on, as their log lines say."""
    return [int(n) for n in re.findall(r"resumes at byte (\d+)", messages(shop, run))]


def check(shop, run, note, seconds=180):
    """The run's counters, the rows and the quarantine are those of one undisturbed load."""
    ended = pipelines.finish(shop, run, seconds)
    wrong = ROWS // WRONG
    assert ended["state"] == "succeeded", ended
    assert [ended["rows"][name] for name in ("read", "written", "quarantined")] == [ROWS, ROWS - wrong, wrong], ended
    found = shop.admin.query(
        f"SELECT count(*), count(*) FILTER (WHERE note = '{note} ' || id || ' {PADDING}'), count(DISTINCT id), sum(id) "
        "FROM shop.rows").json()["rows"][0]
    ids = [n for n in range(ROWS) if n % WRONG != WRONG - 1]
    assert found == [len(ids) + 1, len(ids), len(ids) + 1, sum(ids) + ROWS], found
    rows = shop.psql(
        "sluice", "SELECT line, byte_offset, left(convert_from(bytes, 'UTF8'), 5), count(*) OVER () "
        f"FROM sluice.quarantine WHERE run_id = {run} ORDER BY id;", "-At").stdout.split()
    offset, expected = 0, []
    for number, line in enumerate(lines(note)):
        if line.startswith("wrong"):
            expected.append(f"{number + 1}|{offset}|wrong|{wrong}")
        offset += len(line)
    assert rows == expected
    left = shop.psql("sluice", "SELECT count(*) FROM sluice.stage;", "-At").stdout.strip()
    assert left == "0", "the stage is dropped"
    return ended


@pytest.mark.parametrize("compression", ["none", "gzip"])
def test_the_attempt_after_a_killed_job_reads_on(shop, compression):
    path = "rows.csv.gz" if compression == "gzip" else "rows.csv"
    write(shop.files / path, "new", (lambda p, m: gzip.open(p, m, compresslevel=1)) if compression == "gzip" else open)
    size = sum(len(line) for line in lines("new"))
    run = begin(shop, path)
    pid, offset = stop_in_the_middle(shop, size)
    os.kill(pid, signal.SIGKILL)
    check(shop, run, "new")
    assert len(resumed_at(shop, run)) == 1 and resumed_at(shop, run)[0] >= offset, (messages(shop, run), offset)


def test_unique_checks_know_what_was_read_before(shop):
    write(shop.files / "rows.csv", "new")
    with open(shop.files / "rows.csv", "at") as file:
        file.write("0,once more\n")
    size = os.path.getsize(shop.files / "rows.csv")
    run = begin(shop, checks=[{"name": "once", "column": "id", "unique": True, "onFailure": "drop"}])
    pid, offset = stop_in_the_middle(shop, size)
    os.kill(pid, signal.SIGKILL)
    ended = pipelines.finish(shop, run, 180)
    assert ended["state"] == "succeeded" and ended["rows"]["dropped"] == 1, ended
    assert resumed_at(shop, run)[0] >= offset
    assert "reading what comes before again" in messages(shop, run)
    assert shop.admin.query("SELECT count(*) FROM shop.rows WHERE note = 'once more'").json()["rows"] == [[0]]


def test_a_crash_of_postgres_begins_anew_and_says_so(shop):
    write(shop.files / "rows.csv", "new")
    run = begin(shop)
    pid, _ = stop_in_the_middle(shop, os.path.getsize(shop.files / "rows.csv"))
    postmaster = shop.postmaster()
    os.kill(postmaster, signal.SIGKILL)
    os.kill(pid, signal.SIGCONT)
    wait_until(lambda: shop.postmaster() not in (None, postmaster), 60, "another Postgres")
    check(shop, run, "new")
    assert "begins anew: what was staged went with a crash of Postgres" in messages(shop, run)
    assert resumed_at(shop, run) == []


def test_another_file_begins_anew_and_says_so(shop):
    path = shop.files / "rows.csv"
    write(path, "old")
    run = begin(shop)
    pid, _ = stop_in_the_middle(shop, os.path.getsize(path))
    # As long as the other one.
    write(shop.files / "other", "new")
    assert os.path.getsize(shop.files / "other") == os.path.getsize(path)
    os.rename(shop.files / "other", path)
    os.kill(pid, signal.SIGKILL)
    check(shop, run, "new")
    assert "begins anew: the file is not the one that was read before" in messages(shop, run)
    assert resumed_at(shop, run) == []


def test_a_zombie_that_wakes_finds_its_stage_taken(shop):
    write(shop.files / "rows.csv", "new")
    run = begin(shop)
    pid, offset = stop_in_the_middle(shop, os.path.getsize(shop.files / "rows.csv"))
    worker = pipelines.launcher(shop)
    others = [worker, pipelines.supervisor(worker)]
    for process in others:
        os.kill(process, signal.SIGSTOP)
    with shop.another_worker():
        ended = check(shop, run, "new")
        assert resumed_at(shop, run)[0] >= offset
        os.kill(pid, signal.SIGCONT)
        wait_until(lambda: not is_running(pid), 60, "the end of the zombie")
        for process in others:
            os.kill(process, signal.SIGCONT)
        check(shop, run, "new")
    assert pipelines.run_of(shop, run) == ended


def test_each_load_leaves_a_data_event_with_a_number(shop):
    """Numbers are internal for now: triggers will keep them."""
    shop.admin.post("/datasets/shop.rows/rows", [{"id": 7, "note": "sent"}])

    def numbered():
        answer = shop.psql(
            "sluice", "SELECT e.number, e.kind, d.name, e.step, e.counts ->> 'written' FROM sluice.data_event AS e "
            "JOIN sluice.dataset AS d ON d.id = e.dataset_id ORDER BY e.number;", "-At")
        return answer.stdout.split()

    wait_until(lambda: numbered() == ["1|unit|rows|load|2", "2|rows|rows||1"], 30, "the numbers")
