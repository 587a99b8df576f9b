"""The built binary as a user meets it: a process, an address, a token, a data folder."""

import contextlib
import os
import pathlib
import pwd
import shutil
import signal
import subprocess
import tempfile
import time

import requests

BINARY = os.environ.get("SLUICE_BINARY", str(pathlib.Path(__file__).parents[2] / ".build/release/sluice"))
PSQL = "/usr/lib/postgresql/15/bin/psql"
START_SECONDS = 60
STOP_SECONDS = 45


def wait_until(condition, seconds, what):
    """Polls `condition` until it is true; fails after `seconds`."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"{what}: not within {seconds} s"
        time.sleep(0.02)


def is_running(pid):
    """A zombie, which nobody else would reap here, does not run."""
    try:
        return pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


def clean_environment():
    """The environment without the settings that somebody runs the tests with."""
    return {name: value for name, value in os.environ.items() if not name.startswith("SLUICE_")}


class Client:
    """Requests to one server as one caller; a token of None sends none."""

    def __init__(self, base, token=None):
        self.base = base
        self.session = requests.Session()
        self.session.trust_env = False
        if token:
            self.session.headers["Authorization"] = f"Bearer {token}"

    def request(self, method, path, expect=None, **arguments):
        """`path` is under /api/v1 unless it begins with //. `expect`: the status, or several, the answer must have."""
        url = self.base + (path[1:] if path.startswith("//") else "/api/v1" + path)
        answer = self.session.request(method, url, timeout=60, **arguments)
        if expect is not None:
            allowed = (expect,) if isinstance(expect, int) else expect
            assert answer.status_code in allowed, f"{method} {path}: {answer.status_code} {answer.text[:2000]}"
        return answer

    def get(self, path, expect=200, **arguments):
        return self.request("GET", path, expect, **arguments)

    def post(self, path, json=None, expect=(200, 201), **arguments):
        return self.request("POST", path, expect, json=json, **arguments)

    def put(self, path, json=None, expect=(200, 201), **arguments):
        return self.request("PUT", path, expect, json=json, **arguments)

    def put_new(self, path, json, expect=201, **arguments):
        return self.request("PUT", path, expect, json=json, headers={"If-None-Match": "*"}, **arguments)

    def patch(self, path, json=None, expect=200, **arguments):
        return self.request("PATCH", path, expect, json=json, **arguments)

    def delete(self, path, expect=204, **arguments):
        return self.request("DELETE", path, expect, **arguments)

    def query(self, sql, expect=200, format="json", **body):
        return self.request("POST", f"/query?format={format}", expect, json={"sql": sql, **body})

    def put_tags(self, column, tags):
        """Gives `domain.dataset.column` exactly these tags, whatever it bore."""
        dataset, name = column.rsplit(".", 1)
        path = f"/datasets/{dataset}/columns/{name}/tags"
        return self.put(path, tags, headers={"If-Match": self.get(path).headers["ETag"]})


class Server:
    """`sluice serve` on an embedded cluster in a folder of its own, on free ports."""

    def __init__(self, *options):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="sluice-"))
        self.folder.chmod(0o755)  # the cluster's own OS user has to pass
        self.data = self.folder / "data"
        self.files = self.folder / "in"  # the one file root
        self.files.mkdir()
        self.options = options
        self.process = None
        self.base = None

    def start(self, **settings):
        """`settings` are environment variables of the server."""
        errors = open(self.folder / "log", "ab")
        environment = clean_environment() | settings
        self.process = subprocess.Popen(
            [BINARY, "serve", "--data-dir", str(self.data), "--http", "127.0.0.1:0", "--file-roots", str(self.files),
             *self.options],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=errors,
            env=environment,
        )
        errors.close()
        os.set_blocking(self.process.stdout.fileno(), False)
        line = b""

        def is_ready():
            nonlocal line
            line += self.process.stdout.read() or b""
            assert self.process.poll() is None, f"serve ended with {self.process.returncode}: {self.log()[-3000:]}"
            return line.endswith(b"\n")

        wait_until(is_ready, START_SECONDS, "ready")
        word, address = line.decode().split()[:2]
        assert word == "ready" and address.startswith("http=127.0.0.1:"), line
        self.base = "http://" + address.removeprefix("http=")
        return self

    @property
    def port(self):
        return int(self.base.rsplit(":", 1)[1])

    def log(self):
        return (self.folder / "log").read_text(errors="replace")

    @property
    def admin(self):
        return Client(self.base, (self.data / "admin-token").read_text().strip())

    def client(self, principal, **token):
        """A client with a new token of `principal`."""
        answer = self.admin.post(f"/principals/{principal}/tokens", token)
        return Client(self.base, answer.json()["token"])

    def anonymous(self):
        return Client(self.base)

    def stop(self):
        """As an operator stops it; the exit status."""
        self.process.send_signal(signal.SIGTERM)
        status = self.process.wait(STOP_SECONDS)
        self.process.stdout.close()
        return status

    def kill(self):
        """Leaves Postgres running: nothing tells it."""
        self.process.kill()
        self.process.wait(STOP_SECONDS)
        self.process.stdout.close()

    def postmaster(self):
        """The embedded Postgres's pid, or None when it does not run."""
        file = self.data / "postgres/postmaster.pid"
        try:
            pid = int(file.read_text().split()[0])
        except (FileNotFoundError, IndexError, ValueError):
            return None
        return pid if is_running(pid) else None

    @contextlib.contextmanager
    def another_worker(self, *options):
        """A `sluice worker` on the same data folder, beside the server's own."""
        with open(self.folder / "worker-log", "ab") as errors:
            process = subprocess.Popen(
                [BINARY, "worker", "--data-dir", str(self.data), "--file-roots", str(self.files), *options],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=errors,
            )
        try:
            assert process.stdout.readline().startswith(b"ready worker=")
            yield process
        finally:
            process.terminate()
            process.wait(STOP_SECONDS)
            process.stdout.close()

    def psql(self, role, sql, *options):
        """Runs psql on the embedded socket as a role of Postgres, past Sluice altogether."""
        command, account = self._psql(role, *options)
        return subprocess.run(command, input=sql, capture_output=True, text=True, timeout=60, **account)

    def dump(self, database):
        """The database as a script for psql."""
        command, account = self._psql("sluice")
        command = [str(pathlib.Path(PSQL).parent / "pg_dump"), *command[command.index("-h"):-1], database]
        done = subprocess.run(command, capture_output=True, text=True, timeout=60, **account)
        assert done.returncode == 0, done.stderr
        return done.stdout

    @contextlib.contextmanager
    def psql_holding(self, role, sql, *options):
        """Runs `sql` in a transaction of its own, which is open as long as the context."""
        command, account = self._psql(role, *options)
        session = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, **account)
        try:
            session.stdin.write(f"BEGIN;\n{sql};\n\\echo held\n")
            session.stdin.flush()
            while (line := session.stdout.readline()) != "held\n":
                assert line, "psql ended"
            yield
        finally:
            session.kill()
            session.wait(STOP_SECONDS)
            session.stdin.close()
            session.stdout.close()

    def _psql(self, role, *options):
        """The command, and as whom and where it runs."""
        command = [
            PSQL,
            "-X",
            "-q",
            "-v",
            "ON_ERROR_STOP=1",
            "-h",
            str(self.data / "run"),
            "-U",
            role,
            "-d",
            "warehouse",
            *options,
        ]
        user = {}
        if os.geteuid() == 0:  # peer authentication: the socket knows Sluice's OS user
            account = pwd.getpwnam("sluice")
            user = {"user": account.pw_uid, "group": account.pw_gid, "extra_groups": []}
        return command, {"cwd": "/", "env": {"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8"}, **user}

    @classmethod
    @contextlib.contextmanager
    def running(cls, *options, prepare=None, **settings):
        """A server as long as the context. `prepare` is called with it before its start, whose environment `settings` are."""
        server = cls(*options)
        try:
            if prepare:
                prepare(server)
            yield server.start(**settings)
        finally:
            server.clean()

    def clean(self):
        """Ends whatever still runs, at once since nobody wants the data, and removes the folder."""
        if self.process and self.process.poll() is None:
            self.kill()
        postmaster = self.postmaster()
        if postmaster:
            os.kill(postmaster, signal.SIGQUIT)
            wait_until(lambda: not is_running(postmaster), STOP_SECONDS, "the end of Postgres")
        shutil.rmtree(self.folder, ignore_errors=True)
