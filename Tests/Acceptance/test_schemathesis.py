"""schemathesis against the document: made-up and wrong requests, links followed, answers held to closed schemas.

A failure prints the request as a curl line. SLUICE_SEED repeats a run, or makes another one.
"""

import os
import pathlib
import subprocess
import sys

import contract

SEED = os.environ.get("SLUICE_SEED", "20261121")
IS_SOAK = os.environ.get("SLUICE_SOAK") == "1"
TOP = contract.PATH.parents[1]  # where the configuration looks for its hooks
CONFIGURATION = contract.PATH.with_name("schemathesis.toml")
SCHEMATHESIS = pathlib.Path(sys.executable).with_name("schemathesis")


def run(server, token, seconds, *options):
    command = [
        SCHEMATHESIS,
        "--config-file",
        CONFIGURATION,
        "run",
        contract.PATH,
        "--url",
        server.base,
        "--header",
        f"Authorization: Bearer {token}",
        "--seed",
        SEED,
        "--max-time",
        str(seconds),
        "--max-examples",
        "1000" if IS_SOAK else "10",
        "--request-timeout",
        "30",
        "--generation-database",
        "none",
        "--no-color",
        "--continue-on-failure",
        *options,
    ]
    result = subprocess.run(
        [str(part) for part in command], capture_output=True, text=True, timeout=seconds + 120, cwd=TOP
    )
    report = result.stdout.partition("= FAILURES =")[2] or result.stdout
    assert result.returncode == 0, f"seed {SEED}\n{report[-20_000:]}{result.stderr[-2000:]}"
    assert f"Selected: {len(contract.OPERATIONS)}/{len(contract.OPERATIONS)}" in result.stdout, result.stdout[-3000:]
    assert server.anonymous().get("//healthz").text == "ok\n" and '"level":"error"' not in server.log(), server.log()[
        -5000:
    ]


def test_the_administrator_gets_documented_answers(server, admin):
    """With some objects of each kind to find, and all that is there to break."""
    for tag in ("pii", "pii.email"):
        admin.put(f"/tags/{tag}", {})
    admin.put("/domains/travel", {})
    admin.post(
        "/datasets",
        {
            "domain": "travel",
            "name": "bookings",
            "primaryKey": ["id"],
            "columns": [
                {"name": "id", "type": "bigint"},
                {"name": "guest_email", "type": "text", "tags": ["pii.email"]},
                {"name": "region", "type": "text"},
            ],
        },
    )
    admin.post("/datasets/travel.bookings/rows", [{"id": 1, "guest_email": "ann@example.org", "region": "EU"}])
    admin.put("/connections/travel.files", {"kind": "file", "config": {"path": "."}})
    source, target = {"connection": "files", "path": "a.csv"}, {"dataset": "travel.bookings", "mode": "append"}
    step = {"name": "load", "ingest": {"from": source, "to": target}}
    admin.put("/pipelines/travel.nightly", {"steps": [step]})
    run(server, admin.session.headers["Authorization"].split()[1], 1800 if IS_SOAK else 110)


def test_a_principal_without_grants_gets_documented_answers(own_server):
    """On a server of its own: what the administrator's run has made up may have ended any token of the other one."""
    admin = own_server.admin
    admin.put_new("/principals/nobody_much", {"kind": "user"})
    token = admin.post("/principals/nobody_much/tokens", {}).json()["token"]
    run(own_server, token, 300 if IS_SOAK else 25, "--phases", "coverage,fuzzing")
