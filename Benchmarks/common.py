"""What the benchmarks share: a Sluice of its own on an empty data dir, its API, psql and pgbench on the embedded
socket, alternating runs, and the table of results.

Ratios are "ours / theirs" of rates, so 1.0 is as fast as the peer. Both sides run in the same cluster (fsync and
checksums on), alternating; the printed value is the median, the ratio the median of the rounds' own ratios.
"""

import contextlib
import http.client
import json
import os
import platform
import re
import shlex
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import time

ROUNDS = int(os.environ.get("BENCH_ROUNDS", "5"))
SECONDS = float(os.environ.get("BENCH_SECONDS", "2"))
HERE = os.path.dirname(os.path.abspath(__file__))
BINARY = os.environ.get("SLUICE_BINARY", os.path.join(HERE, "..", ".build", "release", "sluice"))


class Sluice:
    """`sluice serve` on a fresh data dir, ended and removed with the `with` block. Connections may read `files`."""

    def __init__(self, *options):
        self.options = options

    def __enter__(self):
        self.folder = tempfile.mkdtemp(prefix="sluice-bench-")
        os.chmod(self.folder, 0o755)
        self.data, self.files = os.path.join(self.folder, "data"), os.path.join(self.folder, "files")
        os.mkdir(self.files, 0o755)
        self.log = open(os.path.join(self.folder, "log"), "wb")
        self.process = subprocess.Popen(
            [BINARY, "serve", "--data-dir", self.data, "--http", "127.0.0.1:0", "--log", "warning",
             "--file-roots", self.files, *self.options],
            stdout=subprocess.PIPE, stderr=self.log, text=True)
        line = self.process.stdout.readline()
        found = re.search(r"http=([^ ]+):(\d+)", line)
        if not found:
            self.__exit__(None, None, None)
            sys.exit(f"serve did not start: {line}")
        self.host, self.port = found[1], int(found[2])
        self.url = f"http://{self.host}:{self.port}"
        with open(os.path.join(self.data, "admin-token")) as file:
            self.token = file.read().strip()
        return self

    def __exit__(self, *_):
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(timeout=60)
        self.log.close()
        shutil.rmtree(self.folder, ignore_errors=True)

    # The API

    def call(self, method, path, body=None, token=None, headers=None, expect=(200, 201, 204)):
        connection = http.client.HTTPConnection(self.host, self.port, timeout=300)
        fields = {"Authorization": f"Bearer {token or self.token}", **(headers or {})}
        if body is not None:
            fields["Content-Type"] = "application/json"
            body = json.dumps(body)
        connection.request(method, "/api/v1" + path, body, fields)
        answer = connection.getresponse()
        text = answer.read()
        connection.close()
        if answer.status not in expect:
            raise RuntimeError(f"{method} {path}: {answer.status} {text.decode()}")
        return json.loads(text) if text else None

    def create(self, path, body):
        """A policy object that must be new."""
        return self.call("PUT", path, body, headers={"If-None-Match": "*"})

    def principal(self, name, groups=(), attributes=None):
        """Makes a principal; returns its login role and a token."""
        made = self.create(
            f"/principals/{name}", {"kind": "user", "groups": list(groups), "attributes": attributes or {}})
        token = self.call("POST", f"/principals/{name}/tokens", {"description": "benchmark"})["token"]
        return made["role"], token

    def dataset(self, domain, name, columns, key):
        """Makes a dataset; returns its physical table."""
        columns = [{"name": n, "type": t, "tags": list(tags)} for n, t, *tags in columns]
        made = self.call(
            "POST", "/datasets", {"domain": domain, "name": name, "columns": columns, "primaryKey": key})
        return f"store.d{made['id']}"

    def grant(self, to, on, privilege="select"):
        self.call("POST", "/grants", {"to": to, "privilege": privilege, "on": on})

    # The embedded socket

    def command(self, program, *arguments, role="sluice", database="warehouse"):
        """The command line of a Postgres client on the embedded socket; peer authentication wants the server's user."""
        as_user = ["runuser", "-u", "sluice", "--"] if os.geteuid() == 0 else []
        return [*as_user, program, "-h", os.path.join(self.data, "run"), "-U", role, *arguments, database]

    def psql(self, sql, role="sluice", database="warehouse"):
        done = subprocess.run(
            self.command("psql", "-XqAt", "-v", "ON_ERROR_STOP=1", role=role, database=database), input=sql, text=True,
            capture_output=True)
        if done.returncode:
            raise RuntimeError(done.stderr)
        return done.stdout.strip()

    def pgbench(self, script, role="sluice", clients=1, jobs=1, mode="prepared", seconds=None):
        """Transactions a second of a pgbench script."""
        with tempfile.NamedTemporaryFile("w", suffix=".sql") as file:
            file.write(script)
            file.flush()
            os.chmod(file.name, 0o644)
            done = subprocess.run(
                self.command(
                    "pgbench", "-n", "-M", mode, "-c", str(clients), "-j", str(jobs), "-f", file.name,
                    "-T", str(max(1, round(seconds or SECONDS))), role=role),
                text=True, capture_output=True)
        found = re.search(r"tps = ([\d.]+) \(without", done.stdout)
        if done.returncode or not found:
            raise RuntimeError(done.stderr)
        return float(found[1])

    def wrk(self, lua, connections=32, threads=2, seconds=None, token=None, arguments=()):
        """Requests a second, latencies in milliseconds by percentile; a request that fails ends the benchmark."""
        with tempfile.NamedTemporaryFile("w", suffix=".lua") as file:
            file.write(lua)
            file.flush()
            done = subprocess.run(
                ["wrk", "-c", str(connections), "-t", str(threads), "-d", f"{max(1, round(seconds or SECONDS))}s",
                 "--latency", "-s", file.name, "-H", f"Authorization: Bearer {token or self.token}", self.url,
                 *arguments], text=True, capture_output=True)
        if done.returncode or "Non-2xx" in done.stdout or "Socket errors" in done.stdout:
            raise RuntimeError(done.stdout + done.stderr)
        percentiles = {
            int(p): float(value) * {"us": 0.001, "ms": 1, "s": 1000}[unit]
            for p, value, unit in re.findall(r"^\s+(\d+)%\s+([\d.]+)(us|ms|s)$", done.stdout, re.M)}
        return float(re.search(r"Requests/sec:\s+([\d.]+)", done.stdout)[1]), percentiles

    # The processes

    def processes(self):
        """Sluice's own processes: the keeper and what it started, without Postgres."""
        found = [self.process.pid]
        for pid in subprocess.run(
                ["pgrep", "-P", str(self.process.pid)], capture_output=True, text=True).stdout.split():
            with open(f"/proc/{pid}/comm") as file:
                if file.read().strip() != "postgres":
                    found.append(int(pid))
        return found

    def memory(self):
        """Resident memory of all its processes in MB (10^6 bytes)."""
        return sum(status(pid, "VmRSS") for pid in self.processes()) * 1024 / 1e6

    def wait_until_idle(self, seconds=30):
        """Waits until its processes have taken no CPU time for half a second."""
        deadline, since, last = time.monotonic() + seconds, time.monotonic(), None
        while time.monotonic() - since < 0.5:
            if time.monotonic() > deadline:
                raise RuntimeError(f"serve is busy {seconds} s after its start")
            used = sum(cpu_ticks(pid) for pid in self.processes())
            if used != last:
                since, last = time.monotonic(), used
            time.sleep(0.02)

    def threads(self):
        return max(status(pid, "Threads") for pid in self.processes())


def status(pid, name):
    with open(f"/proc/{pid}/status") as file:
        return int(re.search(rf"^{name}:\s+(\d+)", file.read(), re.M)[1])


def cpu_ticks(pid):
    with open(f"/proc/{pid}/stat") as file:
        fields = file.read().rpartition(")")[2].split()
    return int(fields[11]) + int(fields[12])


class Results:
    """Prints what was measured, and writes it to results/<name>.md at the end."""

    def __init__(self, name, sluice):
        self.name, self.rows, self.missed = name, [], 0
        self.facts = facts(sluice)

    def compare(self, name, unit, ours, theirs, target=None, scale=1):
        """Rates of both sides in turn; `ours` and `theirs` return a rate each time."""
        rounds = [(ours(), theirs()) for _ in range(ROUNDS)]
        mine, other = (statistics.median(side) * scale for side in zip(*rounds))
        ratio = statistics.median(a / b for a, b in rounds)
        met = None if target is None else ratio >= target
        self._add(name, f"{figure(mine)} {unit}", f"{figure(other)} {unit}", f"{ratio:.2f}", target, met)
        return ratio

    def limit(self, name, unit, value, limit=None):
        """A figure with a bound it has to stay under."""
        met = None if limit is None else value < limit
        self._add(name, f"{figure(value)} {unit}", None, None, None if limit is None else f"< {limit}", met)

    def at_least(self, name, unit, value, target):
        """A figure that has to reach its target."""
        self._add(name, f"{figure(value)} {unit}", None, None, f">= {target}", value >= target)

    def _add(self, name, value, peer, ratio, target, met):
        self.missed += met is False
        verdict = "" if met is None else ("" if met else "  MISSED")
        wanted = "" if target is None else f" (target {target})"
        print(f"{name}: {value}" + (f", ratio {ratio}" if ratio else "") + wanted + verdict, flush=True)
        self.rows.append((name, value, peer or "", ratio or "", target or "", {None: "", True: "yes", False: "no"}[met]))

    def finish(self):
        os.makedirs(os.path.join(HERE, "results"), exist_ok=True)
        with open(os.path.join(HERE, "results", self.name + ".md"), "w") as file:
            file.write(f"# {self.name}\n\n{self.facts}\n\n")
            file.write("| measured | Sluice | peer | ratio | target | met |\n| --- | --- | --- | --- | --- | --- |\n")
            for row in self.rows:
                file.write("| " + " | ".join(str(cell) for cell in row) + " |\n")
        sys.exit(1 if self.missed else 0)


def figure(value):
    return f"{value:.0f}" if value >= 100 else f"{value:.3g}"


def facts(sluice):
    memory = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") / 2**30
    commit = subprocess.run(
        ["git", "-C", HERE, "describe", "--always", "--dirty"], capture_output=True, text=True).stdout.strip()
    settings = sluice.psql("SELECT string_agg(name || ' ' || setting, ', ' ORDER BY name) FROM pg_settings "
                           "WHERE name IN ('fsync', 'data_checksums', 'shared_buffers')")
    return (f"{os.cpu_count()} cores, {memory:.0f} GB, {platform.machine()}; Postgres "
            f"{sluice.psql('SHOW server_version').split()[0]} ({settings}); commit {commit or 'unknown'}; "
            f"median of {ROUNDS}, alternating")


@contextlib.contextmanager
def benchmark(name, *options):
    """A Sluice, with further options of `serve`, and a `Results` for the length of a benchmark."""
    with Sluice(*options) as sluice:
        results = Results(name, sluice)
        yield sluice, results
    results.finish()


def load_orders(sluice, rows):
    """The table most benchmarks read: orders of four regions with a masked address, and their customers.

    Returns the tables of orders and customers. Group `office` is excepted from mask and filter.
    """
    sluice.create("/groups/office", {"description": "excepted"})
    sluice.create("/groups/field", {"description": "masked and filtered"})
    sluice.call("PUT", "/domains/sales", {"title": "Sales"})
    sluice.call("PUT", "/tags/pii.email", {"description": "An address"})
    orders = sluice.dataset("sales", "orders", [
        ("id", "bigint"), ("customer", "bigint"), ("region", "text"), ("code", "text"), ("amount", "numeric(12,2)"),
        ("ordered_at", "timestamp with time zone"), ("email", "text", "pii.email"), ("note", "text")], ["id"])
    customers = sluice.dataset("sales", "customers", [("id", "bigint"), ("name", "text"), ("segment", "text")], ["id"])
    sluice.psql(f"""
        SELECT setseed(0.42);
        INSERT INTO {customers} (id, name, segment)
        SELECT n, 'Customer ' || n, 's' || n % 7 FROM generate_series(1, {rows // 10}) AS n;
        INSERT INTO {orders} (id, customer, region, code, amount, ordered_at, email, note)
        SELECT n, 1 + n::bigint * 7919 % {rows // 10}, (ARRAY['EU', 'US', 'AP', 'AF'])[1 + n % 4], md5(n::text),
            (n::bigint * 31 % 100000)::numeric / 100, timestamptz '2026-01-01Z' + n * interval '10 s',
            'guest' || n || '@example.org', 'order number ' || n
        FROM generate_series(1, {rows}) AS n;
        CREATE INDEX ON {orders} (code text_pattern_ops);
        CREATE INDEX ON {orders} (amount);
        CREATE INDEX ON {orders} (ordered_at);
        VACUUM ANALYZE {orders};
        VACUUM ANALYZE {customers};
        CHECKPOINT""")
    sluice.create("/masks/email", {"on": "tag:pii.email", "mask": {"kind": "email"}, "except": {"groups": ["office"]}})
    sluice.create("/row-filters/own_region", {
        "on": "dataset:sales.orders", "expression": "region = ANY(user.region)", "except": {"groups": ["office"]}})
    for group in ("office", "field"):
        sluice.grant(f"group:{group}", "domain:sales")
    return orders, customers
