"""Everyday work from the command line: tokens, grants, explanations, the catalog and loads."""

import json
import re
import subprocess

import pytest

from shell import REFUSED, USAGE, Shell
from shell import ann, platform, sluice  # fixtures
from sluice import BINARY


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
