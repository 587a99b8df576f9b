#!/usr/bin/env python3
"""`POST /query` of 5,000,000 rows of 8 columns as CSV, against psql's COPY of the same rows as CSV; and the memory of
Sluice's processes, at rest and while they stream.
"""

import json
import os
import subprocess
import threading
import time

from common import benchmark, load_orders

ROWS = int(os.environ.get("BENCH_ROWS", "5000000"))
COLUMNS = "id, customer, region, code, amount, ordered_at, email, note"


class PeakMemory:
    """The highest of samples taken every 20 ms within the `with` block."""

    def __init__(self, sluice):
        self.sluice, self.megabytes, self.over = sluice, 0, threading.Event()
        self.thread = threading.Thread(target=self._sample)

    def _sample(self):
        while not self.over.wait(0.02):
            self.megabytes = max(self.megabytes, self.sluice.memory())

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.over.set()
        self.thread.join()


def rows_per_second(command):
    """Runs a command that prints CSV with a header; its lines are counted, so neither side can leave rows out."""
    begin = time.monotonic()
    lines = 0
    with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
        for chunk in iter(lambda: process.stdout.read(1 << 20), b""):
            lines += chunk.count(b"\n")
            last = chunk
    if process.returncode or lines != ROWS + 1:
        raise RuntimeError(f"{command[0]}: status {process.returncode}, {lines} lines of {ROWS + 1}: {last[-300:]}")
    return ROWS / (time.monotonic() - begin)


with benchmark("export") as (sluice, results):
    sluice.wait_until_idle()
    results.limit("memory at rest", "MB", sluice.memory(), 40)

    orders, _ = load_orders(sluice, ROWS)
    _, token = sluice.principal("anna", groups=["office"])
    body = {"sql": f"SELECT {COLUMNS} FROM sales.orders", "maxRows": 0, "timeoutSeconds": 300}
    query = ["curl", "-sS", "--fail-with-body", f"{sluice.url}/api/v1/query", "-H", f"Authorization: Bearer {token}",
             "-H", "Content-Type: application/json", "-H", "Accept: text/csv", "-d", json.dumps(body)]
    copy = sluice.command(
        "psql", "-Xq", "-c", f"COPY (SELECT {COLUMNS} FROM {orders}) TO STDOUT WITH (FORMAT csv, HEADER)")

    with PeakMemory(sluice) as peak:
        results.compare("5,000,000 rows x 8 columns, CSV", "rows/s", lambda: rows_per_second(query),
                        lambda: rows_per_second(copy), 0.9)
    results.limit("memory while streaming, peak", "MB", peak.megabytes, 80)
