"""A replay of quarantine loads each record once, whatever is killed meanwhile."""

import os
import signal

import pytest

import pipelines
from replays import COLUMNS, MENDED, STRICT, ask, counts, load, put, succeeded
from sluice import wait_until


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
