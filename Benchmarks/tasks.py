#!/usr/bin/env python3
"""Small tasks: steps that load one row each, on one worker slot, each attempt in a process of its own. How many a minute,
and where the time goes: between attempts, around the work of one, and in the bare transaction that the work is.
"""

import json
import os
import statistics
import time

from common import ROUNDS, SECONDS, benchmark

PIPELINES = int(os.environ.get("BENCH_PIPELINES", "10"))
STEPS = 100  # of a pipeline, at the most
COLUMNS = [{"name": "id", "type": "bigint"}, {"name": "note", "type": "text"}]
# What a task does once it knows what to do: one row and the note that it is there, in one transaction.
WORK = """BEGIN;
INSERT INTO bench.one (id, note) VALUES (1, 'one row');
INSERT INTO bench.done (run_id, step, counts) VALUES (1, 'load', '{"read": 1, "written": 1}');
COMMIT;
"""


def declare(sluice):
    with open(os.path.join(sluice.files, "one.csv"), "w") as file:
        file.write("id,note\n1,one row\n")
    sluice.call("PUT", "/domains/sales", {"title": "Sales"})
    sluice.call("PUT", "/connections/sales.files", {"kind": "file", "config": {"path": "."}})
    for n in range(PIPELINES):
        dataset = f"sales.small_{n}"
        sluice.dataset("sales", f"small_{n}", [("id", "bigint"), ("note", "text")], [])
        steps = [
            {"name": f"load_{k}", "after": [f"load_{k - 1}"] if k else [], "ingest": {
                "from": {"connection": "files", "path": "one.csv"}, "columns": COLUMNS,
                "to": {"dataset": dataset, "mode": "append"}}}
            for k in range(STEPS)]
        sluice.call("PUT", f"/pipelines/{dataset}", {"steps": steps})


def run_all(sluice):
    """Seconds until every step of every pipeline has run."""
    begin = time.monotonic()
    runs = [sluice.call("POST", f"/pipelines/sales.small_{n}/runs", {}, expect=(202,))["id"] for n in range(PIPELINES)]
    for run in runs:
        while (state := sluice.call("GET", f"/runs/{run}"))["state"] in ("queued", "running"):
            time.sleep(0.1)
        if state["state"] != "succeeded":
            raise RuntimeError(json.dumps(state))
    return time.monotonic() - begin


def leased(sluice):
    """Seconds of all attempts so far, from claim to completion."""
    return float(sluice.psql(
        "SELECT coalesce(extract(epoch FROM sum(ended_at - claimed_at)), 0) FROM sluice.attempt", database="control"))


with benchmark("tasks", "--worker-slots", "1") as (sluice, results):
    declare(sluice)
    sluice.psql("CREATE SCHEMA bench; CREATE TABLE bench.one (id bigint, note text); "
                "CREATE TABLE bench.done (run_id bigint, step text, counts jsonb)")
    tasks = PIPELINES * STEPS
    run_all(sluice)  # ingest roles and partitions are made once
    rates, between, around = [], [], []
    for _ in range(ROUNDS):
        before = leased(sluice)
        seconds = run_all(sluice)
        lease = leased(sluice) - before
        work = tasks / sluice.pgbench(WORK, mode="simple", seconds=SECONDS)
        rates.append(tasks / seconds * 60)
        between.append(1 - lease / seconds)
        around.append(1 - work / lease)
    results.at_least("tasks of one row on one slot", "a minute", statistics.median(rates), 1000)
    results.limit("share of the time between attempts", "of all", statistics.median(between))
    results.limit("share of an attempt that is not its bare transaction", "of it", statistics.median(around))
