"""What the protocol answers alike for every operation of the document: one bad request of each kind to each of them."""

import json
import selectors
import socket
import time

import pytest
import requests

import contract
from contract import OPERATIONS
from sluice import wait_until

IDS = sorted(OPERATIONS)
HEAD_SECONDS = 10  # docs/limits.md


def target(operation):
    return operation.path.format(name="shop.orders" if "datasets" in operation.path else "name", column="id")


def exchange(server, request, seconds=20):
    """Sends bytes and reads one answer: for requests that no client library makes."""
    with socket.create_connection(("127.0.0.1", server.port), seconds) as connection:
        connection.sendall(request)
        return read_answer(connection)


def read_answer(connection):
    file = connection.makefile("rb")
    line = file.readline()
    assert line.startswith(b"HTTP/1.1 "), line
    headers = requests.structures.CaseInsensitiveDict()
    while (field := file.readline()) not in (b"\r\n", b""):
        name, _, value = field.decode("latin-1").partition(":")
        headers[name] = value.strip()
    answer = requests.Response()
    answer.status_code = int(line.split()[1])
    answer.headers = headers
    answer._content = file.read(int(headers.get("Content-Length", 0)))
    return answer


def head(operation, server, *fields, version="HTTP/1.1", suffix="", token=None):
    authorization = [f"Authorization: Bearer {token}"] if token else []
    return "\r\n".join(
        [
            f"{operation.method} {target(operation)}{suffix} {version}",
            f"Host: 127.0.0.1:{server.port}",
            *authorization,
            *fields,
            "",
            "",
        ]
    ).encode()


PROBES = {
    "bad-field": (400, "malformed_request", ["no colon here"], {}),
    "two-lengths": (400, "malformed_request", ["Content-Length: 1", "Transfer-Encoding: chunked"], {}),
    "long-target": (414, "target_too_long", [], {"suffix": "?" + "x" * 9000}),
    "long-header": (431, "header_too_large", ["X-Long: " + "x" * 40_000], {}),
    "many-headers": (431, "header_too_large", [f"X-{number}: 1" for number in range(200)], {}),
    "expectation": (417, "expectation_failed", ["Expect: miracles"], {}),
    "coding": (501, "transfer_coding_unsupported", ["Transfer-Encoding: gzip, chunked"], {}),
    "version": (505, "version_unsupported", [], {"version": "HTTP/3.0"}),
    "huge-body": (413, "body_too_large", ["Content-Length: 99999999999999999"], {}),
}


@pytest.fixture(scope="module")
def token(admin):
    return admin.session.headers["Authorization"].split()[1]


@pytest.mark.parametrize("probe", PROBES)
def test_every_operation_refuses(server, token, probe):
    status, code, fields, arguments = PROBES[probe]
    for name in IDS:
        operation = OPERATIONS[name]
        answer = exchange(server, head(operation, server, *fields, token=token, **arguments))
        assert (answer.status_code, answer.json()["code"]) == (status, code), (name, answer.content)
        contract.check(operation, answer)
    assert server.anonymous().get("//healthz").text == "ok\n"


def test_every_operation_refuses_parameters_it_does_not_know(server, admin):
    for name in IDS:
        operation = OPERATIONS[name]
        if operation.is_open or operation.id in ("getMetrics", "readRows"):
            continue  # probes of all kinds ask for health; a parameter of readRows is a filter (test_bad_input.py)
        answer = admin.request(operation.method, "/" + target(operation) + "?no_such_parameter=1", json={})
        assert (answer.status_code, answer.json()["code"]) == (400, "invalid_parameter"), (name, answer.text)
        contract.check(operation, answer)


@pytest.mark.parametrize("authorization", [None, "Bearer", "Bearer x", "Basic YTpi", "Bearer slt_" + "A" * 43])
def test_every_operation_but_the_open_ones_needs_a_token(server, authorization):
    client = server.anonymous()
    for name in IDS:
        operation = OPERATIONS[name]
        if operation.is_open or operation.id == "getMetrics":
            continue
        headers = {"Authorization": authorization} if authorization else {}
        answer = client.request(operation.method, "/" + target(operation), headers=headers, json={})
        assert (answer.status_code, answer.json()["code"]) == (401, "unauthenticated"), (name, answer.text)
        contract.check(operation, answer)


def test_a_head_that_does_not_end_is_answered_408(server):
    """All operations at once: each waits the same ten seconds."""
    with selectors.DefaultSelector() as selector:
        for name in IDS:
            connection = socket.create_connection(("127.0.0.1", server.port), 30)
            connection.sendall(head(OPERATIONS[name], server)[:-2])
            selector.register(connection, selectors.EVENT_READ, OPERATIONS[name])
        deadline = time.monotonic() + HEAD_SECONDS + 5
        while selector.get_map():
            assert time.monotonic() < deadline, "no answer in time"
            for key, _ in selector.select(1):
                answer = read_answer(key.fileobj)
                selector.unregister(key.fileobj)
                key.fileobj.close()
                assert (answer.status_code, answer.json()["code"]) == (408, "request_timeout")
                contract.check(key.data, answer)


def methods_of_paths():
    paths = {}
    for operation in OPERATIONS.values():
        paths.setdefault(operation.path, set()).add(operation.method)
    return paths


@pytest.mark.parametrize("path", sorted(methods_of_paths()))
def test_a_path_has_exactly_the_methods_of_the_document(server, admin, path):
    """The router is asked from outside: OPTIONS lists, every other method is 405 with the same list."""
    methods = methods_of_paths()[path]
    expected = methods | {"OPTIONS"} | ({"HEAD"} if "GET" in methods else set())
    concrete = "/" + path.format(name="a.b", column="c")
    answer = admin.request("OPTIONS", concrete)
    assert answer.status_code == 204 and set(answer.headers["Allow"].split(", ")) == expected
    for method in {"GET", "PUT", "POST", "PATCH", "DELETE", "HEAD", "TRACE", "QUERY"} - expected:
        answer = admin.request(method, concrete)
        assert answer.status_code == 405 and set(answer.headers["Allow"].split(", ")) == expected, method
        if method != "HEAD":
            assert answer.json()["code"] == "method_not_allowed"


def test_a_method_nobody_knows_is_501(server):
    answer = exchange(server, b"BREW /api/v1/me HTTP/1.1\r\nHost: x\r\n\r\n")
    assert (answer.status_code, answer.json()["code"]) == (501, "method_unknown")


def test_a_path_nobody_knows_is_404(server, admin):
    for path in (
        "//",
        "//api",
        "//api/v2/me",
        "/no_such",
        "/datasets/a.b/no_such",
        "//healthz/x",
        "/me/",
        "/datasets//rows",
    ):
        answer = admin.get(path, expect=404)
        assert answer.json()["code"] == "not_found", path


@pytest.mark.parametrize(
    "given, is_echoed",
    [
        ("a", True),
        ("A-b_c.9" * 18, True),
        ("x" * 128, True),
        ("x" * 129, False),
        ("a b", False),
        ("a;b", False),
        ("", False),
    ],
)
def test_request_ids_of_the_form_are_echoed_and_others_replaced(server, given, is_echoed):
    for path in ("//healthz", "/me"):
        answer = server.anonymous().request("GET", path, headers={"X-Request-Id": given})
        assert (answer.headers["X-Request-Id"] == given) == is_echoed
        if answer.status_code != 200:
            assert answer.json()["requestId"] == answer.headers["X-Request-Id"]


def test_head_is_get_without_a_body(server, admin):
    for path in ("//healthz", "/me", "/principals/admin", "/principals"):
        get, answer = admin.get(path), admin.request("HEAD", path)
        assert answer.status_code == 200 and answer.content == b""
        for name in ("Content-Length", "Content-Type", "ETag"):
            assert answer.headers.get(name) == get.headers.get(name), (path, name)


def test_pipelined_requests_are_answered_in_order(server, token):
    paths = ["/healthz", "/api/v1/me", "/no_such", "/api/v1/principals/admin", "/healthz"]
    with socket.create_connection(("127.0.0.1", server.port), 20) as connection:
        connection.sendall(
            b"".join(
                f"GET {path} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {token}\r\nX-Request-Id: n{number}\r\n"
                f"{'Connection: close' if number == 4 else 'Accept: */*'}\r\n\r\n".encode()
                for number, path in enumerate(paths)
            )
        )
        stream = connection.makefile("rb").read()
    assert stream.count(b"HTTP/1.1 ") == 5
    places = [stream.index(b"X-Request-Id: n%d\r\n" % number) for number in range(5)]
    assert places == sorted(places)


def test_the_document_is_served_as_it_is(server):
    answer = server.anonymous().get("/openapi.yaml")
    assert answer.content == contract.PATH.read_bytes()
    assert answer.headers["Content-Type"].startswith("application/yaml")


def test_a_draining_server_answers_503_and_ends_well(own_server):
    """A statement under way ends as it would have; what comes later is refused."""
    admin = own_server.admin
    sql = {"sql": "SELECT count(*) FROM generate_series(1, 30000000)"}
    body = json.dumps(sql).encode()
    token = admin.session.headers["Authorization"]
    connections = [socket.create_connection(("127.0.0.1", own_server.port), 60) for _ in range(2)]
    request = (
        f"POST /api/v1/query HTTP/1.1\r\nHost: x\r\nAuthorization: {token}\r\nContent-Type: application/json\r\n"
        f"Content-Length: {len(body)}\r\n\r\n"
    ).encode() + body
    connections[0].sendall(request)
    late = b"GET /api/v1/me HTTP/1.1\r\nHost: x\r\n"
    connections[1].sendall(late)
    deadline = time.monotonic() + 20
    while "sluice_database_sessions" not in (metrics := own_server.anonymous().get("//metrics").text) or not is_busy(
        metrics
    ):
        assert time.monotonic() < deadline, "the statement does not run"
    own_server.process.terminate()
    wait_until(lambda: '"draining"' in own_server.log(), 20, "the drain")
    connections[1].sendall(f"Authorization: {token}\r\n\r\n".encode())
    refused = read_answer(connections[1])
    assert (refused.status_code, refused.json()["code"]) == (503, "draining") and "Retry-After" in refused.headers
    answered = read_answer(connections[0])
    assert answered.status_code == 200 and answered.json()["rows"] == [[30000000]]
    assert own_server.process.wait(60) == 0 and own_server.postmaster() is None


def is_busy(metrics):
    sessions = {
        line.split('"')[1]: int(line.split()[-1])
        for line in metrics.splitlines()
        if line.startswith("sluice_database_sessions{")
    }
    return sessions["open"] > sessions["idle"]
