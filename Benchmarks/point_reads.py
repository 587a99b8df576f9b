#!/usr/bin/env python3
"""`GET …/rows?id=eq.N` over keep-alive connections with audit on, against pgbench reading the same columns of the same
table by prepared statement over as many sessions. One principal, 200 principals, and a tagged column, which waits
for its audit entry to be written.
"""

import os

from common import benchmark, load_orders

ROWS = int(os.environ.get("BENCH_ROWS", "2000000"))
CONNECTIONS = 32
COLUMNS = "id,region,code,amount"

LUA = """
local tokens = {{ {tokens} }}
local threads = 0
function setup(thread) threads = threads + 1; thread:set("seed", threads) end
function init() math.randomseed(seed) end
function request()
    local headers = nil
    if #tokens > 0 then headers = {{ Authorization = "Bearer " .. tokens[math.random(#tokens)] }} end
    return wrk.format("GET", "/api/v1/datasets/sales.orders/rows?select={columns}&id=eq." .. math.random({rows}), headers)
end
"""


def lua(columns, tokens=()):
    return LUA.format(columns=columns, rows=ROWS, tokens=", ".join(f'"{token}"' for token in tokens))


with benchmark("point_reads") as (sluice, results):
    orders, _ = load_orders(sluice, ROWS)
    tokens = [sluice.principal(f"reader_{number}", groups=["office"])[1] for number in range(200)]

    def raw(columns):
        script = f"\\set k random(1, {ROWS})\nSELECT {columns} FROM {orders} WHERE id = :k;\n"
        return lambda: sluice.pgbench(script, clients=CONNECTIONS, jobs=2)

    def rest(script, token):
        return lambda: sluice.wrk(script, CONNECTIONS, token=token)[0]

    results.compare("one principal", "requests/s", rest(lua(COLUMNS), tokens[0]), raw(COLUMNS), 0.6)
    results.compare(
        "one principal, tagged column", "requests/s", rest(lua(COLUMNS + ",email"), tokens[0]), raw(COLUMNS + ",email"))
    results.compare("200 principals", "requests/s", rest(lua(COLUMNS, tokens), tokens[0]), raw(COLUMNS))
    results.limit("threads", "threads", sluice.threads(), os.cpu_count() + 9)
