"""`sluice apply` and `plan` from the outside: documents of a folder in one transaction, faults with file and line."""

import json
import os
import subprocess

import pytest

import sluice

GOOD = """\
# The travel domain.
kind: tag
name: pii.email
---
kind: domain
name: travel
title: Travel extras
---
kind: principal
name: agent
attributes: {region: [EU]}
---
kind: dataset
domain: travel
name: bookings
columns:
  - {name: id, type: bigint}
  - {name: guest_email, type: text, tags: [pii.email]}
  - {name: region, type: text}
primaryKey: [id]
---
kind: mask
name: emails
on: tag:pii.email
mask: {kind: email}
---
kind: row-filter
name: by_region
on: dataset:travel.bookings
expression: region = ANY(user.region)
---
kind: grant
to: user:agent
privilege: select
on: dataset:travel.bookings
---
kind: tag
name: last
"""


def command(server, *arguments):
    environment = os.environ | {
        "SLUICE_URL": server.base,
        "SLUICE_TOKEN": (server.data / "admin-token").read_text().strip(),
    }
    return subprocess.run([sluice.BINARY, *arguments], capture_output=True, text=True, timeout=60, env=environment)


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "platform.yaml"

    def write(text):
        path.write_text(text, encoding="utf-8")
        return str(path)

    return write


def catalog(server):
    return {
        path: server.admin.get(path).json()
        for path in ("/domains", "/datasets", "/tags", "/principals", "/grants", "/masks", "/row-filters")
    }


FAULTS = {
    "unknown field": "descripton: x",
    "malformed YAML": "description: {x",
    "wrong type": "description: [1]",
    "duplicate key": "name: last",
}


@pytest.mark.parametrize("fault", FAULTS)
def test_an_error_on_line_40_is_named_and_nothing_is_applied(server, file, fault):
    lines = GOOD.splitlines()
    assert len(lines) <= 40 - 1
    text = "\n".join(lines + ["#"] * (39 - len(lines)) + [FAULTS[fault]]) + "\n"
    assert text.splitlines()[39] == FAULTS[fault]
    before = catalog(server)
    for verb in ("plan", "apply"):
        result = command(server, verb, "-f", file(text))
        assert result.returncode != 0 and "40" in result.stderr and "platform.yaml" in result.stderr, result
    assert catalog(server) == before


def test_a_reference_to_nothing_applies_nothing(server, file):
    before = catalog(server)
    result = command(server, "apply", "-f", file(GOOD.replace("to: user:agent", "to: user:agnet")))
    assert result.returncode != 0 and "agnet" in result.stderr + result.stdout, result
    assert catalog(server) == before


def test_plan_shows_and_apply_does_and_a_second_time_nothing(server, file):
    path, before = file(GOOD), catalog(server)
    plan = command(server, "plan", "-f", path)
    assert plan.returncode == 0 and "travel.bookings" in plan.stdout, plan
    assert catalog(server) == before
    applied = command(server, "apply", "-f", path)
    assert applied.returncode == 0, applied
    server.admin.post(
        "/datasets/travel.bookings/rows",
        [
            {"id": 1, "guest_email": "ann@example.org", "region": "EU"},
            {"id": 2, "guest_email": "bob@example.org", "region": "US"},
        ],
    )
    rows = server.client("agent").get("/datasets/travel.bookings/rows").json()["rows"]
    assert rows == [[1, "a**@example.org", "EU"]]
    after = catalog(server)
    again = command(server, "apply", "-f", path, "--json")
    assert again.returncode == 0, again
    assert all(change["action"] == "unchanged" for change in json.loads(again.stdout)["changes"]), again.stdout
    for path in ("/domains", "/tags", "/masks", "/row-filters", "/grants", "/principals"):
        assert catalog(server)[path] == after[path]


def test_query_and_token_speak_to_the_server(server):
    result = command(server, "query", "SELECT 1 AS one", "--json")
    assert result.returncode == 0 and json.loads(result.stdout)["rows"] == [[1]], result
    failed = command(server, "query", "SELECT emial")
    assert failed.returncode != 0 and "emial" in failed.stderr, failed
    made = command(server, "token", "create", "--principal", "admin")
    assert made.returncode == 0 and "slt_" in made.stdout, made
