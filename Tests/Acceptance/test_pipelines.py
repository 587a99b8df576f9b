"""Connections and pipelines as their authors declare them: rights, secrets that never come back, faults with their places."""

import gzip
import json
import pathlib
import subprocess

import pytest

from sluice import BINARY
from test_commands import Shell

PASSWORD = "Gr4tin-dauphinois-et-un-Secret"
OTHER = "Tarte-Tatin-et-un-autre-Secret"
SHOP = {
    "kind": "postgres",
    "config": {"host": "db.example.org", "database": "shop", "user": "reader"},
    "secret": {"password": PASSWORD},
}
FILES = {"kind": "file", "config": {"path": "openflights"}}


def step(name="load", after=(), dataset="travel.airports", mode="append", **ingest):
    target = {"dataset": dataset, "mode": mode} | ingest.pop("to", {})
    source = {"connection": "files", "path": "airports.csv"} | ingest.pop("source", {})
    return {"name": name, "after": list(after), "ingest": {"from": source, "to": target} | ingest}


def pipeline(*steps, **fields):
    return {"steps": list(steps) or [step()]} | fields


@pytest.fixture(scope="module")
def people(server, admin):
    """`writer` may write the domain travel, `reader` read it; `seller` owns the domain sales."""
    for name in ("writer", "reader", "seller"):
        admin.put_new(f"/principals/{name}", {"kind": "user"})
    admin.put("/domains/travel", {})
    admin.put("/domains/sales", {"owner": "seller"})
    for name, privilege in (("writer", "write"), ("reader", "select")):
        admin.post("/grants", {"to": f"user:{name}", "privilege": privilege, "on": "domain:travel"})
    admin.put("/connections/sales.theirs", FILES)
    clients = {name: server.client(name) for name in ("writer", "reader", "seller")}
    clients["writer"].put("/connections/travel.files", FILES, expect=201)
    return clients


@pytest.fixture(scope="module")
def writer(people):
    return people["writer"]


def test_a_writer_of_the_domain_needs_no_administrator(writer, people):
    made = writer.put("/connections/travel.mine", SHOP, expect=201)
    assert made.headers["Location"] == "/api/v1/connections/travel.mine"
    tag = made.headers["ETag"]
    assert writer.get("/connections/travel.mine").headers["ETag"] == tag
    writer.put("/connections/travel.mine", SHOP | {"description": "ours"}, headers={"If-Match": tag}, expect=200)
    writer.put("/connections/travel.mine", SHOP, headers={"If-Match": tag}, expect=412)
    writer.put("/connections/travel.mine", SHOP, headers={"If-None-Match": "*"}, expect=412)
    writer.put("/pipelines/travel.copy", pipeline({"name": "copy", "ingest": {
        "from": {"connection": "mine", "table": "public.orders"},
        "to": {"dataset": "travel.orders", "mode": "upsert", "key": ["id"]}}}), expect=201)
    assert writer.get("/pipelines/travel.copy").json()["runAs"] == "travel_pipelines"
    assert people["reader"].get("/pipelines/travel.copy").json()["steps"][0]["name"] == "copy"
    used = writer.delete("/connections/travel.mine", expect=409).json()
    assert used["code"] == "in_use" and "travel.copy" in used["detail"]
    writer.delete("/pipelines/travel.copy")
    writer.delete("/connections/travel.mine")
    writer.get("/connections/travel.mine", expect=404)


@pytest.mark.parametrize(
    "who, path, body, status, pointer",
    [
        ("reader", "/connections/travel.x", FILES, 403, None),
        ("reader", "/pipelines/travel.x", pipeline(), 403, None),
        ("seller", "/connections/travel.x", FILES, 404, None),
        ("seller", "/pipelines/travel.x", pipeline(), 404, None),
        ("writer", "/connections/sales.x", FILES, 404, None),
        ("writer", "/pipelines/travel.x", pipeline(step(source={"connection": "theirs"})), 422,
         "/steps/0/ingest/from/connection"),
        ("writer", "/pipelines/travel.x", pipeline(step(dataset="sales.orders")), 422, "/steps/0/ingest/to/dataset"),
        ("writer", "/pipelines/travel.x", pipeline(runAs="seller"), 403, "/runAs"),
        ("writer", "/pipelines/travel.x", pipeline(runAs="admin"), 403, "/runAs"),
        ("writer", "/pipelines/travel.x", pipeline(runAs="writer"), 201, None),
    ],
)
def test_rights(people, who, path, body, status, pointer):
    answer = people[who].request("PUT", path, status, json=body)
    if pointer:
        assert [fault["pointer"] for fault in answer.json()["errors"]] == [pointer]


@pytest.mark.parametrize(
    "body, status, pointer",
    [
        (FILES | {"kind": "ftp"}, 422, "/kind"),
        (FILES | {"kind": "kafka"}, 422, "/kind"),
        (FILES | {"colour": "red"}, 400, "/colour"),
        (FILES | {"secret": {"password": PASSWORD}}, 400, "/secret/password"),
        ({"kind": "file", "config": {"path": "a/../../b"}}, 422, "/config/path"),
        (SHOP | {"config": SHOP["config"] | {"host": "/run/postgresql"}}, 422, "/config/host"),
        (SHOP | {"config": SHOP["config"] | {"port": 0}}, 422, "/config/port"),
        (SHOP | {"secret": {"password": PASSWORD * 40}}, 422, "/secret/password"),
    ],
)
def test_a_bad_connection_is_told_its_place_and_never_its_secret(writer, body, status, pointer):
    answer = writer.put("/connections/travel.bad", body, expect=status)
    assert [fault["pointer"] for fault in answer.json()["errors"]] == [pointer]
    assert PASSWORD not in answer.text


COLUMNS = [{"name": "id", "type": "bigint"}, {"name": "iata", "type": "text"}]
CHECK = {"name": "code", "column": "iata", "matches": "^[A-Z]{3}$"}
INGEST = "/steps/0/ingest"


@pytest.mark.parametrize(
    "body, status, pointers",
    [
        (pipeline(stepz=[]), 400, ["/stepz"]),
        (pipeline(step(mode="merge")), 422, [f"{INGEST}/to/mode"]),
        (pipeline(step(mode="upsert")), 422, [f"{INGEST}/to/key"]),
        (pipeline(step(mode="upsert", to={"key": ["iato"]}, columns=COLUMNS)), 422, [f"{INGEST}/to/key/0"]),
        (pipeline(step(columns=COLUMNS, checks=[CHECK | {"column": "iato"}])), 422, [f"{INGEST}/checks/0/column"]),
        (pipeline(step(checks=[CHECK | {"unique": True}])), 422, [f"{INGEST}/checks/0/unique"]),
        (pipeline(step(checks=[CHECK | {"matches": "^[A-Z{3}$"}])), 422, [f"{INGEST}/checks/0/matches"]),
        (pipeline(step(columns=COLUMNS, checks=[{"name": "few", "column": "id", "range": {"max": "many"}}])), 422,
         [f"{INGEST}/checks/0/range"]),
        (pipeline(step(columns=[{"name": "id", "type": "bigserial"}])), 422, [f"{INGEST}/columns/0/type"]),
        (pipeline(step(source={"path": "../etc/passwd"})), 422, [f"{INGEST}/from/path", f"{INGEST}/from/format"]),
        (pipeline(step("a", ["b"]), step("b", ["a"], dataset="travel.b")), 422,
         ["/steps/0/after/0", "/steps/1/after/0"]),
        (pipeline(step("a"), step("b")), 422, ["/steps/1/ingest/to/dataset"]),
        (pipeline(schedule={"cron": "0 25 * * *"}), 422, ["/schedule/cron"]),
        (pipeline(schedule={"cron": "0 0 31 2 *"}), 422, ["/schedule/cron"]),
        (pipeline(step(checks=[CHECK | {"matches": "("}]), schedule={"cron": "* * *", "timeZone": "Europe/Wien"}), 422,
         ["/schedule/cron", "/schedule/timeZone", f"{INGEST}/checks/0/matches"]),
        (pipeline(retry={"attempts": 0}, timeoutSeconds=0), 422, ["/retry/attempts", "/timeoutSeconds"]),
    ],
)
def test_a_bad_pipeline_is_told_every_place(writer, body, status, pointers):
    answer = writer.put("/pipelines/travel.bad", body, expect=status)
    assert [fault["pointer"] for fault in answer.json()["errors"]] == pointers
    writer.get("/pipelines/travel.bad", expect=404)


def test_a_kept_secret_follows_to_no_other_server(writer):
    writer.put("/connections/travel.kept", SHOP, expect=201)
    elsewhere = {"kind": "postgres", "config": SHOP["config"] | {"host": "evil.example.org"}}
    refused = writer.put("/connections/travel.kept", elsewhere, expect=422).json()
    assert [fault["pointer"] for fault in refused["errors"]] == ["/secret"]
    assert writer.get("/connections/travel.kept").json()["config"]["host"] == "db.example.org"
    same = {"kind": "postgres", "config": SHOP["config"], "description": "the same place"}
    assert writer.put("/connections/travel.kept", same, expect=200).json()["secret"] == ["password"]
    assert writer.put("/connections/travel.kept", elsewhere | {"secret": None}, expect=200).json()["secret"] == []


def places(folder):
    """Every byte below a folder, and what is compressed also plain."""
    for path in pathlib.Path(folder).rglob("*"):
        if path.is_file() and not path.is_symlink():
            content = path.read_bytes()
            yield path, content
            if content[:2] == b"\x1f\x8b":
                yield path, gzip.decompress(content)


def test_a_secret_comes_back_nowhere(server, admin, writer, tmp_path):
    """After all that is done with one: answers, log, audit, idempotency, the database's dump, files and WAL."""
    answers = [writer.put("/connections/travel.grep", SHOP, expect=201)]
    answers.append(writer.put("/connections/travel.grep", SHOP | {"secret": {"password": OTHER}}, expect=200))
    answers.append(writer.put("/connections/travel.grep", SHOP | {"secret": {"passwort": OTHER}}, expect=400))
    answers += [writer.get("/connections/travel.grep"), writer.get("/connections"), writer.get("/audit")]
    document = {"kind": "connection", "domain": "travel", "name": "grep", "connectionKind": "postgres",
                "config": SHOP["config"], "secret": {"password": PASSWORD}}
    for dry_run in ("true", "false"):
        answers.append(writer.post(f"/apply?dryRun={dry_run}", {"documents": [document]},
                                   headers={"Idempotency-Key": f"grep-{dry_run}"}))
    answers.append(writer.post("/apply", {"documents": [document | {"colour": 1}]}, expect=400))
    answers.append(admin.get("/audit?action=put"))
    folder = tmp_path / "shop"
    folder.mkdir()
    (folder / "connection.yaml").write_text(json.dumps(document | {"secret": {"password": {"$env": "SHOP_PASSWORD"}}}))
    shell = Shell(server, writer.session.headers["Authorization"].split()[1])
    missing = shell("plan", "-f", folder, status=1)
    assert "secret/password names the environment variable SHOP_PASSWORD, which is not set" in missing.stderr
    planned = shell("plan", "-f", folder, SHOP_PASSWORD=OTHER)
    assert "secret: changed" in planned.stdout
    applied = shell("apply", "-f", folder, SHOP_PASSWORD=OTHER)
    assert "unchanged  connection travel.grep" in shell("apply", "-f", folder, SHOP_PASSWORD=OTHER).stdout
    texts = [answer.text for answer in answers] + [server.log(), str(planned), str(applied)]
    dump = server.psql("sluice", "SELECT t::text FROM sluice.connection t; SELECT t::text FROM sluice.change_audit t")
    assert "travel.grep" in dump.stdout
    texts.append(dump.stdout)
    server.psql("sluice", "CHECKPOINT")
    for secret in (PASSWORD, OTHER):
        # In hex too, as Postgres would print bytes.
        for needle in (secret.encode(), secret.encode().hex().encode()):
            assert all(needle.decode() not in text for text in texts)
            for path, content in places(server.folder):
                assert needle not in content, path


@pytest.mark.parametrize("roots, word", [
    ("/no/such/folder", "no folder"), ("{data}", "one inside the other"), ("{folder}:", "one inside the other"),
    ("/dev/null", "no folder"),
])
def test_a_file_root_is_a_folder_apart_from_the_data_dir(server, roots, word):
    roots = roots.format(data=server.data, folder=server.folder)
    done = subprocess.run(
        [BINARY, "serve", "--data-dir", str(server.data), "--http", "127.0.0.1:0", "--file-roots", roots],
        capture_output=True, text=True, timeout=60)
    assert done.returncode == 2 and word in done.stderr, done.stderr
