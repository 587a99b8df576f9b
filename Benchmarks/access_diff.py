#!/usr/bin/env python3
"""Who would lose what by a new row filter: `POST /access/diff` over 1,000 principals with 20 distinct decisions on a dataset
of 2,000,000 rows, beside psql counting what each of the 20 keeps, one statement after the other, on the same table.
"""

import os
import statistics
import time

from common import benchmark

ROWS = int(os.environ.get("BENCH_ROWS", "2000000"))
PRINCIPALS = int(os.environ.get("BENCH_PRINCIPALS", "1000"))
DECISIONS = 20


with benchmark("access_diff") as (sluice, results):
    sluice.call("PUT", "/domains/shop", {})
    sluice.create("/groups/readers", {})
    columns = [("id", "bigint"), ("region", "text"), ("amount", "numeric"), ("email", "text")]
    table = sluice.dataset("shop", "orders", columns, ["id"])
    sluice.grant("group:readers", "dataset:shop.orders")
    documents = [
        {"kind": "principal", "name": f"p{n}", "principalKind": "user", "groups": ["readers"],
         "attributes": {"region": [f"region {n % DECISIONS}"]}}
        for n in range(PRINCIPALS)
    ]
    sluice.call("POST", "/apply", {"documents": documents})
    sluice.psql(
        f"SET ROLE sluice_owner; INSERT INTO {table} SELECT n, 'region ' || n % 40, n, 'p' || n || '@example.org' "
        f"FROM generate_series(1, {ROWS}) AS n")
    sluice.psql(f"VACUUM ANALYZE {table}")

    rule = {"method": "PUT", "path": "/row-filters/regions", "body": {
        "on": "dataset:shop.orders", "expression": "region = ANY(user.region)"}}
    kept = ";".join(
        f"SELECT count(*) FROM {table} WHERE region = ANY ('{{region {n}}}')" for n in range(DECISIONS))
    times = []

    def ours():
        begin = time.perf_counter()
        answer = sluice.call("POST", "/access/diff", {"changes": [rule]})
        times.append(time.perf_counter() - begin)
        lost = {entry["loses"]["rows"] for entry in answer["principals"] if entry["name"] != "admin"}
        if len(answer["principals"]) != PRINCIPALS + 1 or lost != {ROWS - ROWS // 40}:
            raise RuntimeError(f"{len(answer['principals'])} principals lose {lost}")
        return 1 / times[-1]

    def theirs():
        begin = time.perf_counter()
        if sluice.psql(kept).split() != [str(ROWS // 40)] * DECISIONS:
            raise RuntimeError("psql counts other rows")
        return 1 / (time.perf_counter() - begin)

    results.compare(f"{DECISIONS} decisions on {ROWS:,} rows, beside a count each", "a second", ours, theirs)
    results.limit(f"access/diff of {PRINCIPALS:,} principals", "s", statistics.median(times), 2)
