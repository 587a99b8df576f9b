"""Statements and clients that would take everything: each is bounded, and the server answers others meanwhile."""

import concurrent.futures
import contextlib
import json
import os
import pathlib
import resource
import socket
import threading
import time

import pytest

import pipelines
import sluice
from test_protocol import exchange, read_answer

GREEDY = {
    "endless-series": "SELECT count(*) FROM generate_series(1, 10000000000)",
    "endless-recursion": "WITH RECURSIVE r(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM r) SELECT max(n) FROM r",
    "cross-join": "SELECT count(*) FROM generate_series(1, 1000000) a, generate_series(1, 1000000) b",
    "sort-on-disk": "SELECT a FROM generate_series(1, 1000000000) a ORDER BY md5(a::text) DESC",
    "catastrophic-regex": (
        r"SELECT count(*) FROM generate_series(1, 1000000) g WHERE repeat('a', 3000) ~ ('(.*)(.*)(.*)\1\2\3x' || g)"
    ),
    "long-numeric": "SELECT length((10::numeric ^ 100000 / 7 ^ 50000)::text) FROM generate_series(1, 1000000)",
    "no-timeout": "SELECT set_config('statement_timeout', '0', false), count(*) FROM generate_series(1, 10000000000)",
}
BUDGET_SECONDS = 1
MOST_CONNECTIONS = 10_000


@pytest.fixture(scope="module")
def reader(server, admin):
    admin.put_new("/principals/reader", {"kind": "user"})
    return server.client("reader")


@pytest.mark.parametrize("name", GREEDY)
def test_a_greedy_statement_ends_within_its_budget(server, reader, name):
    started = time.monotonic()
    answer = reader.query(GREEDY[name], expect=None, timeoutSeconds=BUDGET_SECONDS)
    assert answer.status_code in (403, 422), answer.text
    assert answer.json()["code"] in ("budget_exceeded", "invalid_sql", "forbidden"), answer.text
    # One second of budget, one until its backend is ended, and room for a busy machine.
    assert time.monotonic() - started < BUDGET_SECONDS + 6


def test_others_are_answered_while_one_principal_takes_all_it_can(server, admin, reader):
    """More statements at once than a principal has backends; the administrator and the health check do not notice."""
    with concurrent.futures.ThreadPoolExecutor(40) as pool:
        running = [pool.submit(reader.query, GREEDY["endless-series"], None, timeoutSeconds=3) for _ in range(40)]
        slowest = 0
        while not all(future.done() for future in running):
            started = time.monotonic()
            assert server.anonymous().get("//healthz").text == "ok\n"
            assert admin.query("SELECT 1").json()["rows"] == [[1]]
            slowest = max(slowest, time.monotonic() - started)
        assert {future.result().status_code for future in running} <= {422, 429}
    assert slowest < 5, slowest


def test_a_result_much_larger_than_memory_streams_to_a_slow_reader(server, admin):
    """A gigabyte that nobody reads: the statement waits for the client, and the server's memory does not grow."""
    body = json.dumps({"sql": "SELECT g, repeat('x', 1000) FROM generate_series(1, 1000000) g", "maxRows": 0}).encode()
    with socket.create_connection(("127.0.0.1", server.port), 30) as connection:
        connection.sendall(
            f"POST /api/v1/query?format=ndjson HTTP/1.1\r\nHost: x\r\nAuthorization: "
            f"{admin.session.headers['Authorization']}\r\nContent-Type: application/json\r\n"
            f"Content-Length: {len(body)}\r\n\r\n".encode()
            + body
        )
        assert connection.recv(100).startswith(b"HTTP/1.1 200")
        before, read = memory(server), 0
        while read < 100 << 20:
            read += len(connection.recv(1 << 20))
        assert memory(server) < before + (40 << 20), (before, memory(server))
    # Gone in the middle of its answer: its statement ends, and the session serves the next one.
    sluice.wait_until(lambda: not is_reading(server, admin), 15, "the end of the statement of a client that is gone")


def memory(server):
    """Resident bytes of serve and of the process it keeps."""
    total = 0
    for task in pathlib.Path("/proc").glob("[0-9]*"):
        try:
            arguments = (task / "cmdline").read_bytes().split(b"\0")
            if str(server.data).encode() in arguments and b"serve" in arguments:
                total += int((task / "statm").read_text().split()[1]) * 4096
        except (FileNotFoundError, ProcessLookupError):
            continue
    return total


def is_reading(server, admin):
    text = server.psql(
        "sluice",
        "SELECT count(*) FROM pg_stat_activity WHERE state = 'active' AND query LIKE '%repeat(''x''%'"
        " AND pid <> pg_backend_pid();",
        "-At",
    )
    assert text.returncode == 0, text.stderr
    return text.stdout.strip() != "0"


FRAMING = {
    "chunk-size-no-number": b"Transfer-Encoding: chunked\r\n\r\nzz\r\n",
    "chunk-size-too-big": b"Transfer-Encoding: chunked\r\n\r\nffffffffffffffff1\r\n",
    "chunk-size-negative": b"Transfer-Encoding: chunked\r\n\r\n-1\r\n",
    "chunk-without-end": b"Transfer-Encoding: chunked\r\n\r\n2\r\n{}xx",
    "length-negative": b"Content-Length: -1\r\n\r\n",
    "length-no-number": b"Content-Length: 0x10\r\n\r\n",
    "length-twice": b"Content-Length: 2\r\nContent-Length: 3\r\n\r\n{}",
    "length-and-chunked": b"Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "nul-in-a-field": b"X-A: a\0b\r\nContent-Length: 2\r\n\r\n{}",
    "space-before-colon": b"X-A : b\r\nContent-Length: 2\r\n\r\n{}",
    "folded-field": b"X-A: a\r\n b\r\nContent-Length: 2\r\n\r\n{}",
    "second-host": b"Host: other\r\nContent-Length: 2\r\n\r\n{}",
}


@pytest.mark.parametrize("name", FRAMING)
def test_bad_framing_is_refused_and_the_connection_closed(server, admin, name):
    """Where the next request begins is unknown: what follows on the connection must not be read as one."""
    start = (
        f"POST /api/v1/query HTTP/1.1\r\nHost: x\r\nAuthorization: {admin.session.headers['Authorization']}\r\n"
        "Content-Type: application/json\r\n"
    ).encode()
    with socket.create_connection(("127.0.0.1", server.port), 20) as connection:
        connection.sendall(start + FRAMING[name] + b"\r\n\r\nGET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")
        answer = read_answer(connection)
        assert (answer.status_code, answer.json()["code"]) == (400, "malformed_request"), answer.content
        rest = b""
        try:
            while more := connection.recv(65536):
                rest += more
        except ConnectionResetError:
            pass
        assert b"200 OK" not in rest


def test_a_hundred_thousand_bytes_of_header_are_not_read_to_the_end(server):
    answer = exchange(server, b"GET /healthz HTTP/1.1\r\nHost: x\r\nX-Long: " + b"x" * 100_000 + b"\r\n\r\n")
    assert (answer.status_code, answer.json()["code"]) == (431, "header_too_large")


def test_idle_connections_keep_nobody_out(server, admin):
    idle = []
    try:
        for _ in range(900):
            idle.append(socket.create_connection(("127.0.0.1", server.port), 20))
        assert server.anonymous().get("//healthz").text == "ok\n"
        assert admin.query("SELECT 1").json()["rows"] == [[1]]
    finally:
        for connection in idle:
            connection.close()


def test_the_threads_of_the_server_are_few(server, admin):
    """Loops and a small pool, however many statements and connections there are."""
    done = threading.Event()

    def busy():
        while not done.is_set():
            admin_like.query("SELECT count(*) FROM generate_series(1, 300000)", expect=(200, 429))

    admin_like = type(admin)(server.base, admin.session.headers["Authorization"].split()[1])
    workers = [threading.Thread(target=busy) for _ in range(16)]
    for worker in workers:
        worker.start()
    most, deadline = 0, time.monotonic() + 2
    while time.monotonic() < deadline:
        most = max(most, threads(server))
        server.anonymous().get("//healthz")
    done.set()
    for worker in workers:
        worker.join()
    assert 0 < most <= len(os.sched_getaffinity(0)) + 8


def threads(server):
    """Of the process that answers, which the keeper has started. Its descriptors are for root alone to see."""
    answering, = pipelines.children(server.process.pid, "serve")
    return len(list(pathlib.Path(f"/proc/{answering}/task").iterdir()))


def idle_connection(server):
    """A connection that has had one answer, which is its status: the server ends it after 75 s of silence."""
    connection = socket.create_connection(("127.0.0.1", server.port), 30)
    with contextlib.suppress(ConnectionError):  # it may be refused before it has asked
        connection.sendall(b"GET /healthz HTTP/1.1\r\nHost: sluice\r\n\r\n")
    return connection, read_answer(connection)


def test_ten_thousand_idle_connections_hold_up_nobody(own_server):
    """As many as the server takes (docs/limits.md), or as many as this process may open; one more is told so."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    # Both sides keep some descriptors for other things.
    room = min(hard if hard != resource.RLIM_INFINITY else 1 << 20, 1 << 20) - 200
    idle = []
    refusal = None
    try:
        admin = own_server.admin  # keeps its connection
        assert admin.query("SELECT 1").json()["rows"] == [[1]]
        before = memory(own_server)
        # Twice as many: on a slow machine the first ones are ended for their silence meanwhile.
        while refusal is None and len(idle) < min(room, 2 * MOST_CONNECTIONS):
            connection, answer = idle_connection(own_server)
            idle.append(connection)
            if answer.status_code != 200:
                refusal = answer
        started = time.monotonic()
        assert admin.query("SELECT 1").json()["rows"] == [[1]]
        assert time.monotonic() - started < 5
        assert memory(own_server) < before + (90 << 20), (before, memory(own_server))
        if room > MOST_CONNECTIONS:
            # The connection of `admin` is one of those that the server has.
            assert len(idle) >= MOST_CONNECTIONS
            assert refusal.status_code == 503 and refusal.json()["code"] == "too_many_connections"
    finally:
        for connection in idle:
            connection.close()
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    sluice.wait_until(
        lambda: own_server.anonymous().request("GET", "//healthz").status_code == 200, 20, "room for another")
