#!/usr/bin/env python3
"""What governance costs a prepared statement on 2,000,000 rows: through the governed views in a principal's own
login session, against the same SQL on the tables as superuser. A subject without a filter against the bare
statement, one with a filter against the filter written by hand.
"""

import os

from common import benchmark, load_orders

ROWS = int(os.environ.get("BENCH_ROWS", "2000000"))
KEYS = ", ".join(f":k + {step * 997}" for step in range(20))

# Name, script over {orders} and {customers}, targets without and with a filter (None: published). A LIKE prefix in
# the text keeps one plan; as a parameter, Postgres itself plans each execution anew, and both sides pay for that.
STATEMENTS = [
    ("point read", "SELECT id, region, code, amount FROM {orders} WHERE id = :k{where};", 0.92, 0.95),
    ("LIKE prefix", "SELECT id, amount FROM {orders} WHERE code LIKE 'c4ca%'{where};", 0.95, None),
    ("LIKE prefix, parameter", "SELECT id, amount FROM {orders} WHERE code LIKE (:k % 9)::text || '4ca%'{where};",
     None, None),
    ("numeric equality", "SELECT id, code FROM {orders} WHERE amount = (:k % 100000)::numeric / 100{where};", 0.95, None),
    ("join of 20 keys", "SELECT o.id, c.name FROM {orders} AS o JOIN {customers} AS c ON c.id = o.customer "
     "WHERE o.id IN (" + KEYS + "){where};", 0.95, 0.95),
    ("ORDER BY LIMIT", "SELECT id, amount FROM {orders} WHERE ordered_at < timestamptz '2026-01-01Z' + :k * interval '10 s'"
     "{where} ORDER BY ordered_at DESC LIMIT 20;", 0.95, 0.95),
    ("full aggregate", "SELECT region, count(*), sum(amount), max(ordered_at) FROM {orders} WHERE true{where} "
     "GROUP BY region;", 0.95, 0.95),
]

with benchmark("governed") as (sluice, results):
    orders, customers = load_orders(sluice, ROWS)
    office, _ = sluice.principal("anna", groups=["office"])
    field, _ = sluice.principal("ben", groups=["field"], attributes={"region": ["EU"]})
    subjects = [("no filter", office, ""), ("filter", field, " AND region = ANY ('{EU}')")]

    for name, statement, *targets in STATEMENTS:
        for (subject, role, by_hand), target in zip(subjects, targets):
            script = f"\\set k random(1, {ROWS - 20000})\n{statement}\n"
            governed = script.format(orders="sales.orders", customers="sales.customers", where="")
            raw = script.format(orders=orders, customers=customers, where=by_hand)
            results.compare(
                f"{name}, {subject}", "tps", lambda: sluice.pgbench(governed, role), lambda: sluice.pgbench(raw), target)
