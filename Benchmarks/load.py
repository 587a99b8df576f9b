#!/usr/bin/env python3
"""Pipelines against what people load with today: a CSV file of 5,000,000 rows of 8 columns, with types and three checks,
against psql's \\copy of the same file into an equal table; and two files at once against one.
"""

import json
import os
import subprocess
import threading
import time

from common import Sluice, benchmark, status

ROWS = int(os.environ.get("BENCH_ROWS", "5000000"))
COLUMNS = [
    ("id", "bigint"), ("customer", "bigint"), ("region", "text"), ("code", "text"), ("amount", "numeric"),
    ("ordered_at", "timestamp with time zone"), ("email", "text"), ("note", "text")]
CHECKS = [
    {"name": "region_code", "column": "region", "matches": "^[A-Z]{2}$"},
    {"name": "amount_bounds", "column": "amount", "range": {"min": 0, "max": 1000000}},
    {"name": "has_email", "column": "email", "notNull": True}]
FIELDS = """n, 1 + n::bigint * 7919 % 1000, (ARRAY['EU', 'US', 'AP', 'AF'])[1 + n % 4], md5(n::text),
    (n::bigint * 31 % 100000)::numeric / 100, timestamptz '2026-01-01Z' + n * interval '10 s',
    'guest' || n || '@example.org', 'order number ' || n"""


class JobMemory:
    """The highest resident memory of any job process: the kernel keeps the peak, so five looks a second miss little."""

    def __init__(self):
        self.megabytes, self.over = 0, threading.Event()
        threading.Thread(target=self._sample, daemon=True).start()

    def _sample(self):
        while not self.over.wait(0.2):
            for pid in filter(str.isdigit, os.listdir("/proc")):
                try:
                    with open(f"/proc/{pid}/cmdline", "rb") as file:
                        if file.read().split(b"\0")[1:2] == [b"job"]:
                            self.megabytes = max(self.megabytes, status(pid, "VmHWM") * 1024 / 1e6)
                except (OSError, AttributeError):
                    continue  # It has ended meanwhile.


def pipeline(sluice, name, source, dataset, mode, **more):
    ingest = {"from": source, "to": {"dataset": f"sales.{dataset}", "mode": mode}, **more}
    if mode == "upsert":
        ingest["to"]["key"] = ["id"]
    sluice.call("PUT", f"/pipelines/sales.{name}", {"steps": [{"name": "load", "ingest": ingest}]})


def start(sluice, name):
    return sluice.call("POST", f"/pipelines/sales.{name}/runs", {}, expect=(202,))["id"]


def wait(sluice, run):
    while True:
        state = sluice.call("GET", f"/runs/{run}")
        if state["state"] in ("succeeded", "failed", "cancelled"):
            if state["state"] != "succeeded":
                raise RuntimeError(json.dumps(state))
            return state
        time.sleep(0.02)


def typed_csv(path):
    return {"connection": "files", "path": path, "format": "csv"}, {
        "columns": [{"name": n, "type": t} for n, t in COLUMNS], "checks": CHECKS}


class Load:
    """Sluice with a file of the rows, a plain copy of it, and the table that psql loads."""

    def __init__(self, sluice):
        self.sluice = sluice
        self.files = sluice.files
        sluice.call("PUT", "/domains/sales", {"title": "Sales"})
        sluice.call("PUT", "/connections/sales.files", {"kind": "file", "config": {"path": "."}})
        for part, where in (("all", "true"), ("odd", "n % 2 = 1"), ("even", "n % 2 = 0")):
            self.write(part, where)
        definitions = ", ".join(f"{n} {t}" for n, t in COLUMNS)
        sluice.psql(f"CREATE SCHEMA bench; CREATE TABLE bench.plain ({definitions}); "
                    f"CREATE TABLE bench.keyed ({definitions}, PRIMARY KEY (id))")

    def write(self, part, where):
        path = os.path.join(self.files, f"{part}.csv")
        with open(path, "wb") as file:
            names = ", ".join(n for n, _ in COLUMNS)
            subprocess.run(
                self.sluice.command(
                    "psql", "-Xq", "-c", f"COPY (SELECT * FROM (SELECT {FIELDS} FROM generate_series(1, {ROWS}) AS n "
                    f"WHERE {where}) AS r ({names})) TO STDOUT WITH (FORMAT csv, HEADER)"), stdout=file, check=True)
        os.chmod(path, 0o644)

    def copy(self, table):
        """Rows a second of psql's \\copy into an empty table."""
        self.sluice.psql(f"TRUNCATE bench.{table}; CHECKPOINT")
        begin = time.monotonic()
        with open(os.path.join(self.files, "all.csv"), "rb") as file:
            subprocess.run(
                self.sluice.command("psql", "-Xq", "-c", f"COPY bench.{table} FROM STDIN WITH (FORMAT csv, HEADER)"),
                stdin=file, check=True)
        return ROWS / (time.monotonic() - begin)

    def run(self, mode, *parts):
        """Rows a second of pipelines that run at once, each into an empty dataset of its own."""
        for part in parts:
            self.empty(f"{mode}_{part}", mode)
            source, more = typed_csv(f"{part}.csv")
            pipeline(self.sluice, f"{mode}_{part}", source, f"{mode}_{part}", mode, **more)
        self.sluice.psql("CHECKPOINT")
        begin = time.monotonic()
        runs = [start(self.sluice, f"{mode}_{part}") for part in parts]
        written = sum(wait(self.sluice, run)["rows"]["written"] for run in runs)
        if written != ROWS:
            raise RuntimeError(f"{written} rows of {ROWS}")
        return ROWS / (time.monotonic() - begin)

    def empty(self, dataset, mode):
        known = self.sluice.call("GET", f"/datasets/sales.{dataset}", expect=(200, 404))
        if "id" in known:
            self.sluice.psql(f"TRUNCATE store.d{known['id']}")
        else:
            self.sluice.dataset("sales", dataset, COLUMNS, ["id"] if mode == "upsert" else [])


if __name__ == "__main__":
    with benchmark("load") as (sluice, results):
        load = Load(sluice)
        memory = JobMemory()
        results.compare(f"append, {ROWS:,} rows x {len(COLUMNS)} columns", "rows/s", lambda: load.run("append", "all"),
                        lambda: load.copy("plain"), 0.9)
        results.compare("upsert into an empty keyed dataset", "rows/s", lambda: load.run("upsert", "all"),
                        lambda: load.copy("keyed"), 0.6)
        results.compare("two files at once, against one", "rows/s", lambda: load.run("append", "odd", "even"),
                        lambda: load.run("append", "all"), 1.4)
        memory.over.set()
        results.limit("memory of a job process, peak", "MB", memory.megabytes, 64)
