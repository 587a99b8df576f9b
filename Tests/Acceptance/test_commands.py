"""The commands that talk to a server, run as a user runs them: plan, apply, query, token."""

import json
import os
import pathlib
import pty
import signal
import socket
import subprocess

import pytest

from shell import REFUSED, UNREACHABLE, USAGE, Shell
from shell import sluice  # fixture
from sluice import BINARY, Client, Server, wait_until
from terminal import SEQUENCE

EXAMPLES = pathlib.Path(__file__).parents[2] / "examples"


@pytest.fixture(scope="module")
def demo(sluice):
    """The demo of examples/, applied and loaded as `make run` does it."""
    subprocess.run([EXAMPLES / "load"], env=sluice.environment | {"SLUICE": BINARY}, check=True, timeout=120, capture_output=True)
    return EXAMPLES / "travel-extras"


def actions(output):
    return [line.split()[0] for line in output.splitlines() if line and not line.startswith((" ", "Applied", "Plan", "Noth"))]


def state(admin):
    """Every object with its version, the changes audited, and the policy version."""
    kinds = ["principals", "groups", "domains", "datasets", "tags", "grants", "masks", "row-filters"]
    objects = {kind: [item["id"] + item.get("updatedAt", "") for item in admin.get(f"/{kind}?limit=1000").json()["items"]]
               for kind in kinds}
    changes = [item for action in ["create", "put", "delete"]
               for item in admin.get(f"/audit?limit=1000&action={action}").json()["items"]]
    version = admin.query("SELECT 1").headers["Sluice-Policy-Version"]
    return objects, changes, version


# The demo ------------------------------------------------------------------------------------------------------------

def test_a_second_apply_changes_nothing(sluice, demo, admin):
    before = state(admin)
    again = sluice("apply", "-f", demo).stdout
    assert set(actions(again)) == {"unchanged"} and "Nothing to do: 26 unchanged." in again
    assert state(admin) == before


def test_who_reads_the_demo_sees_it_masked(sluice, demo, server):
    token = sluice("token", "create", "--principal", "alice", "--expires-in", 600).stdout.strip()
    alice = Shell(server, token)
    lines = alice("query", "SELECT DISTINCT region FROM travel.bookings").stdout.splitlines()
    assert lines == ["region", "EU"]
    row = json.loads(alice("query", "SELECT guest_email, note FROM travel.bookings LIMIT 1", "--format", "ndjson").stdout)
    assert row["guest_email"][1] == "*" and row["note"] is None
    assert "needs the privilege manage on the platform" in alice("plan", "-f", demo, status=REFUSED).stderr


def test_plan_shows_fields_and_changes_nothing(sluice, demo, admin, tmp_path):
    before = state(admin)
    file = tmp_path / "mask.yml"
    file.write_text("kind: mask\nname: ibans\non: tag:pii.iban\nmask: {kind: show-last, count: 2}\n"
                    "---\nkind: tag\nname: fresh\n")
    plan = sluice("plan", "-f", file).stdout
    assert actions(plan) == ["update", "create"]
    assert "mask.count: 4 -> 2" in plan and "Plan: 1 to create, 1 to update, 0 unchanged." in plan
    answer = json.loads(sluice("plan", "-f", file, "--json").stdout)
    assert [change["action"] for change in answer["changes"]] == ["update", "create"]
    assert state(admin) == before


def test_documents_come_from_standard_input_too(sluice, admin):
    document = "kind: tag\nname: piped\n"
    assert "1 created" in sluice("apply", "-f", "-", input=document).stdout
    assert json.loads(sluice("apply", "-f", "-", "--json", input=document).stdout)["changes"][0]["action"] == "unchanged"
    assert admin.get("/tags/piped").json()["name"] == "piped"


# Faults --------------------------------------------------------------------------------------------------------------

def tags(prefix, count):
    """Good documents of three lines each."""
    return "".join(f"kind: tag\nname: fault.{prefix}{number}\n---\n" for number in range(count))


@pytest.mark.parametrize(("document", "column", "what"), [
    ("kind: mask\nname: m\non: tag:pii\nmask: {kind: blur}\n", 14, "must be one of nullify"),
    ("kind: tag\nname: x\ndescription: y\ndescriptoin: z\n", 1, 'did you mean "description"?'),
    ("kind: grant\nto: group:admins\nprivilege: select\non: domain:nowhere\n", 5, "names no domain"),
    ("kind: row-filter\nname: f\non: dataset:travel.bookings\nexpression: nothing = 1\n", 13, "nothing"),
    ("kind: tag\nname: x\n# here\ndescription: &a x\n", 14, "not allowed"),
    ("kind: tag\nname: x\ndescription: a\ndescription: b\n", 1, "there already"),
])
def test_a_fault_on_line_40_is_told_there_and_nothing_is_applied(sluice, demo, admin, tmp_path, document, column, what):
    before = state(admin)
    (tmp_path / "a-good.yaml").write_text(tags("a", 3))
    bad = tmp_path / "b-bad.yaml"
    bad.write_text(tags("b", 12) + document)  # 36 lines, then the fault on the fourth of the document
    for command in ["plan", "apply"]:
        complaint = sluice(command, "-f", tmp_path, status=REFUSED).stderr
        assert complaint.startswith(f"{bad}:40:{column}: "), complaint
        assert what in complaint
    assert state(admin) == before
    admin.get("/tags/fault.a0", expect=404)


@pytest.mark.parametrize(("words", "status", "hint"), [
    (["apply"], USAGE, "-f PATH"),
    (["apply", "-f", "/nowhere"], REFUSED, "cannot read /nowhere: No such file"),
    (["apply", "-f", "{empty}"], REFUSED, "holds no file that ends in .yaml or .yml"),
    (["apply", "policy.yaml"], USAGE, "takes no operand"),
    (["query"], USAGE, "Quote it"),
    (["query", "SELECT 1", "--format", "xml"], USAGE, "table, records, csv, ndjson, json"),
    (["query", "SELECT 1", "--format", "csv", "--json"], USAGE, "contradict"),
    (["query", "SELECT 1 FRO x y"], REFUSED, "at character 14"),
    (["query", "DELETE FROM travel.bookings"], REFUSED, "not_a_read"),
    (["token", "make"], USAGE, "sluice token --help lists them"),
    (["token", "create"], USAGE, "--principal NAME"),
    (["token", "create", "--principal", "../x"], REFUSED, "there is no principal ../x"),
    (["token", "create", "--principal", "admin", "--expires-in", "soon"], USAGE, "whole number"),
    (["query", "SELECT 1", "--url", "nowhere"], USAGE, "--url http://HOST:PORT"),
    (["query", "SELECT 1", "--token-file", "/nowhere"], REFUSED, "cannot read /nowhere"),
])
def test_what_cannot_be_done_is_said_with_what_to_do(sluice, tmp_path, words, status, hint):
    done = sluice(*[word.replace("{empty}", str(tmp_path)) for word in words], status=status)
    assert hint in done.stderr and done.stdout == ""


def test_tokens_come_from_the_environment_or_a_file(sluice, server, tmp_path):
    sluice("query", "SELECT 1", status=USAGE, SLUICE_TOKEN="")
    assert "unauthenticated" in sluice("query", "SELECT 1", status=REFUSED, SLUICE_TOKEN="slt_wrong").stderr
    sluice("query", "SELECT 1", "--token-file", server.data / "admin-token", SLUICE_TOKEN="slt_wrong")
    (tmp_path / "two").write_text("a b")
    sluice("query", "SELECT 1", "--token-file", tmp_path / "two", status=REFUSED)


def test_no_server_is_told_from_a_refusal(sluice):
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{nobody.getsockname()[1]}"
        for words in [["query", "SELECT 1"], ["token", "create", "--principal", "admin"]]:
            complaint = sluice(*words, "--url", url, status=UNREACHABLE).stderr
            assert "Connection refused" in complaint and "sluice serve" in complaint


# Results -------------------------------------------------------------------------------------------------------------

SQL = "SELECT n, CASE WHEN n = 2 THEN NULL ELSE 'a,b' END AS text FROM generate_series(1, 3) AS n"


@pytest.mark.parametrize(("format", "expected"), [
    ([], 'n,text\n1,"a,b"\n2,\n3,"a,b"\n'),
    (["--format", "ndjson"], '{"n":1,"text":"a,b"}\n{"n":2,"text":null}\n{"n":3,"text":"a,b"}\n'),
    (["--format", "table"], "n  text\n-  ----\n1  a,b\n2  NULL\n3  a,b\n(3 rows)\n"),
])
def test_results_have_the_format_asked_for(sluice, format, expected):
    assert sluice("query", SQL, *format).stdout == expected
    assert sluice("query", "-", *format, input=SQL).stdout == expected


def test_json_is_the_servers_own(sluice):
    answer = sluice("query", SQL, "--json").stdout
    assert json.loads(answer)["rows"] == [[1, "a,b"], [2, None], [3, "a,b"]]
    assert answer.endswith("}\n") and answer.count("\n") == 1


def test_a_terminal_that_does_not_say_how_wide_it_is_gets_a_table(sluice):
    leader, follower = pty.openpty()
    try:
        process = sluice.start("query", SQL, stdout=follower, text=False)
        assert process.wait(60) == 0, process.stderr.read()
        process.stderr.close()
        text = SEQUENCE.sub("", os.read(leader, 1000).decode())
        assert text.replace("\r", "").startswith("n  text\n-  ----\n1  a,b\n")
    finally:
        os.close(leader)
        os.close(follower)


@pytest.mark.parametrize("format", ["csv", "table"])
def test_truncation_is_told_apart_from_the_data(sluice, format):
    done = sluice("query", "SELECT * FROM generate_series(1, 50) AS n", "--max-rows", 5, "--format", format)
    assert "5" in done.stdout and "6" not in done.stdout and "--max-rows 0" in done.stderr


def test_who_stops_reading_is_no_error(sluice):
    process = sluice.start("query", "SELECT * FROM generate_series(1, 3000000) AS n", "--max-rows", "0", stdout=subprocess.PIPE, text=False)
    assert process.stdout.readline() == b"n\n"
    process.stdout.close()
    assert process.wait(60) == 0
    assert process.stderr.read() == b""
    process.stderr.close()


def test_ctrl_c_ends_a_command(sluice):
    process = sluice.start("query", "SELECT count(*) FROM generate_series(1, 1000000000) AS n", stdout=subprocess.DEVNULL, text=False)

    def has_a_connection():
        try:
            return any("socket" in os.readlink(entry) for entry in pathlib.Path(f"/proc/{process.pid}/fd").iterdir())
        except FileNotFoundError:  # closed while it was looked at
            return False

    wait_until(has_a_connection, 30, "the connection")
    process.send_signal(signal.SIGINT)
    assert process.wait(30) == -signal.SIGINT
    process.stderr.close()


@pytest.mark.parametrize("command", ["serve", "migrate", "plan", "apply", "query", "token", "version"])
def test_every_command_has_help(sluice, command):
    assert sluice(command, "--help").stdout.startswith(f"Usage: sluice {command}")
    assert command in sluice("--help").stdout


def test_the_administrators_first_token_may_be_given_and_is_written_nowhere():
    token = "slt_" + "of-somebodys-own-choice" * 2
    with Server.running(SLUICE_ADMIN_TOKEN=token) as server:
        assert Client(server.base, token).get("/me").json()["name"] == "admin"
        assert not (server.data / "admin-token").exists()
        assert token not in server.log()
