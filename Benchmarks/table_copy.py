#!/usr/bin/env python3
"""A whole table of another Postgres: a pipeline against `pg_dump -t … | psql` between the same two servers."""

import contextlib
import os
import pwd
import shutil
import socket
import subprocess
import tempfile
import time

from common import benchmark
from load import COLUMNS, FIELDS, start, wait

ROWS = int(os.environ.get("BENCH_ROWS", "5000000"))
PROGRAMS = os.environ.get("SLUICE_POSTGRES_BIN", "/usr/lib/postgresql/15/bin")


@contextlib.contextmanager
def other_server():
    """A second Postgres, on a loopback port of its own, as a source has it; yields its port."""
    folder = tempfile.mkdtemp(prefix="sluice-bench-source-")
    as_user = []
    if os.geteuid() == 0:
        owner = pwd.getpwnam("postgres")
        os.chown(folder, owner.pw_uid, owner.pw_gid)
        as_user = ["runuser", "-u", "postgres", "--"]

    def run(program, *arguments):
        subprocess.run([*as_user, f"{PROGRAMS}/{program}", *arguments], check=True, cwd="/", stdout=subprocess.DEVNULL)

    data = f"{folder}/data"
    with open(f"{folder}/password", "w") as file:
        file.write("bench")
    os.chmod(f"{folder}/password", 0o644)
    try:
        run("initdb", "-D", data, "-U", "reader", "--auth=scram-sha-256", f"--pwfile={folder}/password",
            "--encoding=UTF8", "--locale=C.UTF-8")
        port = free_port()
        run("pg_ctl", "-D", data, "-s", "-w", "-l", f"{folder}/log", "-o",
            f"-p {port} -c listen_addresses=127.0.0.1 -c unix_socket_directories={folder} -c shared_buffers=1GB "
            "-c max_wal_size=8GB", "start")
        try:
            yield port
        finally:
            run("pg_ctl", "-D", data, "-s", "-w", "-m", "immediate", "stop")
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class TableCopy:
    def __init__(self, sluice, port):
        self.sluice, self.port = sluice, port
        definitions = ", ".join(f"{n} {t}" for n, t in COLUMNS)
        self.source(f"CREATE TABLE public.orders ({definitions}); "
                    f"INSERT INTO public.orders SELECT {FIELDS} FROM generate_series(1, {ROWS}) AS n; "
                    "VACUUM ANALYZE public.orders; CHECKPOINT;")
        # pg_dump names the schema of its table.
        sluice.psql(f"CREATE TABLE public.orders ({definitions})")
        sluice.call("PUT", "/domains/sales", {"title": "Sales"})
        sluice.call("PUT", "/connections/sales.source", {
            "kind": "postgres", "config": {"host": "127.0.0.1", "port": port, "database": "postgres", "user": "reader"},
            "secret": {"password": "bench"}})
        self.dataset = sluice.dataset("sales", "orders", COLUMNS, [])
        sluice.call("PUT", "/pipelines/sales.orders", {"steps": [{"name": "load", "ingest": {
            "from": {"connection": "source", "table": "public.orders"},
            "to": {"dataset": "sales.orders", "mode": "append"}}}]})

    @property
    def environment(self):
        return {**os.environ, "PGPASSWORD": "bench"}

    @property
    def place(self):
        return ["-h", "127.0.0.1", "-p", str(self.port), "-U", "reader"]

    def source(self, sql):
        subprocess.run(
            ["psql", "-Xq", "-v", "ON_ERROR_STOP=1", *self.place, "postgres"], input=sql, text=True, check=True,
            env=self.environment)

    def pipeline(self):
        self.sluice.psql(f"TRUNCATE {self.dataset}; CHECKPOINT")
        begin = time.monotonic()
        written = wait(self.sluice, start(self.sluice, "orders"))["rows"]["written"]
        if written != ROWS:
            raise RuntimeError(f"{written} rows of {ROWS}")
        return ROWS / (time.monotonic() - begin)

    def dump(self):
        """By COPY, as pg_dump does without being told otherwise, data only: both tables are there."""
        self.sluice.psql("TRUNCATE public.orders; CHECKPOINT")
        begin = time.monotonic()
        with subprocess.Popen(
                ["pg_dump", *self.place, "-t", "public.orders", "--data-only", "postgres"], stdout=subprocess.PIPE,
                env=self.environment) as dump:
            subprocess.run(
                self.sluice.command("psql", "-Xq", "-v", "ON_ERROR_STOP=1"), stdin=dump.stdout, check=True,
                stdout=subprocess.DEVNULL)
        if dump.returncode:
            raise RuntimeError("pg_dump failed")
        seconds = time.monotonic() - begin
        if int(self.sluice.psql("SELECT count(*) FROM public.orders")) != ROWS:
            raise RuntimeError("rows are missing")
        return ROWS / seconds


if __name__ == "__main__":
    with other_server() as port, benchmark("table_copy", "--allow-loopback-sources") as (sluice, results):
        copy = TableCopy(sluice, port)
        results.compare(f"full copy of a table, {ROWS:,} rows x {len(COLUMNS)} columns", "rows/s", copy.pipeline,
                        copy.dump, 1.0)
