#!/usr/bin/env python3
"""64 connections poll /healthz and point reads, alone and beside 4 clients whose statements take 10 s: the latency of
the polls at the 99th percentile, and the threads of the process.
"""

import concurrent.futures
import contextlib
import os
import statistics

from common import ROUNDS, benchmark, load_orders

ROWS = int(os.environ.get("BENCH_ROWS", "200000"))
CONNECTIONS = 64
# Paced: what waits behind its own flood of requests says nothing about the others.
LUA = f"""
local count = 0
function delay() return 20 + math.random(20) end
function request()
    count = count + 1
    if count % 2 == 0 then return wrk.format("GET", "/healthz") end
    return wrk.format("GET", "/api/v1/datasets/sales.orders/rows?select=id,region,code,amount&id=eq." .. math.random({ROWS}))
end
"""
# Never ends by itself; its budget of 10 s ends it.
LONG = {"sql": "SELECT count(*) FROM sales.orders AS a JOIN sales.orders AS b ON a.amount < b.amount + 1",
        "timeoutSeconds": 10}


@contextlib.contextmanager
def long_statements(sluice, token):
    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        running = [pool.submit(sluice.call, "POST", "/query", LONG, token, None, (422,)) for _ in range(4)]
        yield
        if any(each.done() for each in running):
            raise RuntimeError("a long statement ended before the polls did")


with benchmark("latency") as (sluice, results):
    load_orders(sluice, ROWS)
    _, token = sluice.principal("anna", groups=["office"])

    def p99():
        return sluice.wrk(LUA, CONNECTIONS, seconds=6, token=token)[1][99]

    alone, beside, threads = [], [], 0
    for _ in range(ROUNDS):
        alone.append(p99())
        with long_statements(sluice, token):
            beside.append(p99())
            threads = max(threads, sluice.threads())
    results.limit("p99 alone", "ms", statistics.median(alone))
    results.limit("p99 beside 4 long statements", "ms", statistics.median(beside))
    results.limit("p99 beside / alone", "times", statistics.median(b / a for a, b in zip(alone, beside)))
    results.limit("threads beside 4 long statements", "threads", threads, os.cpu_count() + 9)
