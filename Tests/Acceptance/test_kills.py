"""Kills of everything that takes part in a load, at random moments: in the end there are exactly the file's rows, and the
run says so. `make soak` does it with more seeds and 5,000,000 rows."""

import os
import random
import signal

import pytest

import pipelines
from sluice import is_running, wait_until

IS_SOAK = os.environ.get("SLUICE_SOAK") == "1"
ROWS = 5_000_000 if IS_SOAK else 300_000
SEEDS = range(20) if IS_SOAK else range(5)
MODES = ["append", "replace", "upsert"]
ZOMBIE_MODES = MODES if IS_SOAK else ["upsert"]
VICTIMS = ["job", "launcher", "supervisor", "server", "postgres"]
COLUMNS = [{"name": "id", "type": "int"}, {"name": "note", "type": "text"}, {"name": "amount", "type": "numeric(12,2)"}]


def write_rows(path, numbers, note):
    with open(path, "w") as file:
        file.write("id,note,amount\n")
        file.writelines(f"{number},{note} {number},{number % 1000}.25\n" for number in numbers)


@pytest.fixture
def shop(own_server):
    pipelines.declare_files(own_server)
    write_rows(own_server.files / "rows.csv", range(ROWS), "new")
    # What was there before: of an upsert half of it with equal keys.
    write_rows(own_server.files / "before.csv", range(ROWS - 500, ROWS + 500), "old")
    own_server.admin.post("/datasets", {
        "domain": "shop", "name": "rows", "columns": COLUMNS, "primaryKey": ["id"]})
    return own_server


def expected(mode):
    """How many rows there are in the end, and how many of them are older than the load."""
    return {"append": (ROWS, 0), "replace": (ROWS, 0), "upsert": (ROWS + 500, 500)}[mode]


def check(server, mode):
    total, old = expected(mode)
    found = server.admin.query(
        "SELECT count(*), count(*) FILTER (WHERE note LIKE 'old %'), count(DISTINCT id), sum(id) FROM shop.rows"
    ).json()["rows"][0]
    ids = range(total)
    assert found == [total, old, total, sum(ids)], found


def begin(shop, mode):
    """Starts a load; what `replace` and `upsert` find is loaded before."""
    if mode != "append":
        pipelines.declare(shop, "shop.before", "before.csv", "shop.rows", columns=COLUMNS)
        assert pipelines.load(shop, "shop.before")["state"] == "succeeded"
    pipelines.declare(shop, "shop.rows", "rows.csv", "shop.rows", mode=mode, columns=COLUMNS)
    return pipelines.start(shop, "shop.rows")


def copied(server):
    """Rows that the COPY of the moment has taken."""
    answer = server.psql("sluice", "SELECT max(tuples_processed) FROM pg_stat_progress_copy;", "-At").stdout.strip()
    return int(answer) if answer else -1


def wait_for_moment(server, run, generator):
    """Some moment of an attempt: its process has just begun, a random number of rows has been taken, or all is over: a
    load that was quicker than the look."""
    wanted = generator.choice([None, 0, generator.randrange(ROWS), generator.randrange(ROWS)])

    def has_come():
        if pipelines.run_of(server, run)["state"] != "running":
            return True
        if wanted is None:
            return bool(pipelines.children(pipelines.launcher(server), "job"))
        return copied(server) >= wanted

    wait_until(lambda: pipelines.run_of(server, run)["state"] != "queued", 60, "the first attempt")
    wait_until(has_come, 240 if IS_SOAK else 60, f"row {wanted} of the load")


@pytest.mark.parametrize("seed", SEEDS)
def test_a_load_is_there_once_whatever_was_killed(shop, seed):
    generator = random.Random(seed)
    mode = MODES[seed % len(MODES)]
    run = begin(shop, mode)
    victims = [VICTIMS[seed % len(VICTIMS)], generator.choice(VICTIMS)]
    for victim in victims:
        wait_for_moment(shop, run, generator)
        pipelines.kill(shop, victim)
    ended = pipelines.finish(shop, run, 600 if IS_SOAK else 120)
    assert ended["state"] == "succeeded", (victims, ended)
    assert ended["rows"]["read"] == ROWS, ended
    check(shop, mode)


def stopped(pid):
    with open(f"/proc/{pid}/stat") as file:
        return file.read().rsplit(")", 1)[1].split()[0] == "T"


@pytest.mark.parametrize("mode", ZOMBIE_MODES)
def test_a_worker_that_wakes_after_its_rescue_changes_nothing(shop, mode):
    """SIGSTOP of a whole worker in the middle of a load: another loads the file, then the first goes on."""
    run = begin(shop, mode)
    worker = pipelines.launcher(shop)
    pid = pipelines.job(worker)
    wait_until(lambda: copied(shop) > 0, 60, "the first rows")
    zombies = [pid, worker, pipelines.supervisor(worker)]
    for process in zombies:
        os.kill(process, signal.SIGSTOP)
        wait_until(lambda: stopped(process), 10, "the stop")
    assert pipelines.run_of(shop, run)["state"] == "running"
    with shop.another_worker():
        ended = pipelines.finish(shop, run, 180)
        assert ended["state"] == "succeeded" and ended["rows"]["read"] == ROWS, ended
        check(shop, mode)
        # The job first: what it does is its own. Then those who would have ended it.
        os.kill(pid, signal.SIGCONT)
        wait_until(lambda: not is_running(pid), 60, "the end of the zombie")
        for process in zombies[1:]:
            os.kill(process, signal.SIGCONT)
        check(shop, mode)

        def is_told():
            logs = shop.admin.get(f"/runs/{run}/logs").text
            return "fenced" in logs or "lost" in shop.log()

        wait_until(is_told, 60, "word of the zombie")
    check(shop, mode)
    assert pipelines.run_of(shop, run) == ended
