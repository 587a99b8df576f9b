#!/usr/bin/env python3
"""What the chain of seals costs: entries sealed and verified a second, reads by key beside sealing and without it (a lock
holds the sealer off), and what the index that batches are found by adds to the writing of entries.
"""

import contextlib
import os
import subprocess
import time

from common import benchmark, load_orders

ENTRIES = int(os.environ.get("BENCH_ENTRIES", "1000000"))
ROWS = int(os.environ.get("BENCH_ROWS", "200000"))
COPIED = 100_000
CONNECTIONS = 32
SECONDS = 10  # of reads: several rounds of the sealer
COLUMNS = ("at, principal, surface, phase, datasets, columns, row_count, byte_count, duration_us, policy_version, decision, "
           "request_id")

LUA = f"""
local threads = 0
function setup(thread) threads = threads + 1; thread:set("seed", threads) end
function init() math.randomseed(seed) end
function request()
    return wrk.format("GET", "/api/v1/datasets/sales.orders/rows?select=id,region,code,amount&id=eq." .. math.random({ROWS}))
end
"""


def entries(count):
    return f"""
        SELECT clock_timestamp(), 'user' || i % 50, 'rows', 'whole', '{{sales.orders}}'::text[],
            '{{sales.orders.id,sales.orders.region,sales.orders.code,sales.orders.amount}}'::text[], 1::bigint, 143::bigint, i::bigint,
            42::bigint, 'allowed', 'request' || i
        FROM generate_series(1, {count}) AS i"""


@contextlib.contextmanager
def no_sealing(sluice):
    """Holds the lock that each seal takes; the sealer waits for it."""
    session = subprocess.Popen(
        sluice.command("psql", "-Xq", database="control"), stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    session.stdin.write("BEGIN; LOCK TABLE sluice.audit_seal IN SHARE MODE;\n\\echo held\n")
    session.stdin.flush()
    session.stdout.readline()
    try:
        yield
    finally:
        session.stdin.close()
        session.wait()


def wait_sealed(sluice):
    last = "SELECT (SELECT coalesce(max(id), 0) FROM sluice.read_audit) <= (SELECT coalesce(max(last_id), 0) FROM sluice.audit_seal)"
    while sluice.psql(last, database="control") != "t":
        time.sleep(0.1)


def sealing_rate(sluice):
    """By the seals' own times, without the first, whose batch was read before it."""
    wait_sealed(sluice)
    before = sluice.psql("SELECT max(number) FROM sluice.audit_seal", database="control")
    with no_sealing(sluice):
        sluice.psql(f"INSERT INTO sluice.read_audit ({COLUMNS}) {entries(ENTRIES)}", database="control")
    wait_sealed(sluice)
    return float(sluice.psql(f"""
        SELECT (sum(entries) - min(entries)) / extract(epoch FROM max(sealed_at) - min(sealed_at))
        FROM sluice.audit_seal WHERE number > {before}""", database="control"))


def verification_rate(sluice):
    start, count, cursor = time.monotonic(), 0, ""
    while cursor is not None:
        piece = sluice.call("GET", "/audit/verification" + (cursor and f"?cursor={cursor}"))
        assert piece["intact"], piece
        count, cursor = count + piece["entries"], piece["nextCursor"]
    return count / (time.monotonic() - start)


def reads(sluice, token, sealing):
    def rate():
        wait_sealed(sluice)
        if sealing:
            return sluice.wrk(LUA, CONNECTIONS, token=token, seconds=SECONDS)[0]
        with no_sealing(sluice):
            return sluice.wrk(LUA, CONNECTIONS, token=token, seconds=SECONDS)[0]
    return rate


def copying(sluice, table):
    def rate():
        start = time.monotonic()
        sluice.psql(f"COPY {table} ({COLUMNS}) FROM '{sluice.data}/run/entries' (FORMAT binary)", database="control")
        return COPIED / (time.monotonic() - start)
    return rate


with benchmark("audit") as (sluice, results):
    load_orders(sluice, ROWS)
    token = sluice.principal("reader", groups=["office"])[1]
    results.compare(
        "reads by key, with sealing and without", "requests/s", reads(sluice, token, True), reads(sluice, token, False), 0.8)
    results.at_least("sealing", "entries/s", sealing_rate(sluice), 100_000)
    results.at_least("verification", "entries/s", verification_rate(sluice), 100_000)
    sluice.psql(f"""
        COPY ({entries(COPIED)}) TO '{sluice.data}/run/entries' (FORMAT binary);
        CREATE TABLE with_index (LIKE sluice.read_audit INCLUDING ALL);
        CREATE TABLE without_index (LIKE sluice.read_audit INCLUDING ALL);
        DO $$ BEGIN
            EXECUTE (SELECT 'DROP INDEX ' || indexrelid::regclass FROM pg_index
                     WHERE indrelid = 'without_index'::regclass AND pg_get_indexdef(indexrelid) LIKE '%(id)');
        END $$""", database="control")
    results.compare(
        "writing entries, with the index by id and without", "entries/s", copying(sluice, "with_index"),
        copying(sluice, "without_index"), 0.85)
