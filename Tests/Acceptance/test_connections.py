"""Testing and browsing connections: what works, what there is to load, and that only a job process ever looks."""

import gzip
import json
import os
import pathlib
import time
import urllib.parse

import pytest

import contract
import pipelines
import sluice
from cluster import Cluster
from contract import OPERATIONS

PASSWORD = "Zwetschgenknödel-7"
FILES = 250


@pytest.fixture(scope="module")
def server():
    server = sluice.Server("--allow-loopback-sources")
    try:
        fill(server.files)
        server.start()
        pipelines.declare_files(server)
        yield server
    finally:
        server.clean()


@pytest.fixture(scope="module")
def cluster():
    cluster = Cluster()
    try:
        made = cluster.psql(f"""
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
        """)
        assert made.returncode == 0, made.stderr
        yield cluster
    finally:
        cluster.clean()


@pytest.fixture(scope="module")
def shop(server, cluster):
    """The connection to the second Postgres."""
    return connect(server, "shop", cluster.port)


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


# Testing --------------------------------------------------------------------------------------------------------------


def test_a_connection_that_works_says_what_was_looked_at(server, shop):
    report = report_of(server, shop)
    assert report["ok"], report
    assert [check["name"] for check in report["checks"]] == [
        "address", "connect", "login", "database", "identity", "tables"]
    assert "49 tables" in report["checks"][-1]["detail"]
    report = report_of(server, "shop.files")
    assert report["ok"] and [check["name"] for check in report["checks"]] == ["folder", "entries"]


def closed_port():
    import socket
    with socket.create_server(("127.0.0.1", 0)) as free:
        return free.getsockname()[1]


@pytest.mark.parametrize("what, check, code", [
    ({"password": "falsch"}, "login", "source_forbidden"), ({"user": "no_such"}, "login", "source_forbidden"),
    ({"database": "no_such"}, "database", "source_unreadable"), ({"port": 0}, "connect", "source_unavailable"),
    ({"host": "no-such-host.invalid"}, "address", "source_unavailable"),
    ({"host": "169.254.169.254"}, "address", "source_refused"), ({"host": "::ffff:169.254.169.254"}, "address", "source_refused"),
    ({"host": "0.0.0.0"}, "address", "source_refused"), ({"user": "nobody"}, "tables", "source_forbidden"),
], ids=str)
def test_what_does_not_work_has_a_check_a_code_and_a_hint(server, cluster, what, check, code):
    where = {"port": cluster.port} | what
    where["port"] = where["port"] or closed_port()
    report = report_of(server, connect(server, "broken", **where))
    assert not report["ok"] and report["checks"][-1]["name"] == check, report
    assert report["error"]["code"] == code and report["error"]["hint"], report
    assert "falsch" not in json.dumps(report)


@pytest.mark.parametrize("path, code", [
    ("nowhere", "source_unreadable"), ("/etc", "source_refused"), ("etc", "source_refused"), ("/proc/self", "source_refused"),
    ("data", "source_refused"), ("/no/such/folder", "source_refused"), ("orders.csv", "source_unreadable"),
])
def test_a_folder_that_is_missing_or_outside_of_the_roots_is_told(server, path, code):
    server.admin.put("/connections/shop.folder", {"kind": "file", "config": {"path": path}})
    report = report_of(server, "shop.folder")
    assert [check["name"] for check in report["checks"]] == ["folder"], report
    assert report["error"]["code"] == code and report["error"]["detail"], report
    assert browse(server, "shop.folder", expect=422)["code"] == code if path != "orders.csv" else True


def test_a_host_that_says_nothing_is_given_up(server):
    import socket
    with socket.create_server(("127.0.0.1", 0)) as silent:
        start = time.monotonic()
        report = report_of(server, connect(server, "silent", silent.getsockname()[1]))
    assert report["error"]["code"] == "source_unavailable" and report["checks"][-1]["name"] == "connect"
    assert time.monotonic() - start < 18


def test_the_own_cluster_is_refused_by_its_address_and_by_its_identity():
    """Loopback is refused unless allowed; where it is allowed, the server's own identity decides."""
    cluster = Cluster()
    servers = []
    try:
        made = cluster.psql("CREATE ROLE platform LOGIN SUPERUSER PASSWORD 'Kaiserschmarrn'")
        assert made.returncode == 0, made.stderr
        for options in (["--allow-loopback-sources"], []):
            server = sluice.Server(*options)
            servers.append(server)
            server.data = servers[0].data  # the administrator is in the cluster, and the token in the data folder
            server.start(SLUICE_DATABASE_URL=cluster.url("platform", "Kaiserschmarrn"))
            server.admin.put("/domains/shop", {})
            for host in ("127.0.0.1", "localhost"):
                connect(server, "own", cluster.port, "platform", "Kaiserschmarrn", host=host, database="warehouse")
                report = server.admin.post("/connections/shop.own/test", expect=200).json()
                assert report["error"]["code"] == "source_refused", report
                assert report["checks"][-1]["name"] in ("address", "identity")
                problem = browse(server, "shop.own", expect=422)
                assert problem["code"] == "source_refused" and "Kaiserschmarrn" not in str(problem) + str(report)
            server.stop()
    finally:
        for server in servers:
            server.clean()
        cluster.clean()


def test_the_socket_of_the_embedded_cluster_is_no_host(server):
    for host in (str(server.data / "run"), "@x", "a,127.0.0.1"):
        server.admin.put("/connections/shop.socket", {
            "kind": "postgres", "config": {"host": host, "database": "warehouse", "user": "sluice"}}, expect=422)


# Browsing -------------------------------------------------------------------------------------------------------------


def test_a_folder_shows_what_can_be_loaded_and_no_way_out(server):
    page = browse(server)
    assert page["nextCursor"] is None
    assert names(page) == ["big", "empty.csv", "events.dat", "good-link.csv", "orders.csv", "plain.dat", "years"]
    items = {item["name"]: item for item in page["items"]}
    assert items["big"]["kind"] == "folder" and items["big"]["readable"]
    orders = items["orders.csv"]
    assert orders["size"] == (server.files / "orders.csv").stat().st_size
    assert (orders["format"], orders["compression"], orders["columns"]) == ("csv", "none", None)
    assert orders["from"] == {
        "connection": "files", "path": "orders.csv", "format": "csv", "compression": "none", "header": True, "delimiter": ","}
    assert items["plain.dat"]["format"] is None and items["plain.dat"]["from"] is None
    page = browse(server, path="years/2026")
    assert [item["path"] for item in page["items"]] == ["years/2026/a.ndjson.gz"]
    assert (page["items"][0]["format"], page["items"][0]["compression"]) == ("ndjson", "gzip")
    assert browse(server, path="years/2026/a.ndjson.gz") == page


@pytest.mark.parametrize("path", ["etc", "data", "passwd.csv", "dangling.csv", "pipe.csv", "etc/passwd", "data/admin-token"])
def test_what_lies_outside_is_not_there(server, path):
    for parameters in ({}, {"inspect": "true", "format": "csv"}):
        problem = browse(server, expect=422, path=path, **parameters)
        assert problem["code"] == "source_refused" and problem["hint"], problem
        assert (server.data / "admin-token").read_text().strip() not in str(problem) and "root:" not in str(problem)


@pytest.mark.parametrize("parameters, code", [
    ({"path": ".."}, "invalid_parameter"), ({"path": "big/../.."}, "invalid_parameter"), ({"path": "/etc"}, "invalid_parameter"),
    ({"path": "big/"}, "invalid_parameter"), ({"limit": 0}, "invalid_parameter"), ({"inspect": "maybe"}, "invalid_parameter"),
    ({"inspect": "true"}, "invalid_parameter"), ({"header": "true"}, "invalid_parameter"),
    ({"inspect": "true", "path": "orders.csv", "delimiter": "ab"}, "invalid_parameter"),
    ({"inspect": "true", "path": "orders.csv", "header": "perhaps"}, "invalid_parameter"),
    ({"inspect": "true", "path": "orders.csv", "limit": 1}, "invalid_parameter"), ({"cursor": "x"}, "invalid_cursor"),
], ids=str)
def test_a_wrong_parameter_is_named(server, parameters, code):
    assert browse(server, expect=400, **parameters)["code"] == code


def test_a_big_folder_comes_in_pages_each_name_once(server):
    found, cursor, pages = [], {}, 0
    while cursor is not None:
        page = browse(server, path="big", limit=100, **cursor)
        found += names(page)
        pages += 1
        cursor = {"cursor": page["nextCursor"]} if page["nextCursor"] else None
    assert found == [f"f{number:04}.csv" for number in range(FILES)] and pages == 3
    first = browse(server, path="big", limit=100)["nextCursor"]
    assert browse(server, expect=400, path="years", cursor=first)["code"] == "invalid_cursor"


def test_a_database_shows_what_its_user_may_select(server, shop):
    page = browse(server, shop, path="public")
    items = {item["name"]: item for item in page["items"]}
    assert {name: item["kind"] for name, item in items.items()} == {
        "public.daily": "materialized_view", "public.orders": "table", "public.parts": "partitioned_table",
        "public.totals": "view"}
    orders = items["public.orders"]
    assert orders["estimatedRows"] == 500 and orders["primaryKey"] == ["order_no", "region"]
    assert orders["columns"] == [
        {"name": "day", "type": "date"}, {"name": "order_no", "type": "bigint"}, {"name": "region", "type": "text"},
        {"name": "price", "type": "numeric(12,2)"}, {"name": "at", "type": "timestamp with time zone"},
        {"name": "tags", "type": "text[]"}, {"name": "shape", "type": "text"}]
    assert orders["from"] == {"connection": "shop", "table": "public.orders"}
    assert browse(server, shop, path="public.orders")["items"] == [orders]
    assert browse(server, shop, path="public.orders", inspect="true")["items"] == [orders]


def test_tables_come_in_pages(server, shop):
    found, cursor = [], {}
    while cursor is not None:
        page = browse(server, shop, limit=20, **cursor)
        found += names(page)
        cursor = {"cursor": page["nextCursor"]} if page["nextCursor"] else None
    assert found == sorted(found) and len(found) == len(set(found)) == 49
    assert not [name for name in found if name.startswith("hidden.") or "secret" in name or name == "public.parts_1"]


@pytest.mark.parametrize("path, code", [
    ("public.secret_things", "source_forbidden"), ("hidden.t", "source_forbidden"), ("public.no_such", "source_unreadable"),
    ("no_such", "source_unreadable"), ("pg_catalog.pg_authid", "source_forbidden"),
])
def test_a_table_without_rights_is_told_from_one_that_is_not_there(server, shop, path, code):
    assert browse(server, shop, expect=422, path=path)["code"] == code


# Inspecting -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path, said", [
    ("orders.csv", {}), ("plain.dat", {"format": "csv", "header": "false", "delimiter": ";", "nullText": "\\N"}),
    ("events.dat", {}), ("years/2026/a.ndjson.gz", {}),
])
def test_a_pipeline_makes_what_the_inspection_found(server, path, said):
    [item] = browse(server, path=path, inspect="true", **said)["items"]
    name = "made_" + path.split("/")[-1].split(".")[0]
    for columns in (None, item["columns"]):
        address = f"shop.{name}" + ("_declared" if columns else "")
        step = {"from": item["from"], "to": {"dataset": address, "mode": "append"}}
        if columns:
            step["columns"] = columns
        server.admin.put(f"/pipelines/{address}", {"steps": [{"name": "load", "ingest": step}]})
        ended = pipelines.load(server, address)
        assert ended["state"] == "succeeded" and ended["rows"]["quarantined"] == 0, ended
        made = server.admin.get(f"/datasets/{address}").json()["columns"]
        assert [{"name": column["name"], "type": column["type"]} for column in made] == item["columns"]


def test_a_table_becomes_what_browsing_it_said(server, shop):
    [item] = browse(server, shop, path="public.orders")["items"]
    server.admin.put("/pipelines/shop.orders_copy", {"steps": [{"name": "load", "ingest": {
        "from": item["from"], "columns": item["columns"],
        "to": {"dataset": "shop.orders_copy", "mode": "upsert", "key": item["primaryKey"]}}}]})
    ended = pipelines.load(server, "shop.orders_copy")
    assert ended["state"] == "succeeded" and ended["rows"]["written"] == 500, ended
    made = server.admin.get("/datasets/shop.orders_copy").json()
    assert [{"name": column["name"], "type": column["type"]} for column in made["columns"]] == item["columns"]
    assert made["primaryKey"] == item["primaryKey"]


@pytest.mark.parametrize("path, said, status, code", [
    ("big", {"format": "csv"}, 422, "source_refused"), ("empty.csv", {}, 422, "columns_differ"),
    ("orders.csv", {"compression": "gzip"}, 422, "malformed_source"), ("missing.csv", {}, 422, "source_unreadable"),
    ("events.dat", {"header": "true"}, 422, "invalid"),
])
def test_what_cannot_be_inspected_says_why(server, path, said, status, code):
    problem = browse(server, expect=status, path=path, inspect="true", **said)
    assert problem["code"] == code and problem["detail"], problem


# Who, where and how often ---------------------------------------------------------------------------------------------


def test_those_without_write_do_not_know_that_it_exists(server, shop):
    admin = server.admin
    for name in ("writer", "selector", "elsewhere"):
        admin.put_new(f"/principals/{name}", {"kind": "user"})
    admin.put("/domains/other", {"owner": "elsewhere"})
    admin.post("/grants", {"to": "user:writer", "privilege": "write", "on": "domain:shop"})
    admin.post("/grants", {"to": "user:selector", "privilege": "select", "on": "domain:shop"})
    assert report_of(server, shop, server.client("writer"))["ok"]
    assert names(browse(server, client=server.client("writer")))
    for name in ("selector", "elsewhere"):
        client = server.client(name)
        for connection in ("shop.files", "shop.shop", "shop.no_such"):
            test = client.post(f"/connections/{connection}/test", expect=404)
            contract.check(OPERATIONS["testConnection"], test)
            assert test.json()["code"] == browse(server, connection, 404, client)["code"] == "not_found"


def children(server):
    return [pid for pid in pipelines.children(pipelines.launcher(server), "job") if sluice.is_running(pid)]


@pytest.mark.skipif(os.geteuid() != 0, reason="OS users of their own need root")
def test_a_job_process_looks_and_nobody_else(server):
    """Seen from the other end: who has the socket is `sluice job`, as `sluice-job`."""
    import pwd
    import socket
    import threading
    with socket.create_server(("127.0.0.1", 0)) as listener:
        connect(server, "watched", listener.getsockname()[1])
        asked = threading.Thread(target=report_of, args=(server, "shop.watched"))
        asked.start()
        accepted, (_, port) = listener.accept()
        lines = [line.split() for line in pathlib.Path("/proc/net/tcp").read_text().splitlines()[1:]]
        [user] = [int(line[7]) for line in lines
                  if line[1].endswith(f":{port:04X}") and line[2].endswith(f":{listener.getsockname()[1]:04X}")]
        assert user == pwd.getpwnam("sluice-job").pw_uid
        [job] = children(server)
        environment = pathlib.Path(f"/proc/{job}/environ").read_bytes() + pathlib.Path(f"/proc/{job}/cmdline").read_bytes()
        assert PASSWORD.encode() not in environment and b"admin-token" not in environment
        sockets = [os.readlink(entry) for entry in pathlib.Path(f"/proc/{job}/fd").iterdir()]
        assert len([name for name in sockets if name.startswith("socket:")]) == 2  # the conversation and the source
        accepted.close()
        asked.join(30)
    pipelines.wait_for_end(job)


def test_a_principal_asks_a_few_at_a_time_and_jobs_do_not_wait_for_loads(server):
    """Slots of their own; and who asks too many at once is told so."""
    import concurrent.futures
    import socket
    (server.files / "big.csv").write_bytes(b"id\n" + b"".join(b"%d\n" % number for number in range(400_000)))
    runs = []
    for number in range(2):
        pipelines.declare(server, f"shop.slow{number}", "big.csv", f"shop.slow{number}")
        runs.append(pipelines.start(server, f"shop.slow{number}"))
    assert names(browse(server, path="years")) == ["2026"]
    with socket.create_server(("127.0.0.1", 0)) as silent:
        for number in range(6):
            connect(server, f"silent{number}", silent.getsockname()[1])
        server.admin.put_new("/principals/asker", {"kind": "user"})
        server.admin.post("/grants", {"to": "user:asker", "privilege": "write", "on": "domain:shop"})
        token = server.client("asker").session.headers["Authorization"].split()[1]

        def ask(number):
            return sluice.Client(server.base, token).request("POST", f"/connections/shop.silent{number}/test")

        with concurrent.futures.ThreadPoolExecutor(6) as pool:
            answers = list(pool.map(ask, range(6)))
    for answer in answers:
        contract.check(OPERATIONS["testConnection"], answer)
    statuses = sorted(answer.status_code for answer in answers)
    assert statuses.count(429) == 2 and set(statuses) <= {200, 429, 503, 504}, statuses
    assert all(answer.headers["Retry-After"] for answer in answers if answer.status_code == 429)
    for run in runs:
        assert pipelines.finish(server, run)["state"] == "succeeded"


def test_no_answer_stays_in_the_database(server, shop):
    browse(server, shop, path="public")
    kept = server.psql("sluice", "SELECT count(*) FROM sluice.probe WHERE answer IS NOT NULL OR question::text <> '{}';",
                       "-At", "-d", "control")
    sluice.wait_until(
        lambda: server.psql("sluice", "SELECT count(*) FROM sluice.probe WHERE answer IS NOT NULL OR "
                            "question::text <> '{}';", "-At", "-d", "control").stdout.strip() == "0", 5, "the end")
    assert kept.returncode == 0, kept.stderr


def test_without_a_worker_it_is_said_that_there_is_none(own_server_without_worker):
    server = own_server_without_worker
    for answer, operation in (
            (server.admin.post("/connections/shop.files/test", expect=503), "testConnection"),
            (server.admin.get("/connections/shop.files/browse", expect=503), "browseConnection")):
        contract.check(OPERATIONS[operation], answer)
        problem = answer.json()
        assert problem["code"] == "no_worker" and "worker" in problem["hint"], problem
    with server.another_worker():
        assert report_of(server, "shop.files")["ok"]
        assert names(browse(server)) == []


@pytest.fixture
def own_server_without_worker():
    server = sluice.Server("--worker-slots", "0")
    try:
        server.start()
        pipelines.declare_files(server)
        yield server
    finally:
        server.clean()
