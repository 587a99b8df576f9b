"""Pipelines from outside: files, runs, and the processes behind them."""

import os
import pathlib
import pwd
import signal
import subprocess

from sluice import is_running, wait_until

RUN_SECONDS = 120
ENDED = ("succeeded", "failed", "cancelled")


def declare_files(server, domain="shop"):
    """A domain with a connection `files` to the server's file root."""
    server.admin.put(f"/domains/{domain}", {})
    server.admin.put_new(f"/connections/{domain}.files", {"kind": "file", "config": {"path": str(server.files)}})


def declare(server, address, path, dataset, mode="append", columns=None, connection="files", **fields):
    """A pipeline of one step that loads a file; `fields` are the ingest's."""
    to = {"dataset": dataset, "mode": mode}
    if mode == "upsert":
        to["key"] = ["id"]
    ingest = {"from": {"connection": connection, "path": path}, "to": to, **fields}
    if columns:
        ingest["columns"] = columns
    spec = {"retry": {"attempts": 5, "baseSeconds": 1, "maxSeconds": 1}, "steps": [{"name": "load", "ingest": ingest}]}
    server.admin.put_new(f"/pipelines/{address}", spec)


def start(server, address):
    return server.admin.post(f"/pipelines/{address}/runs", {}, expect=202).json()["id"]


def run_of(server, run):
    """A run as it is now; while Postgres or the server is away, as soon as it is known again."""
    answer = {}

    def is_known():
        try:
            found = server.admin.request("GET", f"/runs/{run}")
        except OSError:
            return False
        if found.status_code == 200:
            answer.update(found.json())
        return bool(answer)

    wait_until(is_known, 60, f"run {run}")
    return answer


def finish(server, run, seconds=RUN_SECONDS):
    """Waits for the end of a run and returns it. Meanwhile the server may be gone."""
    ended = {}

    def has_ended():
        try:
            answer = server.admin.request("GET", f"/runs/{run}")
        except OSError:
            return False
        if answer.status_code == 200 and answer.json()["state"] in ENDED:
            ended.update(answer.json())
        return bool(ended)

    wait_until(has_ended, seconds, f"the end of run {run}")
    return ended


def load(server, address):
    return finish(server, start(server, address))


def count(server, dataset):
    return server.admin.query(f"SELECT count(*) FROM {dataset}").json()["rows"][0][0]


# Processes ------------------------------------------------------------------------------------------------------------


def _proc(pid, name):
    return pathlib.Path(f"/proc/{pid}/{name}").read_bytes()


def _processes():
    """Of every running process: its pid, its parent's and its words."""
    for folder in pathlib.Path("/proc").iterdir():
        if not folder.name.isdigit():
            continue
        try:
            status = _proc(folder.name, "stat").decode(errors="replace").rsplit(")", 1)[1].split()
            words = _proc(folder.name, "cmdline").split(b"\0")
        except OSError:
            continue
        if status[0] != "Z":
            yield int(folder.name), int(status[1]), [word.decode(errors="replace") for word in words]


def children(pid, command):
    """The pids of `sluice COMMAND` whose parent is `pid`."""
    return [child for child, parent, words in _processes() if parent == pid and words[1:2] == [command]]


def launcher(server):
    """The worker beside a server."""
    found = []

    def is_there():
        found[:] = children(server.process.pid, "worker")
        return len(found) == 1

    wait_until(is_there, 20, "the worker")
    return found[0]


def supervisor(launcher_pid):
    found = []

    def is_there():
        found[:] = children(launcher_pid, "supervise")
        return len(found) == 1

    wait_until(is_there, 20, "the supervisor")
    return found[0]


def job(launcher_pid, seconds=30):
    """A job process of the worker, once there is one."""
    found = []

    def is_there():
        found[:] = children(launcher_pid, "job")
        return bool(found)

    wait_until(is_there, seconds, "a job process")
    return found[0]


def as_user(name, *command):
    """Runs a command as an OS user with nothing but its primary group."""
    account = pwd.getpwnam(name)
    return subprocess.run(
        command, user=account.pw_uid, group=account.pw_gid, extra_groups=[], cwd="/", env={"PATH": os.environ["PATH"]},
        capture_output=True, text=True, timeout=30)


def wait_for_end(*pids):
    for pid in pids:
        wait_until(lambda: not is_running(pid), 20, f"the end of process {pid}")


def kill(server, victim):
    """Kills a part of what runs pipelines, and waits until what dies with it has: `server` is started again."""
    worker = launcher(server)
    if victim == "job":
        for pid in children(worker, "job"):
            os.kill(pid, signal.SIGKILL)
    elif victim == "launcher":
        below = children(worker, "job") + [supervisor(worker)]
        os.kill(worker, signal.SIGKILL)
        wait_for_end(worker, *below)
    elif victim == "supervisor":
        below = children(worker, "job")
        os.kill(supervisor(worker), signal.SIGKILL)
        wait_for_end(worker, *below)
    elif victim == "server":
        below = [worker, supervisor(worker)] + children(worker, "job")
        server.kill()
        wait_for_end(*below)
        server.start()
    else:
        postmaster = server.postmaster()
        os.kill(postmaster, signal.SIGKILL)
        wait_until(lambda: server.postmaster() not in (None, postmaster), 60, "another Postgres")
