"""Everyday work from the command line: tokens, grants, explanations, the catalog, loads, runs and logs."""

import json
import os
import re
import subprocess
import threading

import pytest

import pipelines
from sluice import BINARY, clean_environment, wait_until

REFUSED, USAGE, UNREACHABLE = 1, 2, 3


class Shell:
    """Runs `sluice …` against a server as one principal."""

    def __init__(self, server, token):
        self.environment = clean_environment() | {"SLUICE_URL": server.base, "SLUICE_TOKEN": token}

    def __call__(self, *words, status=0, input=None):
        done = subprocess.run([BINARY, *map(str, words)], input=input, capture_output=True, timeout=120,
                              text=not isinstance(input, bytes), env=self.environment)
        assert done.returncode == status, f"{words}: {done.returncode}\n{done.stdout}{done.stderr}"
        return done

    def json(self, *words, status=0):
        return json.loads(self(*words, "--json", status=status).stdout)

    def start(self, *words):
        return subprocess.Popen([BINARY, *map(str, words)], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                stderr=subprocess.PIPE, text=True, env=self.environment)


@pytest.fixture(scope="module")
def sluice(server):
    return Shell(server, (server.data / "admin-token").read_text().strip())


@pytest.fixture(scope="module", autouse=True)
def platform(server, admin):
    pipelines.declare_files(server)
    admin.put("/tags/pii.email", {})
    admin.post("/datasets", {"domain": "shop", "name": "orders", "description": "What was ordered", "primaryKey": ["id"],
                             "columns": [{"name": "id", "type": "bigint"},
                                         {"name": "email", "type": "text", "tags": ["pii.email"]},
                                         {"name": "region", "type": "text"}]})
    admin.put_new("/masks/emails", {"on": "tag:pii.email", "mask": {"kind": "email"}, "except": {"principals": ["admin"]}})
    admin.put_new("/row-filters/regions", {"on": "dataset:shop.orders", "expression": "region = ANY(user.region)",
                                           "except": {"principals": ["admin"]}})
    admin.put_new("/principals/ann", {"kind": "user", "attributes": {"region": ["EU"]}})
    admin.put_new("/principals/eve", {"kind": "user"})


@pytest.fixture(scope="module")
def ann(server, sluice):
    return Shell(server, sluice("token", "create", "--principal", "ann").stdout.strip())


# Tokens and grants ---------------------------------------------------------------------------------------------------


def test_a_token_is_made_listed_and_revoked(server, sluice):
    made = sluice.json("token", "create", "--principal", "eve", "--expires-in", "12h", "--description", "a test")
    eve = Shell(server, made["token"])
    assert eve("whoami").stdout.split("\n")[0] == "principal  eve"
    listed = sluice.json("token", "list", "--principal", "eve")["items"]
    assert [item["id"] for item in listed] == [made["id"]] and listed[0]["description"] == "a test"
    line = sluice("token", "list", "--principal", "eve").stdout.splitlines()[2]
    assert line.split()[:2] == [made["id"], "eve"] and line.endswith("a test")
    assert "is revoked" in sluice("token", "revoke", made["id"]).stderr
    assert "unauthenticated" in eve("whoami", status=REFUSED).stderr
    assert "not_found" in sluice("token", "revoke", made["id"], status=REFUSED).stderr


def test_a_grant_is_given_seen_and_taken_back(sluice, ann, admin):
    words = ["grant", "add", "user:ann", "select", "on", "dataset:shop.orders", "--columns", "id,email,region",
             "--ungranted", "error", "--for", "30d", "--reason", "season"]
    said = sluice(*words).stdout
    assert said.startswith("Granted: user:ann select on dataset:shop.orders, columns id, email, region, until 20")
    number = re.search(r"\(grant (\d+)\)", said)[1]
    held = admin.get(f"/grants/{number}").json()
    assert held["columns"] == ["id", "email", "region"] and held["ungranted"] == "error" and held["reason"] == "season"
    assert ann("query", "SELECT count(*) FROM shop.orders").stdout.startswith("count\n")
    assert [item["id"] for item in sluice.json("grant", "list", "--to", "user:ann")["items"]] == [number]
    assert "season" in sluice("grant", "list", "--on", "dataset:shop.orders").stdout
    sluice("grant", "revoke", number)
    assert "forbidden" in ann("query", "SELECT count(*) FROM shop.orders", status=REFUSED).stderr
    assert "no such grant" in sluice("grant", "list", "--to", "user:ann").stderr


def test_an_equal_grant_is_not_given_twice(sluice):
    words = ["grant", "add", "user:eve", "describe", "on", "domain:shop"]
    first, second = sluice(*words).stdout, sluice(*words).stdout
    assert first.startswith("Granted: ") and second.startswith("Granted already: ")
    sluice("grant", "revoke", re.search(r"grant (\d+)", second)[1])


def test_what_is_wrong_with_a_grant_is_said(sluice):
    said = sluice("grant", "add", "user:nobody", "select", "on", "platform", status=REFUSED).stderr
    assert said.startswith("error: /to names no principal (invalid)\nhint: ")
    problem = json.loads(sluice("grant", "add", "user:nobody", "select", "on", "platform", "--json", status=REFUSED).stderr)
    assert problem["code"] == "invalid" and problem["errors"][0]["pointer"] == "/to"
    assert "30d" in sluice("grant", "add", "user:ann", "select", "on", "platform", "--for", "ever", status=USAGE).stderr


def test_an_explanation_says_what_is_clear_masked_and_hidden(sluice, server):
    said = sluice("grant", "add", "user:ann", "select", "on", "dataset:shop.orders", "--columns", "id,email").stdout
    text = sluice("explain", "ann", "shop.orders").stdout
    assert text.startswith("ann reads shop.orders: ")
    lines = {line.split()[0]: line for line in text.splitlines() if line}
    assert re.fullmatch(r"id +clear", lines["id"])
    assert re.match(r"email +masked: email ", lines["email"]) and "emails" in lines["email"]
    assert re.match(r"region +hidden +.*not granted", lines["region"])
    assert "  regions: region = ANY(user.region)" in text and "Policy version " in text
    assert sluice.json("explain", "ann", "shop.orders")["visible"] is True
    assert sluice("explain", "eve", "shop.orders").stdout.startswith("eve does not read shop.orders: ")
    assert "Every row" in sluice("explain", "admin", "shop.orders").stdout
    sluice("grant", "revoke", re.search(r"grant (\d+)", said)[1])


# The catalog ---------------------------------------------------------------------------------------------------------


def test_datasets_are_listed_described_and_found(sluice):
    line = next(line for line in sluice("datasets", "--domain", "shop").stdout.splitlines() if "shop.orders" in line)
    assert "What was ordered" in line
    assert sluice.json("datasets", "--tag", "pii")["items"][0]["address"] == "shop.orders"
    text = sluice("describe", "shop.orders").stdout
    assert "primary key  id\n" in text and re.search(r"email +text +pii.email", text)
    assert sluice.json("describe", "shop.orders")["columns"][1]["tags"] == ["pii.email"]
    assert "not_found" in sluice("describe", "shop.nothing", status=REFUSED).stderr
    hits = sluice.json("search", "ordered", "--type", "dataset")["items"]
    assert hits[0]["address"] == "shop.orders"
    assert "shop.orders" in sluice("search", "ordered").stdout


def test_lists_follow_their_pages(sluice, admin):
    for number in range(5):
        admin.put(f"/domains/many{number}", {})
        admin.post("/datasets", {"domain": f"many{number}", "name": "d", "columns": [{"name": "a", "type": "text"}]})
    page = sluice.json("datasets", "--limit", "2")
    assert len(page["items"]) == 2 and page["nextCursor"]
    assert "--limit 0 shows all" in sluice("datasets", "--limit", "2").stderr
    everything = sluice.json("datasets", "--limit", "0")
    assert len(everything["items"]) >= 6 and everything["nextCursor"] is None


def test_whoami_says_whom_the_token_speaks_for(sluice, ann):
    text = sluice("whoami").stdout
    assert text.startswith("principal") and re.search(r"platform +.*manage", text)
    assert "attribute region" in ann("whoami").stdout
    assert ann.json("whoami")["name"] == "ann"


# Loads ---------------------------------------------------------------------------------------------------------------


@pytest.fixture
def target(admin):
    number = target_number()
    admin.post("/datasets", {"domain": "shop", "name": f"target{number}", "columns": [
        {"name": "id", "type": "bigint"}, {"name": "note", "type": "text"}]})
    return f"shop.target{number}"


def target_number(counter=iter(range(1000))):
    return next(counter)


@pytest.mark.parametrize(("name", "content"), [
    ("rows.csv", 'id,note\n1,"a,b"\n2,\n'),
    ("rows.ndjson", '{"id": 1, "note": "a,b"}\n{"id": 2}\n'),
    ("rows.json", '[{"id": 1, "note": "a,b"}, {"id": 2}]'),
])
def test_files_of_every_form_are_loaded(sluice, target, tmp_path, name, content):
    (tmp_path / name).write_text(content)
    assert sluice("load", target, tmp_path / name).stdout.startswith(f"Loaded 2 rows into {target} in ")
    assert sluice("query", f"SELECT id, note FROM {target} ORDER BY id").stdout == 'id,note\n1,"a,b"\n2,\n'
    form = name.split(".")[1]
    assert json.loads(sluice("load", target, "-", "--format", form, "--json", input=content).stdout)["rows"]["written"] == 2


def test_a_load_is_streamed_and_not_held(sluice, target):
    """Two hundred MiB go through a pipe while the program holds a few."""
    process = subprocess.Popen([BINARY, "load", target, "-", "--format", "csv"], stdin=subprocess.PIPE, text=False,
                               stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=sluice.environment)
    piece = b"".join(b"%d,%s\n" % (number, b"x" * 1000) for number in range(1000))
    process.stdin.write(b"id,note\n")
    for _ in range(200):
        process.stdin.write(piece)
    peak = int(re.search(r"VmHWM:\s+(\d+) kB", open(f"/proc/{process.pid}/status").read())[1])
    output, errors = process.communicate(timeout=300)
    assert process.returncode == 0, errors
    assert b"Loaded 200,000 rows" in output
    assert peak < 64 << 10, f"{peak} KiB"


def test_a_load_with_a_key_is_done_once(sluice, target, tmp_path):
    (tmp_path / "rows.csv").write_text("id,note\n1,a\n")
    for _ in range(2):
        sluice("load", target, tmp_path / "rows.csv", "--key", f"once-{target}")
    assert sluice("query", f"SELECT count(*) FROM {target}").stdout == "count\n1\n"


def test_a_load_that_is_refused_says_why_and_loads_nothing(sluice, target, tmp_path):
    (tmp_path / "rows.csv").write_text("id,note\n1,a\nseven,b\n")
    said = sluice("load", target, tmp_path / "rows.csv", status=REFUSED).stderr
    assert "invalid_rows" in said and "id" in said and "line 3" in said.lower() or "/1/id" in said, said
    assert sluice("query", f"SELECT count(*) FROM {target}").stdout == "count\n0\n"
    # Refused before all of it is sent.
    (tmp_path / "long.csv").write_text("id,note\n" + "seven,b\n" * 2_000_000)
    assert "invalid_rows" in sluice("load", target, tmp_path / "long.csv", status=REFUSED).stderr


@pytest.mark.parametrize(("words", "status", "hint"), [
    (["load", "shop.orders", "/nowhere.csv"], REFUSED, "cannot read /nowhere.csv: No such file"),
    (["load", "shop.orders", "/"], USAGE, "--format csv, ndjson or json"),
    (["load", "shop.orders", "/tmp", "--format", "csv"], REFUSED, "is a folder"),
    (["load", "shop.orders", "-"], USAGE, "--format csv, ndjson or json"),
    (["load", "shop.orders", "x.csv.gz"], USAGE, "zcat x.csv.gz | sluice load"),
    (["load", "shop.orders"], USAGE, "For example: sluice load"),
    (["run", "shop.nothing"], REFUSED, "not_found"),
    (["runs", "show", "shop.nothing"], REFUSED, "sluice run shop.nothing starts one"),
    (["runs", "show", "x"], REFUSED, "not_found"),
    (["logs", "999999"], REFUSED, "not_found"),
    (["explain", "ann", "shop.nothing"], REFUSED, "not_found"),
    (["token", "revoke"], USAGE, "sluice token list shows the ids"),
    (["grant", "revoke", "x"], REFUSED, "not_found"),
    (["runs", "--limit", "few"], USAGE, "whole number"),
])
def test_what_cannot_be_done_is_said_with_what_to_do(sluice, words, status, hint):
    done = sluice(*words, status=status)
    assert hint in done.stderr and done.stdout == "", done.stderr


# Runs ----------------------------------------------------------------------------------------------------------------


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
    pipelines.declare_files(server)
    (server.files / "slow.csv").write_text("id\n" + "".join(f"{number}\n" for number in range(500_000)))
    pipelines.declare(server, "shop.slow", "slow.csv", "shop.slow")
    port, token = server.port, (server.data / "admin-token").read_text().strip()
    with Shell(server, token).start("run", "shop.slow", "--wait") as process:
        errors = []
        reader = threading.Thread(target=lambda: errors.extend(process.stderr))
        reader.start()
        wait_until(lambda: any(": running" in line for line in errors), 60, "the run")
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
