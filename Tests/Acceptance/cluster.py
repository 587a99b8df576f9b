"""A second Postgres beside the one that Sluice keeps."""

import os
import pathlib
import pwd
import secrets
import shutil
import socket
import subprocess
import tempfile

import sluice

PROGRAMS = pathlib.Path(sluice.PSQL).parent


class Cluster:
    """A throw-away Postgres that takes TCP connections with SCRAM passwords only."""

    def __init__(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="sluice-cluster-"))
        self.password = secrets.token_hex(8)
        self.account = {}
        if os.geteuid() == 0:
            user = pwd.getpwnam("postgres")
            os.chown(self.folder, user.pw_uid, user.pw_gid)
            self.account = {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.port = free.getsockname()[1]
        (self.folder / "password").write_text(self.password)
        self._run("initdb", "-D", "data", "-U", "boss", "--auth=scram-sha-256", "--pwfile=password", "--no-sync",
                  "--encoding=UTF8", "--locale=C.UTF-8")
        with open(self.folder / "data/postgresql.conf", "a") as settings:
            settings.write(f"listen_addresses = '127.0.0.1'\nport = {self.port}\nunix_socket_directories = ''\n"
                           "fsync = off\nmax_connections = 100\n")
        self._run("pg_ctl", "-D", "data", "-l", "log", "-s", "-w", "start")

    def _run(self, program, *arguments):
        subprocess.run([PROGRAMS / program, *arguments], cwd=self.folder, check=True, stdout=subprocess.DEVNULL,
                       timeout=60, **self.account)

    def url(self, user, password):
        return f"postgresql://{user}:{password}@127.0.0.1:{self.port}/postgres"

    def psql(self, sql, user="boss", password=None, database="postgres"):
        """Runs a script; its output."""
        return subprocess.run(
            [sluice.PSQL, "-XqAt", "--set", "ON_ERROR_STOP=1", "-h", "127.0.0.1", "-p", str(self.port), "-U", user,
             "-d", database], input=sql, capture_output=True, text=True, timeout=120,
            env={"PATH": os.environ["PATH"], "PGPASSWORD": password or self.password})

    def clean(self):
        subprocess.run([PROGRAMS / "pg_ctl", "-D", "data", "-s", "-m", "immediate", "stop"], cwd=self.folder,
                       timeout=60, **self.account)
        shutil.rmtree(self.folder, ignore_errors=True)
