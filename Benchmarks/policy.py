#!/usr/bin/env python3
"""What protection costs the planner, and how long a change of decisions takes.

Planning: `SELECT *` of 50 masked columns, unprepared, with 10,000 grants present, less the same on a governed view of 50
columns without a rule; by column. Changes: grant, membership, attribute and exception, by one caller over loopback
HTTP, answered after the commit, with two sessions reading; on a platform of 1 and of 1,000 governed views.
"""

import http.client
import json
import os
import re
import statistics
import subprocess
import time

from common import benchmark

GRANTS = int(os.environ.get("BENCH_GRANTS", "10000"))
VIEWS = int(os.environ.get("BENCH_VIEWS", "1000"))
COLUMNS = 50
PLANS = 300
CHANGES = 50


class Caller:
    """A keep-alive connection of the admin."""

    def __init__(self, sluice):
        self.connection = http.client.HTTPConnection(sluice.host, sluice.port)
        self.connection.connect()
        self.fields = {"Authorization": f"Bearer {sluice.token}", "Content-Type": "application/json"}

    def call(self, method, path, body=None, **headers):
        self.connection.request(
            method, "/api/v1" + path, None if body is None else json.dumps(body), {**self.fields, **headers})
        answer = self.connection.getresponse()
        text = answer.read()
        if answer.status not in (200, 201, 204):
            raise RuntimeError(f"{method} {path}: {answer.status} {text.decode()}")
        return json.loads(text) if text else None

    def replace(self, path, body):
        return self.call("PUT", path, body, **{"If-Match": "*"})


def planning(sluice, role, view):
    """Median planning time of `SELECT *` in microseconds."""
    text = sluice.psql(f"EXPLAIN (SUMMARY) SELECT * FROM {view};" * PLANS, role)
    times = [float(value) for value in re.findall(r"Planning Time: ([\d.]+) ms", text)]
    return statistics.median(times[20:]) * 1000


def milliseconds(action):
    begin = time.perf_counter()
    action()
    return (time.perf_counter() - begin) * 1000


def measure_changes(sluice, results, admin, label):
    """Times each kind of change `CHANGES` times, the contents alternating so that each of them changes something."""

    mask = {"on": "tag:pii", "mask": {"kind": "email"}}
    kinds = {
        "membership": lambda n: admin.replace("/principals/ben", {"kind": "user", "groups": ["office"] * (n % 2)}),
        "attribute": lambda n: admin.replace("/principals/ben", {"kind": "user", "attributes": {"region": [str(n)]}}),
        "exception": lambda n: admin.replace("/masks/pii", {**mask, "except": {"groups": ["office", "field"][:1 + n % 2]}}),
    }
    for kind, change in kinds.items():
        publish(results, f"{kind}, {label}", [milliseconds(lambda: change(n)) for n in range(CHANGES)])
    times = []
    for _ in range(CHANGES // 2):
        made = []
        body = {"to": "user:ben", "privilege": "write", "on": "domain:wide"}
        times.append(milliseconds(lambda: made.append(admin.call("POST", "/grants", body))))
        times.append(milliseconds(lambda: admin.call("DELETE", f"/grants/{made[0]['id']}")))
    publish(results, f"grant, {label}", times)


def publish(results, name, times):
    results.limit(f"{name}: median", "ms", statistics.median(times), 10)
    results.limit(f"{name}: p95", "ms", sorted(times)[len(times) * 95 // 100])


with benchmark("policy") as (sluice, results):
    admin = Caller(sluice)
    admin.call("PUT", "/domains/wide", {"title": "Wide"})
    admin.call("PUT", "/tags/pii", {"description": "Personal"})
    for group in ("office", "field"):
        sluice.create(f"/groups/{group}", {})
        sluice.grant(f"group:{group}", "domain:wide")
    sluice.create("/masks/pii", {"on": "tag:pii", "mask": {"kind": "email"}, "except": {"groups": ["office"]}})
    office, _ = sluice.principal("anna", groups=["office"])
    field, _ = sluice.principal("ben", groups=["field"])
    sluice.dataset("wide", "plain", [(f"c{n}", "text") for n in range(COLUMNS)], ["c0"])
    sluice.dataset("wide", "masked", [(f"c{n}", "text", "pii") for n in range(COLUMNS)], ["c0"])

    def readers(view):
        """Two sessions that read all the time, as a principal."""
        script = f"SELECT count(*) FROM {view};\n"
        with open(os.path.join(sluice.folder, "read.sql"), "w") as file:
            file.write(script)
        os.chmod(file.name, 0o644)
        # A statement that meets a change fails with 40001 and is run again.
        return subprocess.Popen(
            sluice.command("pgbench", "-n", "-M", "prepared", "-c", "2", "-T", "600", "--max-tries=100", "-R", "200",
                           "-f", file.name, role=office), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    running = readers("wide.masked")
    try:
        measure_changes(sluice, results, admin, "1 view")
    finally:
        running.kill()
        running.wait()

    for number in range(GRANTS - 4):
        dataset = "masked" if number % 2 else "plain"
        if number % 10 == 0:
            sluice.create(f"/groups/g{number}", {}) if number == 0 else admin.call(
                "PUT", f"/groups/g{number}", {}, **{"If-None-Match": "*"})
        kind = ("describe", "select", "write", "manage", "select")[number % 5]
        on = ("domain:wide", f"dataset:wide.{dataset}")[number % 10 // 5]
        admin.call("POST", "/grants", {"to": f"group:g{number // 10 * 10}", "privilege": kind, "on": on})
    # The changes above left both groups excepted.
    admin.replace("/masks/pii", {"on": "tag:pii", "mask": {"kind": "email"}, "except": {"groups": ["office"]}})
    admin.replace("/principals/ben", {"kind": "user", "groups": ["field"]})
    sluice.psql("VACUUM ANALYZE")
    plain = planning(sluice, field, "wide.plain")
    for subject, role in (("excepted", office), ("masked", field)):
        results.limit(f"planning by protected column, {subject} subject", "us",
                      (planning(sluice, role, "wide.masked") - plain) / COLUMNS, 10)

    for number in range(VIEWS - 2):
        sluice.dataset("wide", f"d{number}", [("id", "bigint"), ("email", "text", "pii")], ["id"])
    admin = Caller(sluice)  # the server has closed the idle one
    running = readers("wide.masked")
    try:
        measure_changes(sluice, results, admin, f"{VIEWS:,} views")
    finally:
        running.kill()
        running.wait()
