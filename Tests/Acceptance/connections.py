"""Sources to ask about: a file root, a second Postgres, the connections to both, and the questions themselves.

Tests import the fixtures by name: pytest finds them in the importing file, in place of those of conftest.py.
"""

import gzip
import os
import urllib.parse

import pytest

import contract
import pipelines
import sluice
from contract import OPERATIONS

PASSWORD = "Zwetschgenknödel-7"
FILES = 250


TABLES = f"""
    CREATE ROLE reader LOGIN PASSWORD '{PASSWORD}';
    CREATE ROLE nobody LOGIN PASSWORD '{PASSWORD}';
    CREATE DATABASE shop;
    \\c shop
    CREATE TABLE public.orders (day date, "Order No." bigint, region text NOT NULL, price numeric(12,2), at timestamptz,
        tags text[], shape point, PRIMARY KEY ("Order No.", region));
    INSERT INTO public.orders SELECT '2026-11-21', g, 'EU', g / 4.0, now(), ARRAY['a'], point(1, 2)
        FROM generate_series(1, 500) AS g;
    ANALYZE public.orders;
    CREATE TABLE public.secret_things (id int);
    CREATE VIEW public.totals AS SELECT region, sum(price) AS total FROM public.orders GROUP BY region;
    CREATE MATERIALIZED VIEW public.daily AS SELECT day FROM public.orders;
    CREATE TABLE public.parts (id int) PARTITION BY RANGE (id);
    CREATE TABLE public.parts_1 PARTITION OF public.parts FOR VALUES FROM (0) TO (10);
    CREATE SCHEMA hidden;
    CREATE TABLE hidden.t (id int);
    CREATE SCHEMA many;
    DO $$ BEGIN FOR n IN 1..45 LOOP EXECUTE format('CREATE TABLE many.t%s (id int)', n); END LOOP; END $$;
    GRANT SELECT ON ALL TABLES IN SCHEMA public, many, hidden TO reader;
    REVOKE SELECT ON public.secret_things FROM reader;
    GRANT USAGE ON SCHEMA many TO reader;
"""


def fill(folder):
    """The server's file root."""
    for name in ("big", "years", "years/2026"):
        (folder / name).mkdir()
    for number in range(FILES):
        (folder / f"big/f{number:04}.csv").write_text("a\n1\n")
    (folder / "orders.csv").write_text(
        "Order No.,Region,Price,At,Code\n1,EU,1.50,2026-11-21T02:00:00Z,007\n2,US,2,2026-11-22T02:00:00Z,008\n")
    (folder / "plain.dat").write_text("1;Graz;\\N\n2;Linz;3.5\n")
    (folder / "events.dat").write_bytes(gzip.compress(b'{"id": 1, "kind": "a", "at": "2026-11-21"}\n' * 3))
    (folder / "years/2026/a.ndjson.gz").write_bytes(gzip.compress(b'{"x": {"y": 1}, "n": 2}\n'))
    (folder / "empty.csv").write_text("")
    (folder / "good-link.csv").symlink_to("orders.csv")
    (folder / "passwd.csv").symlink_to("/etc/passwd")
    (folder / "etc").symlink_to("/etc")
    (folder / "data").symlink_to("../data")
    (folder / "dangling.csv").symlink_to("/nowhere/at/all.csv")
    os.mkfifo(folder / "pipe.csv")
    with open(os.fsencode(folder) + b"/\xff.csv", "w") as file:
        file.write("a\n")


def connect(server, name, port, user="reader", password=PASSWORD, host="127.0.0.1", database="shop"):
    server.admin.put(f"/connections/shop.{name}", {
        "kind": "postgres", "secret": {"password": password},
        "config": {"host": host, "port": port, "database": database, "user": user}})
    return f"shop.{name}"


def report_of(server, connection, client=None):
    answer = (client or server.admin).post(f"/connections/{connection}/test", expect=200)
    contract.check(OPERATIONS["testConnection"], answer)
    report = answer.json()
    assert PASSWORD not in answer.text and PASSWORD not in server.log()
    assert report["ok"] == (report["error"] is None) == all(check["ok"] for check in report["checks"])
    assert all(check["ok"] for check in report["checks"][:-1])
    return report


def browse(server, connection="shop.files", expect=200, client=None, **parameters):
    query = urllib.parse.urlencode(parameters)
    answer = (client or server.admin).get(f"/connections/{connection}/browse?{query}", expect=expect)
    contract.check(OPERATIONS["browseConnection"], answer)
    assert PASSWORD not in answer.text
    return answer.json()


def names(page):
    return [item["name"] for item in page["items"]]


@pytest.fixture(scope="module")
def server():
    """Its file root has folders, files of every form, and ways out that nobody may take."""
    with sluice.Server.running("--allow-loopback-sources", prepare=lambda server: fill(server.files)) as server:
        pipelines.declare_files(server)
        yield server


@pytest.fixture(scope="module")
def source(cluster):
    """The second Postgres with the tables."""
    made = cluster.psql(TABLES)
    assert made.returncode == 0, made.stderr
    return cluster


@pytest.fixture(scope="module")
def shop(server, source):
    """The connection to the second Postgres."""
    return connect(server, "shop", source.port)
