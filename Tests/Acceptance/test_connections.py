"""Testing connections: what works and what does not, who may ask, and that only a job process ever looks."""

import concurrent.futures
import json
import os
import pathlib
import pwd
import socket
import threading
import time

import pytest

import contract
import pipelines
import sluice
from cluster import Cluster
from connections import PASSWORD, browse, connect, names, report_of
from connections import server, shop, source  # fixtures
from contract import OPERATIONS


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
    with socket.create_server(("127.0.0.1", 0)) as free:
        return free.getsockname()[1]


@pytest.mark.parametrize("what, check, code", [
    ({"password": "falsch"}, "login", "source_forbidden"), ({"user": "no_such"}, "login", "source_forbidden"),
    ({"database": "no_such"}, "database", "source_unreadable"), ({"port": 0}, "connect", "source_unavailable"),
    ({"host": "no-such-host.invalid"}, "address", "source_unavailable"),
    ({"host": "169.254.169.254"}, "address", "source_refused"), ({"host": "::ffff:169.254.169.254"}, "address", "source_refused"),
    ({"host": "0.0.0.0"}, "address", "source_refused"), ({"user": "nobody"}, "tables", "source_forbidden"),
], ids=str)
def test_what_does_not_work_has_a_check_a_code_and_a_hint(server, source, what, check, code):
    where = {"port": source.port} | what
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
    with sluice.Server.running("--worker-slots", "0") as server:
        pipelines.declare_files(server)
        yield server
