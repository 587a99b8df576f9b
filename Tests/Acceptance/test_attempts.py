"""Attempts that are brought to an end from outside: cancelled, out of time, given back, killed again and again, without rights."""

import os
import signal

import pytest

import pipelines
from sluice import is_running, wait_until

ROWS = 200_000
COLUMNS = [{"name": "id", "type": "int"}, {"name": "note", "type": "text"}]


@pytest.fixture(scope="module")
def shop(server):
    pipelines.declare_files(server)
    rows = b"id,note\n" + b"".join(b"%d,%s\n" % (number, b"x" * 40) for number in range(ROWS))
    (server.files / "large.csv").write_bytes(rows)
    (server.files / "small.csv").write_text("id,note\n1,a\n")
    return server


def declare(server, name, path="large.csv", **spec):
    ingest = {"from": {"connection": "files", "path": path}, "columns": COLUMNS,
              "to": {"dataset": f"shop.{name}", "mode": "append"}}
    body = {"retry": {"attempts": 5, "baseSeconds": 1, "maxSeconds": 1}, "steps": [{"name": "load", "ingest": ingest}]}
    server.admin.put_new(f"/pipelines/shop.{name}", {**body, **spec})
    return f"shop.{name}"


def held_job(server):
    """A job process of the server's worker, stopped."""
    pid = pipelines.job(pipelines.launcher(server))
    os.kill(pid, signal.SIGSTOP)
    return pid


def test_a_cancelled_run_ends_its_process_and_applies_nothing(shop):
    run = pipelines.start(shop, declare(shop, "cancelled"))
    pid = held_job(shop)
    shop.admin.post(f"/runs/{run}/cancel", None, expect=(200, 202, 204))
    # SIGTERM waits for a stopped process; SIGKILL, after its grace, does not.
    ended = pipelines.finish(shop, run)
    assert ended["state"] == "cancelled", ended
    pipelines.wait_for_end(pid)
    assert pipelines.count(shop, "shop.cancelled") == 0


def test_an_attempt_out_of_time_is_stopped(shop):
    address = declare(shop, "slow", timeoutSeconds=1, retry={"attempts": 1})
    run = pipelines.start(shop, address)
    pid = held_job(shop)
    ended = pipelines.finish(shop, run)
    assert ended["state"] == "failed" and ended["error"]["code"] == "step_timeout", ended
    pipelines.wait_for_end(pid)
    assert pipelines.count(shop, "shop.slow") == 0


def test_a_step_that_kills_its_process_three_times_is_parked(shop):
    run = pipelines.start(shop, declare(shop, "poison"))
    worker = pipelines.launcher(shop)

    def is_ended():
        for pid in pipelines.children(worker, "job"):
            os.kill(pid, signal.SIGKILL)
        return pipelines.run_of(shop, run)["state"] == "failed"

    wait_until(is_ended, 60, "the third death")
    ended = pipelines.run_of(shop, run)
    assert ended["error"]["code"] == "poisoned" and ended["attempt"] == 3, ended
    assert "signal 9" in str(ended["error"])
    assert pipelines.count(shop, "shop.poison") == 0
    shop.admin.post(f"/runs/{run}/retry", None, expect=(200, 202, 204))
    assert pipelines.finish(shop, run)["state"] == "succeeded"
    assert pipelines.count(shop, "shop.poison") == ROWS


def test_rights_are_those_of_the_run(shop):
    """The pipeline was declared by one who might; what its principal may when it runs decides."""
    shop.admin.put("/domains/other", {})
    shop.admin.post("/datasets", {"domain": "other", "name": "goods", "columns": COLUMNS})
    shop.admin.put_new("/principals/loader", {"kind": "service"})
    grant = shop.admin.post("/grants", {"to": "user:loader", "privilege": "write", "on": "dataset:other.goods"})
    shop.admin.put_new("/pipelines/shop.goods", {"runAs": "loader", "retry": {"attempts": 1}, "steps": [
        {"name": "load", "ingest": {"from": {"connection": "files", "path": "small.csv"}, "columns": COLUMNS,
                                    "to": {"dataset": "other.goods", "mode": "append"}}}]})
    assert pipelines.load(shop, "shop.goods")["state"] == "succeeded"
    shop.admin.delete(f"/grants/{grant.json()['id']}", headers={"If-Match": "*"})
    ended = pipelines.load(shop, "shop.goods")
    assert ended["state"] == "failed" and ended["error"]["code"] == "forbidden", ended
    assert pipelines.count(shop, "other.goods") == 1


def test_a_dataset_of_two_pipelines_at_once_gets_both_loads(shop):
    """Each attempt's fence ends the other's; the one that lost tries again."""
    shop.admin.post("/datasets", {"domain": "shop", "name": "both", "columns": COLUMNS})
    names = ["first", "second"]
    for name in names:
        pipelines.declare(shop, f"shop.{name}", "large.csv", "shop.both", columns=COLUMNS)
    runs = [pipelines.start(shop, f"shop.{name}") for name in names]
    for run in runs:
        assert pipelines.finish(shop, run)["state"] == "succeeded"
    assert pipelines.count(shop, "shop.both") == 2 * ROWS


def test_a_worker_that_drains_gives_back_what_it_cannot_finish(shop):
    """SIGTERM of a worker whose job stands still: the task is another's, and no attempt counts as failed."""
    address = declare(shop, "drained", retry={"attempts": 1})
    own = pipelines.launcher(shop)
    # The server's own worker stands still meanwhile, so that the other one gets the task.
    stopped = [own, pipelines.supervisor(own)]
    with shop.another_worker("--drain-timeout", "1", "--worker-slots", "1") as other:
        for pid in stopped:
            os.kill(pid, signal.SIGSTOP)
        try:
            run = pipelines.start(shop, address)
            pid = pipelines.job(other.pid)
            os.kill(pid, signal.SIGSTOP)
            other.terminate()
            assert other.wait(30) == 0
            assert not is_running(pid)
        finally:
            for stopped_pid in reversed(stopped):
                os.kill(stopped_pid, signal.SIGCONT)
    ended = pipelines.finish(shop, run)
    assert ended["state"] == "succeeded", ended
    assert pipelines.count(shop, "shop.drained") == ROWS
