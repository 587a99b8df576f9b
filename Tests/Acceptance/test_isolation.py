"""What a job process can reach: its source, the session of one dataset, and nothing else of the platform."""

import os
import pathlib
import pwd
import signal

import pytest

import pipelines
from sluice import is_running, wait_until

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="OS users of their own need root")

ROWS = 300_000


def state(pid):
    return pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0]


@pytest.fixture(scope="module")
def held(server):
    """A job process that was stopped in the middle of its load."""
    pipelines.declare_files(server)
    rows = b"id,note\n" + b"".join(b"%d,%s\n" % (number, b"x" * 40) for number in range(ROWS))
    (server.files / "large.csv").write_bytes(rows)
    columns = [{"name": "id", "type": "int"}, {"name": "note", "type": "text"}]
    pipelines.declare(server, "shop.large", "large.csv", "shop.large", columns=columns)
    run = pipelines.start(server, "shop.large")
    worker = pipelines.launcher(server)

    def is_copying():
        found = server.psql("sluice", "SELECT count(*) FROM pg_stat_progress_copy;", "-At").stdout.strip()
        return found == "1"

    wait_until(is_copying, 30, "the COPY of the job")
    pid = pipelines.job(worker)
    os.kill(pid, signal.SIGSTOP)
    wait_until(lambda: state(pid) == "T", 10, "the stop of the job process")
    yield pid, worker, run
    if is_running(pid):
        os.kill(pid, signal.SIGCONT)


def status(pid):
    lines = pathlib.Path(f"/proc/{pid}/status").read_text().splitlines()
    return {line.split(":")[0]: line.split(":", 1)[1].split() for line in lines}


def test_every_thread_is_the_jobs_user_for_good(held):
    account = pwd.getpwnam("sluice-job")
    for thread in pathlib.Path(f"/proc/{held[0]}/task").iterdir():
        found = {line.split(":")[0]: line.split(":", 1)[1].split() for line in
                 (thread / "status").read_text().splitlines()}
        assert found["Uid"] == [str(account.pw_uid)] * 4
        assert found["Gid"] == [str(account.pw_gid)] * 4
        assert found["Groups"] == [str(account.pw_gid)]
        assert {found[name][0] for name in ("CapInh", "CapPrm", "CapEff", "CapAmb")} == {"0" * 16}
        assert found["NoNewPrivs"] == ["1"]


def test_it_has_a_session_limits_and_no_core_dumps(held):
    pid = held[0]
    assert os.getsid(pid) == pid and os.getpgid(pid) == pid
    limits = pathlib.Path(f"/proc/{pid}/limits").read_text()
    limit = {line[:26].strip(): line[26:].split()[:2] for line in limits.splitlines()}
    assert limit["Max core file size"] == ["0", "0"]
    assert limit["Max data size"] == [str(512 << 20)] * 2
    assert limit["Max open files"] == ["64", "64"]


def test_its_environment_and_arguments_hold_no_secret(held, server):
    pid = held[0]
    environment = pathlib.Path(f"/proc/{pid}/environ").read_bytes().split(b"\0")
    assert environment == [b"SWIFT_BACKTRACE=enable=no", b""]
    words = pathlib.Path(f"/proc/{pid}/cmdline").read_bytes()
    for secret in ("admin-token", "server-key"):
        assert (server.data / secret).read_text().strip().encode() not in words


def test_it_has_the_conversation_one_session_and_its_source(held, server):
    targets = {int(entry.name): os.readlink(entry) for entry in pathlib.Path(f"/proc/{held[0]}/fd").iterdir()}
    assert targets.pop(0) == targets.pop(1) == "/dev/null"
    targets.pop(2)  # the worker's own standard error
    assert targets.pop(3).startswith("socket:")
    others = sorted(target.split(":")[0] for target in targets.values() if "anon_inode" not in target)
    assert others == sorted([str(server.files / "large.csv"), "socket"])


def test_its_memory_is_small(held):
    assert int(status(held[0])["VmHWM"][0]) < 64 << 10


@pytest.mark.parametrize("path", ["admin-token", "server-key", "ident/pg_ident.conf", "postgres/PG_VERSION", "conf",
                                  "log", "run/.s.PGSQL.5432"])
def test_its_user_reads_nothing_of_the_data_dir(held, server, path):
    answer = pipelines.as_user("sluice-job", "/bin/ls", "-l", str(server.data / path))
    if answer.returncode == 0:
        answer = pipelines.as_user("sluice-job", "/usr/bin/head", "-c1", str(server.data / path))
    assert answer.returncode != 0 and "Permission denied" in answer.stderr


def test_its_user_cannot_connect_to_postgres(held, server):
    answer = pipelines.as_user(
        "sluice-job", "/usr/lib/postgresql/15/bin/psql", "-h", str(server.data / "run"), "-U", "sluice", "warehouse",
        "-c", "SELECT 1")
    assert answer.returncode != 0 and "Permission denied" in answer.stderr


def test_its_user_inspects_no_process_of_the_platform(held, server):
    job, worker, _ = held
    for pid in [job, worker, pipelines.supervisor(worker), server.process.pid, server.postmaster()]:
        for name in ("environ", "mem", "maps"):
            answer = pipelines.as_user("sluice-job", "/usr/bin/head", "-c1", f"/proc/{pid}/{name}")
            assert answer.returncode != 0 and "Permission denied" in answer.stderr, (pid, name)


def test_the_session_can_load_its_dataset_and_nothing_else(held, server):
    """Whoever takes a job process over has its session: as the ingest role, it reads nothing."""
    role = server.psql("sluice", "SELECT role_name FROM sluice.ingest_role;", "-At").stdout.strip()
    assert role
    for statement in [
        "SELECT * FROM shop.large", f"SELECT * FROM store.{role.split('_i')[-1]}",
        "SELECT * FROM sluice.principal", "SELECT * FROM sluice.token", "SELECT secret FROM sluice.connection",
        "SELECT * FROM sluice.quarantine", "SET ROLE sluice_owner", "CREATE TABLE t (a int)",
        "SELECT pg_read_file('/etc/passwd')", "SELECT * FROM sluice.unit_result",
        "SELECT sluice.raise_fence(1, 1000000, 1)", "SELECT sluice.prepare_ingest(1)",
    ]:
        answer = server.psql(role, statement + ";")
        assert answer.returncode != 0, statement


def test_it_goes_on_and_loads_every_row(held, server):
    pid, _, run = held
    os.kill(pid, signal.SIGCONT)
    ended = pipelines.finish(server, run)
    assert ended["state"] == "succeeded", ended
    assert ended["rows"]["written"] == ROWS
    assert pipelines.count(server, "shop.large") == ROWS
    pipelines.wait_for_end(pid)


# Paths ----------------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def escapes(server, held):
    (server.files / "token.csv").symlink_to(server.data / "admin-token")
    (server.files / "environ.csv").symlink_to("/proc/self/environ")
    (server.files / "out").symlink_to("/etc")
    os.mkfifo(server.files / "pipe.csv")
    server.admin.put_new("/connections/shop.data", {"kind": "file", "config": {"path": str(server.data)}})
    server.admin.put_new("/connections/shop.proc", {"kind": "file", "config": {"path": "/proc/self"}})


@pytest.mark.parametrize("name, connection, path", [
    ("token", "files", "token.csv"), ("link_environ", "files", "environ.csv"), ("folder_link", "files", "out/passwd"),
    ("fifo", "files", "pipe.csv"), ("admin_token", "data", "admin-token"), ("environ", "proc", "environ"),
])
def test_a_path_out_of_the_roots_is_refused(server, escapes, name, connection, path):
    spec = {"retry": {"attempts": 1}, "steps": [{"name": "load", "ingest": {
        "from": {"connection": connection, "path": path, "format": "csv", "header": False},
        "columns": [{"name": "a", "type": "text"}], "to": {"dataset": f"shop.{name}", "mode": "append"}}}]}
    server.admin.put_new(f"/pipelines/shop.{name}", spec)
    ended = pipelines.load(server, f"shop.{name}")
    assert ended["state"] == "failed"
    assert ended["error"]["code"] == "source_refused", ended["error"]
    assert (server.data / "admin-token").read_text().strip() not in str(ended)
    assert "SWIFT_BACKTRACE" not in str(ended) and "root:" not in str(ended)


@pytest.mark.parametrize("number, host", list(enumerate([
    "127.0.0.1", "localhost", "::1", "0.0.0.0", "169.254.169.254", "::ffff:127.0.0.1", "fe80::1",
])))
def test_an_address_of_this_machine_or_of_a_cloud_is_refused(server, held, number, host):
    name = f"address_{number}"
    server.admin.put_new(f"/connections/shop.{name}", {
        "kind": "postgres", "config": {"host": host, "database": "warehouse", "user": "sluice"},
        "secret": {"password": "kanarienvogel"}})
    server.admin.put_new(f"/pipelines/shop.{name}", {"retry": {"attempts": 1}, "steps": [{"name": "load", "ingest": {
        "from": {"connection": name, "table": "sluice.token"}, "to": {"dataset": f"shop.{name}", "mode": "append"}}}]})
    ended = pipelines.load(server, f"shop.{name}")
    assert ended["state"] == "failed"
    assert ended["error"]["code"] == "source_refused", ended["error"]
    assert "kanarienvogel" not in str(ended) and "kanarienvogel" not in server.log()


@pytest.mark.parametrize("host", ["/var/run/postgresql", "@abstract", "a,127.0.0.1"])
def test_a_socket_or_a_list_is_no_host(server, held, host):
    server.admin.put("/connections/shop.socket", {
        "kind": "postgres", "config": {"host": host, "database": "warehouse", "user": "sluice"}}, expect=422)
