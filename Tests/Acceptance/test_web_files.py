"""Files of a web server through connections of kind `http`, from the built binary."""

import pytest

import pipelines
import sluice
from connections import browse, report_of
from web import BIG, ROWS, SMALL, TOKEN, Web


@pytest.fixture(scope="module")
def server():
    with sluice.Server.running("--allow-loopback-sources") as server:
        pipelines.declare_files(server)
        yield server
        assert TOKEN not in server.log()


@pytest.fixture
def web(server):
    with Web.running() as web:
        connect(server, web)
        yield web


def connect(server, web, name="web", url=None, **fields):
    server.admin.put(f"/connections/shop.{name}", {
        "kind": "http", "config": {"url": url or web.url}, "secret": None, **fields})
    return f"shop.{name}"


def run(server, path, dataset, attempts=1, connection="web", mode="append"):
    address = f"shop.{dataset}"
    to = {"dataset": address, "mode": mode} | ({"key": ["id"]} if mode == "upsert" else {})
    server.admin.put(f"/pipelines/{address}", {
        "retry": {"attempts": attempts, "baseSeconds": 1, "maxSeconds": 1},
        "steps": [{"name": "load", "ingest": {"from": {"connection": connection, "path": path}, "to": to}}]})
    ended = pipelines.load(server, address)
    assert TOKEN not in str(ended) + server.admin.get(f"/runs/{ended['id']}/logs").text
    return ended


def has_all_rows(server, dataset):
    query = f"SELECT count(*), count(DISTINCT id), sum(id) FROM shop.{dataset}"
    assert server.admin.query(query).json()["rows"] == [[ROWS, ROWS, ROWS * (ROWS - 1) // 2]]


@pytest.mark.parametrize("path", ["big.csv.gz", "chunked.csv"])
def test_a_file_comes_whole(server, web, path):
    dataset = path.split(".")[0]
    ended = run(server, path, dataset)
    assert ended["state"] == "succeeded" and ended["rows"]["written"] == ROWS, ended
    has_all_rows(server, dataset)
    assert {host for _, host, _ in web.seen} == {f"localhost:{web.server_port}"}
    assert {token for _, _, token in web.seen} == {None}


def test_a_name_is_sent_escaped(server, web):
    assert run(server, "grün a?b.csv", "names")["rows"]["written"] == 3


@pytest.mark.parametrize("path, code, said", [
    ("missing.csv", "source_unreadable", "404"), ("shut.csv", "source_forbidden", "403"),
    ("token.csv", "source_forbidden", "401"), ("away.csv", "source_refused", "302"),
    ("zipped.csv", "malformed_source", "content coding"),
])
def test_what_no_retry_helps_is_tried_once(server, web, path, code, said):
    ended = run(server, path, f"no_{path.split('.')[0]}", attempts=3)
    assert ended["state"] == "failed" and ended["error"]["code"] == code, ended
    assert said in ended["error"]["detail"] and "hidden" not in str(ended)
    assert web.asked(path) == 1


def test_a_redirection_leads_nowhere(server, web):
    with Web.running() as other:
        web.other = other.url + "small.csv"
        connect(server, web, "known", secret={"token": TOKEN})
        assert run(server, "to-other.csv", "elsewhere", connection="known")["error"]["code"] == "source_refused"
        assert other.seen == [] and {token for _, _, token in web.seen} == {f"Bearer {TOKEN}"}


@pytest.mark.parametrize("path, code", [("busy.csv", "503"), ("many.csv", "429")])
def test_a_busy_server_is_asked_again(server, web, path, code):
    dataset = path.split(".")[0]
    web.faults = [True]
    ended = run(server, path, dataset)
    assert ended["error"]["code"] == "source_unavailable" and code in ended["error"]["detail"], ended
    web.faults = [True, True]
    ended = run(server, path, dataset, attempts=5)
    assert ended["state"] == "succeeded" and ended["rows"]["written"] == 3, ended


def test_a_length_that_is_too_long_says_where_the_bytes_end(server, web):
    ended = run(server, "short.csv", "short", attempts=2)
    assert ended["state"] == "failed" and ended["error"]["code"] == "source_unavailable", ended
    assert f"byte {len(SMALL)} of {len(SMALL) + 100}" in ended["error"]["detail"]
    assert web.asked("short.csv") == 2
    server.admin.get("/datasets/shop.short", expect=404)


@pytest.mark.parametrize("path, mode", [("breaks.csv", "append"), ("breaks.csv", "upsert"), ("cut.csv", "append")])
def test_what_breaks_off_begins_anew_and_is_loaded_once(server, web, path, mode):
    dataset = f"{path.split('.')[0]}_{mode}"
    # Types are inferred from one reading, rows are loaded by another: each breaks off once.
    web.faults = [True, False, True]
    ended = run(server, path, dataset, attempts=5, mode=mode)
    assert ended["state"] == "succeeded" and ended["rows"]["written"] == ROWS, ended
    assert web.faults == [] and web.asked(path) >= 4
    has_all_rows(server, dataset)


@pytest.mark.parametrize("mode", ["append", "upsert"])
def test_a_job_that_is_killed_half_way_loads_once(server, web, mode):
    address = f"shop.killed_{mode}"
    pipelines.declare(server, address, "slow.csv", address, mode, connection="web")
    begun = pipelines.start(server, address)
    assert web.half_sent.wait(30)
    pipelines.kill(server, "job")
    web.released.set()
    ended = pipelines.finish(server, begun)
    assert ended["state"] == "succeeded" and ended["rows"]["written"] == ROWS, ended
    has_all_rows(server, f"killed_{mode}")
    # To infer, to load what was killed, and to load again.
    assert web.asked("slow.csv") >= 3


# Questions ------------------------------------------------------------------------------------------------------------


def test_a_connection_is_tested(server, web):
    report = report_of(server, "shop.web")
    assert report["ok"] and [check["name"] for check in report["checks"]] == ["address", "connect", "login", "folder"]
    for path, check, code in [
            ("token.csv", "login", "source_forbidden"), ("away.csv", "folder", "source_refused"),
            ("busy.csv", "folder", "source_unavailable"), ("silent.csv", "connect", "source_unavailable")]:
        web.faults = [True]
        report = report_of(server, connect(server, web, "odd", f"{web.url}odd/{path}"))
        assert report["checks"][-1]["name"] == check and report["error"]["code"] == code, report


def test_a_token_is_sent_to_its_server_and_stays_secret(server, web):
    connect(server, web, "known", secret={"token": TOKEN})
    assert server.admin.get("/connections/shop.known").json()["secret"] == ["token"]
    assert run(server, "token.csv", "known", connection="known")["rows"]["written"] == 3
    assert report_of(server, "shop.known")["ok"]
    # A secret follows to no other place.
    other = {"kind": "http", "config": {"url": web.url + "elsewhere"}}
    assert TOKEN not in server.admin.put("/connections/shop.known", other, expect=422).text


@pytest.mark.parametrize("url", ["http://169.254.169.254/", "http://[::ffff:169.254.169.254]/", "http://0.0.0.0/"])
def test_an_address_that_no_source_has_is_refused(server, web, url):
    report = report_of(server, connect(server, web, "bad", url))
    assert report["checks"][-1]["name"] == "address" and report["error"]["code"] == "source_refused"


def test_a_certificate_that_nobody_vouches_for_is_refused(server, web, tmp_path):
    with Web.running(certificate_in=tmp_path) as secure:
        connect(server, web, "secure", secure.url, secret={"token": TOKEN})
        ended = run(server, "small.csv", "secure", attempts=3, connection="secure")
        assert ended["error"]["code"] == "source_unavailable" and "certificate" in ended["error"]["detail"], ended
        assert secure.seen == [] and secure.connections == 1


def test_loopback_is_refused_unless_allowed(own_server, web):
    pipelines.declare_files(own_server)
    report = report_of(own_server, connect(own_server, web))
    assert report["error"]["code"] == "source_refused" and web.seen == []


def test_a_file_is_looked_at(server, web):
    [item] = browse(server, "shop.web", path="small.csv")["items"]
    assert (item["size"], item["modifiedAt"], item["columns"]) == (len(SMALL), "1994-11-06T08:49:37Z", None)
    [seen] = browse(server, "shop.web", path="small.csv", inspect="true")["items"]
    assert seen["columns"] == [{"name": "id", "type": "bigint"}, {"name": "word", "type": "text"}]
    assert seen["from"] == item["from"] | seen["from"]
    [item] = browse(server, "shop.web", path="chunked.csv", inspect="true")["items"]
    assert (item["size"], item["modifiedAt"]) == (None, None) and len(BIG) > 1 << 20
    assert browse(server, "shop.web", expect=422)["code"] == "source_unreadable"
    assert browse(server, "shop.web", path="missing.csv", expect=422)["code"] == "source_unreadable"


@pytest.mark.parametrize("path", ["../a.csv", "/a.csv", "a//b.csv", "%2e%2e/a.csv", "a%2f..%2fb.csv", "..\\a.csv"])
def test_a_path_does_not_leave_the_base(server, web, path):
    answer = server.admin.put("/pipelines/shop.climbs", {"steps": [{"name": "load", "ingest": {
        "from": {"connection": "web", "path": path}, "to": {"dataset": "shop.x", "mode": "append"}}}]}, expect=422)
    assert [fault["pointer"] for fault in answer.json()["errors"]] == ["/steps/0/ingest/from/path"]
    server.admin.get("/connections/shop.web/browse", params={"path": path}, expect=(400, 422))
    assert web.seen == []


def test_a_table_is_not_read_from_a_web_server(server, web):
    server.admin.put("/pipelines/shop.table", {"steps": [{"name": "load", "ingest": {
        "from": {"connection": "web", "table": "a.b"}, "to": {"dataset": "shop.x", "mode": "append"}}}]}, expect=422)
