"""`sluice doctor`: each fault it knows is brought about, and it says what, why and what to do; and nothing of a healthy one."""

import contextlib
import fcntl
import http.server
import json
import os
import pathlib
import re
import shutil
import socket
import subprocess
import tempfile
import threading

import pytest

import pipelines
from sluice import BINARY, clean_environment, wait_until

HEALTHY, FAULTY, USAGE = 0, 1, 2
IS_ROOT = os.geteuid() == 0


def run(*words, status, before=(), **variables):
    done = subprocess.run([*before, BINARY, "doctor", *map(str, words)], capture_output=True, text=True, timeout=60,
                          env=clean_environment() | variables)
    assert done.returncode == status, f"{words}: {done.returncode}\n{done.stdout}{done.stderr}"
    return done


def checks(*words, status, **settings):
    """What was looked at, by its name."""
    report = json.loads(run(*words, "--json", status=status, **settings).stdout)
    assert report["healthy"] == (status == HEALTHY)
    return {check["check"]: check for check in report["checks"]}


def seconds_left_out(text):
    return re.sub(r"\d+ s\b", "… s", text)


def fault(name, *words, **settings):
    """The one fault of that name, with all that must be said of it."""
    found = checks(*words, status=FAULTY, **settings)[name]
    assert found["state"] == "fault" and found["what"] and found["why"] and found["remedy"], found
    text = run(*words, status=FAULTY, **settings).stdout
    # Another run: what it counts in seconds has gone on.
    assert seconds_left_out(found["what"]) in seconds_left_out(text)
    assert f"Why: {found['why']}" in text and f"Do:  {found['remedy']}" in text
    return found


@pytest.fixture
def machine():
    """The words for a data dir that does not exist yet, in a folder of its own, and a free port."""
    folder = pathlib.Path(tempfile.mkdtemp(prefix="sluice-doctor-"))
    folder.chmod(0o755)
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    yield folder, ["--local", "--data-dir", str(folder / "data"), "--http", f"127.0.0.1:{port}"]
    shutil.rmtree(folder)


@pytest.fixture(scope="module")
def token(server):
    return (server.data / "admin-token").read_text().strip()


@pytest.fixture(scope="module")
def words(server):
    return ["--data-dir", str(server.data), "--url", server.base]


# In order ------------------------------------------------------------------------------------------------------------


def test_a_machine_before_the_first_start_is_healthy(machine):
    _, words = machine
    found = checks(*words, status=HEALTHY)
    assert found["data-dir"]["what"].endswith("the first serve makes it")
    assert {check["state"] for check in found.values()} <= {"ok", "skipped"}
    assert run(*words, status=HEALTHY).stdout.splitlines()[-1].startswith("0 faults, ")


def test_a_server_that_runs_is_healthy(server, words, token):
    found = checks(*words, status=HEALTHY, SLUICE_TOKEN=token)
    assert f"process {server.process.pid}" in found["lock"]["what"]
    for name in ("users", "postgres", "data-dir", "secrets", "server", "ready", "skew", "token", "workers", "runs", "queue", "audit"):
        assert found[name]["state"] == "ok", found[name]


def test_it_changes_nothing(machine):
    folder, words = machine
    run(*words, status=HEALTHY)
    assert list(folder.iterdir()) == []


def test_only_the_server_is_looked_at_when_it_is_elsewhere(server, token):
    found = checks("--remote", "--url", server.base, status=HEALTHY, SLUICE_TOKEN=token)
    assert "server" in found and "postgres" not in found
    assert "exclude each other" in run("--local", "--remote", status=USAGE).stderr


# This machine --------------------------------------------------------------------------------------------------------


def test_a_folder_that_is_somebody_elses(machine):
    folder, words = machine
    (folder / "data").mkdir()
    (folder / "data/thesis.txt").write_text("mine")
    found = fault("data-dir", *words)
    assert "neither empty nor a data dir" in found["what"] and "--data-dir" in found["remedy"]


def test_secrets_that_others_may_read(machine):
    folder, words = machine
    (folder / "data").mkdir()
    (folder / "data/lock").write_text("")
    key = folder / "data/server-key"
    key.write_text("00" * 32 + "\n")
    key.chmod(0o640)
    found = fault("secrets", *words)
    assert "mode 640" in found["what"]
    subprocess.run(found["remedy"], shell=True, check=True)  # the remedy is one
    assert checks(*words, status=HEALTHY)["secrets"]["state"] == "ok"
    key.write_text("no key")
    assert "is not the key" in fault("secrets", *words)["what"]
    key.unlink()
    (folder / "data/postgres").mkdir()
    (folder / "data/postgres/PG_VERSION").write_text("15\n")
    if IS_ROOT:
        shutil.chown(folder / "data/postgres", "sluice-postgres")
    assert "is missing, and a cluster is there" in fault("secrets", *words)["what"]


def test_a_port_that_is_taken(machine):
    _, words = machine
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        found = fault("port", *words[:-1], f"127.0.0.1:{port}")
    assert "Address already in use" in found["what"] and f"process {os.getpid()}" in found["what"]
    assert f"127.0.0.1:{port + 1}" in found["remedy"]


def test_a_lock_that_no_serve_holds(machine):
    folder, words = machine
    (folder / "data").mkdir()
    with open(folder / "data/lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        found = fault("lock", *words)
    assert f"process {os.getpid()} (" in found["what"] and found["remedy"] == f"kill {os.getpid()}"


def test_a_setting_that_nothing_reads(machine):
    _, words = machine
    found = fault("settings", *words, SLUICE_DATADIR="/srv")
    assert "SLUICE_DATADIR" in found["what"] and "export SLUICE_DATA_DIR=" in found["remedy"]


@pytest.mark.skipif(not IS_ROOT, reason="as an ordinary user, jobs read as that user")
def test_files_that_jobs_may_not_read(machine):
    folder, words = machine
    roots = folder / "in"
    (roots / "sub").mkdir(parents=True)
    (roots / "sub/rows.csv").write_text("a\n")
    roots.chmod(0o755)
    (roots / "sub").chmod(0o755)
    (roots / "sub/rows.csv").chmod(0o600)
    words += ["--file-roots", str(roots)]
    found = fault("file-roots", *words)
    assert f"sluice-job may not read {roots}/sub/rows.csv" in found["what"]
    subprocess.run(found["remedy"], shell=True, check=True)
    assert checks(*words, status=HEALTHY)["file-roots"]["state"] == "ok"
    roots.chmod(0o700)
    assert fault("file-roots", *words)["remedy"] == f"chmod o+x {roots}"


def test_a_file_root_that_is_not_there(machine):
    folder, words = machine
    assert "is no folder" in fault("file-roots", *words, "--file-roots", folder / "nowhere")["what"]


def private(script):
    """A command before the program that changes what it sees of the file systems, and nobody else."""
    allowed = IS_ROOT and subprocess.run(["unshare", "-m", "mount", "-t", "tmpfs", "tmpfs", "/mnt"],
                                         capture_output=True).returncode == 0
    if not allowed:
        pytest.skip("only root can mount a file system")
    return ["unshare", "-m", "sh", "-c", f'{script} && exec "$@"', "sh"]


def test_no_postgres(machine):
    _, words = machine
    found = fault("postgres", *words, before=private("mount -t tmpfs tmpfs /usr/lib/postgresql"))
    assert "is not installed" in found["what"] and found["remedy"] == "apt-get install postgresql-15"


def test_no_os_users(machine):
    folder, words = machine
    lines = [line for line in pathlib.Path("/etc/passwd").read_text().splitlines() if not line.startswith("sluice")]
    passwd = folder.parent / f"{folder.name}-passwd"
    passwd.write_text("\n".join(lines) + "\n")
    try:
        found = fault("users", *words, before=private(f"mount --bind {passwd} /etc/passwd"))
    finally:
        passwd.unlink()
    assert found["what"] == "the OS user sluice does not exist" and found["remedy"] == "scripts/setup"


def test_no_time_zones(machine):
    _, words = machine
    found = fault("tzdata", *words, before=private("mount -t tmpfs tmpfs /usr/share/zoneinfo"))
    assert "Europe/Vienna" in found["what"] and "tzdata" in found["remedy"]


def test_no_shared_memory(machine):
    _, words = machine
    found = fault("shm", *words, before=private("mount -t tmpfs -o size=1m tmpfs /dev/shm"))
    assert "1.0 MiB" in found["what"] and "size=1g" in found["remedy"]


def test_a_full_disk(machine):
    folder, words = machine
    found = fault("disk", *words, before=private(
        f"mount -t tmpfs -o size=100m tmpfs {folder} && head -c 90m /dev/zero >{folder}/filler"))
    assert found["what"].startswith("10.0 MiB of 100.0 MiB are free")
    found = fault("disk", *words, before=private(f"mount -t tmpfs -o ro tmpfs {folder}"))
    assert "read-only" in found["what"]


# A server ------------------------------------------------------------------------------------------------------------


def test_no_server():
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{nobody.getsockname()[1]}"
        found = fault("server", "--remote", "--url", url)
    assert "Connection refused" in found["what"] and "sluice serve" in found["remedy"]


def test_a_serve_that_does_not_answer_there(server, words):
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        found = fault("server", *words[:-1], f"http://127.0.0.1:{nobody.getsockname()[1]}")
    assert f"serve (process {server.process.pid}) runs" in found["what"]


def test_a_token_that_is_missing_wrong_or_expired(server, words):
    found = fault("token", *words)
    assert found["what"] == "no token is given" and f"export SLUICE_TOKEN=$(cat {server.data}/admin-token)" in found["remedy"]
    assert "does not take the token" in fault("token", *words, SLUICE_TOKEN="slt_wrong")["what"]
    brief = server.admin.post("/principals/admin/tokens", {"expiresInSeconds": 1}).json()["token"]
    wait_until(lambda: server.admin.request("GET", "/me", headers={"Authorization": f"Bearer {brief}"}).status_code == 401,
               30, "the end of the token")
    assert "sluice token create" in fault("token", *words, SLUICE_TOKEN=brief)["remedy"]


def test_what_one_may_not_see_is_no_fault(server, words):
    server.admin.put_new("/principals/eve", {"kind": "user"})
    eve = server.admin.post("/principals/eve/tokens", {}).json()["token"]
    found = checks(*words, status=HEALTHY, SLUICE_TOKEN=eve)
    assert found["workers"]["state"] == "skipped" and "manage" in found["workers"]["what"]


def test_a_policy_that_was_altered(own_server):
    server, admin = own_server, own_server.admin
    admin.put("/domains/shop", {})
    admin.post("/datasets", {"domain": "shop", "name": "orders", "columns": [{"name": "id", "type": "int"}]})
    done = server.psql("sluice", "CREATE OR REPLACE VIEW shop.orders AS SELECT 1 AS id;")
    assert done.returncode == 0, done.stderr
    wait_until(lambda: admin.request("GET", "//readyz").status_code == 503, 30, "the drift")
    words = ["--data-dir", str(server.data), "--url", server.base]
    found = fault("ready", *words, SLUICE_TOKEN=(server.data / "admin-token").read_text().strip())
    assert "shop.orders" in found["what"] and "Drift" in found["remedy"]


def test_no_worker_and_pipelines_that_fail(own_server):
    server = own_server
    pipelines.declare_files(server)
    pipelines.declare(server, "shop.absent", "absent.csv", "shop.absent")
    run = pipelines.load(server, "shop.absent")["id"]
    words = ["--remote", "--url", server.base]
    token = (server.data / "admin-token").read_text().strip()
    found = fault("runs", *words, SLUICE_TOKEN=token)
    assert "shop.absent" in found["what"] and f"sluice runs retry {run}" in found["remedy"]
    server.stop()
    server.start(SLUICE_WORKER_SLOTS="0")
    words = ["--remote", "--url", server.base]
    found = fault("workers", *words, SLUICE_TOKEN=token)
    assert "no worker is alive" in found["what"] and "sluice worker" in found["remedy"]


class Impostor(http.server.BaseHTTPRequestHandler):
    """Answers as a server does whose audit is behind and whose clock is wrong; or as something else."""

    pages = {}
    date = None

    def do_GET(self):
        body = self.pages.get(self.path, "").encode()
        self.send_response(200 if body else 404)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def date_time_string(self, timestamp=None):
        return self.date or super().date_time_string(timestamp)

    def log_message(self, *arguments):
        pass


@contextlib.contextmanager
def impostor(pages, date=None):
    handler = type("Handler", (Impostor,), {"pages": pages, "date": date})
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()


RUN = {"id": "7", "pipeline": "shop.late", "state": "queued", "createdAt": "2026-01-01T00:00:00Z", "steps": []}
PAGES = {
    "/readyz": '{"ready": true, "faults": []}', "/metrics": "# HELP x\nsluice_read_audit_backlog 25000\n",
    "/api/v1/me": '{"name": "admin"}',
    "/api/v1/workers?limit=1000": '{"items": [{"state": "live"}], "nextCursor": null}',
    "/api/v1/runs?limit=500": json.dumps({"items": [RUN], "nextCursor": None}),
    "/api/v1/runs?state=queued&limit=1000": json.dumps({"items": [RUN], "nextCursor": None}),
}


def test_an_audit_that_is_behind_and_runs_that_nobody_takes():
    with impostor(PAGES) as url:
        assert "25,000 read audit entries" in fault("audit", "--remote", "--url", url, SLUICE_TOKEN="x")["what"]
        found = fault("queue", "--remote", "--url", url, SLUICE_TOKEN="x")
        assert "run 7 longest" in found["what"] and "--worker-slots" in found["remedy"]


@pytest.mark.parametrize(("date", "word"), [("Sun, 06 Nov 1994 08:49:37 GMT", "behind"), ("Sun, 06 Nov 2094 08:49:37 GMT", "ahead of")])
def test_clocks_that_disagree(date, word):
    with impostor(PAGES, date) as url:
        assert word in fault("skew", "--remote", "--url", url)["what"]


def test_something_else_at_the_address():
    with impostor({"/readyz": "<html>"}) as url:
        assert "is no Sluice server" in fault("server", "--remote", "--url", url)["what"]
