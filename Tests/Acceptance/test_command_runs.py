"""Runs from the command line: started, followed and cancelled; logs, pipelines, quarantine and workers."""

import json
import re
import threading

import pytest

import pipelines
from shell import REFUSED, Shell
from shell import ann, platform, sluice  # fixtures
from sluice import wait_until


@pytest.fixture(scope="module")
def reviews(server, admin):
    (server.files / "reviews.csv").write_text("id,rating\n1,5\n2,eleven\n3,4\n")
    pipelines.declare(server, "shop.reviews", "reviews.csv", "shop.reviews",
                      columns=[{"name": "id", "type": "bigint"}, {"name": "rating", "type": "integer"}])
    return "shop.reviews"


def test_a_run_is_started_and_its_id_printed(server, sluice, reviews):
    done = sluice("run", reviews)
    assert re.fullmatch(r"\d+\n", done.stdout) and f"sluice logs {done.stdout.strip()} -f" in done.stderr
    assert pipelines.finish(server, done.stdout.strip())["state"] == "succeeded"


def test_a_run_that_is_waited_for_tells_its_outcome(sluice, reviews):
    done = sluice("run", reviews, "--wait")
    assert re.fullmatch(r"Run \d+ of shop.reviews succeeded: 3 read, 2 written, 1 quarantined, in .*s\.\n", done.stdout)
    run = sluice.json("run", reviews, "--wait")
    assert run["state"] == "succeeded" and run["rows"]["quarantined"] == 1
    assert "eleven" not in done.stdout + done.stderr


def test_a_run_that_is_followed_shows_its_log_too(server, sluice):
    (server.files / "first.csv").write_text("id\n1\n")
    pipelines.declare(server, "shop.first", "first.csv", "shop.first")
    followed = sluice("run", "shop.first", "--follow").stderr
    assert re.search(r"^\d\d:\d\d:\d\d\.\d{3}  info +load#1  the dataset was made", followed, re.M), followed
    assert re.search(r"^Run \d+: succeeded$", followed, re.M), followed


def test_a_run_that_fails_ends_with_status_1_and_the_reason(server, sluice):
    pipelines.declare(server, "shop.absent", "absent.csv", "shop.absent")
    done = sluice("run", "shop.absent", "--wait", status=REFUSED)
    number = re.match(r"Run (\d+) of shop.absent failed", done.stdout)[1]
    assert "error: " in done.stderr and f"sluice runs retry {number}" in done.stderr
    shown = sluice("runs", "show", number).stdout
    assert re.search(r"state +failed\n", shown) and "step load: error: " in shown
    assert sluice.json("runs", "--state", "failed", "--pipeline", "shop.absent")["items"][0]["id"] == number
    assert number in sluice("runs", "--state", "failed").stdout
    # The file comes, and the run is done again.
    (server.files / "absent.csv").write_text("id\n1\n")
    assert "succeeded" in sluice("runs", "retry", number, "--wait").stdout


def test_a_log_is_read_by_people_and_programs(server, sluice):
    pipelines.declare(server, "shop.logged", "logged.csv", "shop.logged")
    sluice("run", "shop.logged", "--wait", status=REFUSED)
    text = sluice("logs", "shop.logged").stdout
    assert re.match(r"\d\d:\d\d:\d\d\.\d{3}  error +load#1  ", text)
    lines = [json.loads(line) for line in sluice("logs", "shop.logged", "--json").stdout.splitlines()]
    assert [line["line"] for line in lines] == list(range(1, len(lines) + 1)) and len(lines) == len(text.splitlines())


def test_a_log_is_followed_until_the_run_has_ended(server, sluice):
    (server.files / "slow.csv").write_text("id\n" + "".join(f"{number}\n" for number in range(300_000)))
    pipelines.declare(server, "shop.slow", "slow.csv", "shop.slow")
    run = sluice("run", "shop.slow").stdout.strip()
    with sluice.start("logs", run, "-f") as process:
        output, errors = process.communicate(timeout=120)
    assert process.returncode == 0, errors
    assert pipelines.run_of(server, run)["state"] == "succeeded"
    assert output == sluice("logs", run).stdout


def test_a_run_is_waited_for_through_a_restart_of_the_server(own_server):
    server = own_server
    server.stop()
    server.start(SLUICE_WORKER_SLOTS="0")
    pipelines.declare_files(server)
    (server.files / "slow.csv").write_text("id\n" + "".join(f"{number}\n" for number in range(500_000)))
    pipelines.declare(server, "shop.slow", "slow.csv", "shop.slow")
    port, token = server.port, (server.data / "admin-token").read_text().strip()
    with Shell(server, token).start("run", "shop.slow", "--wait") as process:
        errors = []
        reader = threading.Thread(target=lambda: errors.extend(process.stderr))
        reader.start()
        wait_until(lambda: any(": queued" in line for line in errors), 60, "the run")
        server.kill()
        server.options = ["--http", f"127.0.0.1:{port}"]
        server.start()
        output = process.stdout.read()
        assert process.wait(120) == 0, (output, errors)
        reader.join(10)
    assert "succeeded" in output


def test_a_run_is_cancelled(own_server):
    server = own_server
    server.stop()
    server.start(SLUICE_WORKER_SLOTS="0")
    sluice = Shell(server, (server.data / "admin-token").read_text().strip())
    pipelines.declare_files(server)
    pipelines.declare(server, "shop.waiting", "x.csv", "shop.waiting")
    run = sluice("run", "shop.waiting").stdout.strip()
    with sluice.start("run", "shop.waiting", "--wait") as refused:
        assert refused.wait(60) == REFUSED and "conflict" in refused.stderr.read()
    assert "is being cancelled" in sluice("runs", "cancel", "shop.waiting").stdout
    assert sluice.json("runs", "show", run)["state"] == "cancelled"
    done = sluice("runs", "retry", run)
    assert done.stdout.strip() == run


def test_pipelines_are_listed_shown_paused_and_resumed(sluice, admin, reviews):
    pipeline = admin.get(f"/pipelines/{reviews}")
    spec = {name: pipeline.json()[name] for name in ("steps", "retry")} | {
        "schedule": {"cron": "0 3 * * *", "timeZone": "Europe/Vienna"}}
    admin.put(f"/pipelines/{reviews}", spec, headers={"If-Match": pipeline.headers["ETag"]})
    assert "0 3 * * *" in sluice("pipelines").stdout
    assert "files reviews.csv -> shop.reviews (append)" in sluice("pipelines", "show", reviews).stdout
    assert re.fullmatch(r"(\d{4}-\d\d-\d\d 0[12]:00:00\n){3}", sluice("pipelines", "next", reviews, "--count", 3).stdout)
    assert sluice("pipelines", "pause", reviews).stdout == "shop.reviews is paused.\n"
    assert "paused (0 3 * * *)" in sluice("pipeline", "list").stdout
    assert sluice.json("pipelines", "resume", reviews)["paused"] is False


def test_quarantine_is_listed_without_its_values(sluice, ann, reviews):
    sluice("run", reviews, "--wait")
    done = sluice("quarantine", reviews)
    assert re.search(r"reviews.csv +3 ", done.stdout) and "eleven" not in done.stdout
    assert sluice.json("quarantine", reviews)["items"][0]["line"] == 3
    assert "not_found" in ann("quarantine", reviews, status=REFUSED).stderr


def test_workers_are_listed(sluice, ann):
    assert "live" in sluice("workers").stdout
    assert sluice.json("workers")["items"][0]["slots"] == 2
    assert "forbidden" in ann("workers", status=REFUSED).stderr
