"""Readers by the dozen while the policy changes: each answer is that of one policy version, none older than the change
that was committed when its statement began; no change waits for a statement that runs. `make soak` does it with 50
clients and 1,000 changes."""

import bisect
import collections
import concurrent.futures
import contextlib
import functools
import json
import os
import random
import statistics
import threading
import time

import pytest

from changing import CLOSED, NOT_GRANTED, PURPOSE, READERS, Changer, columns
from sluice import wait_until

IS_SOAK = os.environ.get("SLUICE_SOAK") == "1"
CLIENTS, CHANGES = (50, 1000) if IS_SOAK else (12, 60)
SEED = int(os.environ.get("SLUICE_SEED", "1"))
# Runs for minutes: its rows are a product of seven.
HEAVY = "SELECT count(*) FROM " + ", ".join(f"shop.orders AS t{n}" for n in range(6))


class History:
    """Every policy there was, in order, with when its change was begun and answered."""

    def __init__(self, policy, version):
        self.lock = threading.Lock()
        self.policies, self.begun, self.done, self.versions = [policy], [0.0], [0.0], [version]

    def change(self, changer, change):
        """Makes a change; from its beginning on, its policy may be seen."""
        begun = time.monotonic()
        with self.lock:
            self.begun.append(begun)
        answer = changer.change(change)
        with self.lock:
            self.policies.append(changer.policy)
            self.done.append(time.monotonic())
            self.versions.append(int(answer.headers["Sluice-Policy-Version"]) if answer.ok else self.versions[-1] + 1)
        return self.done[-1] - begun

    def allowed(self, start, end):
        """The places of the policies that a statement between two moments may follow."""
        with self.lock:
            return range(bisect.bisect_right(self.done, start) - 1, bisect.bisect_right(self.begun, end))

    def at(self, version):
        with self.lock:
            return bisect.bisect_right(self.versions, version) - 1


class Observed:
    """What the readers met, judged when all is over."""

    def __init__(self):
        self.lock = threading.Lock()
        self.answers, self.streams, self.counts, self.wrong = [], [], collections.Counter(), []

    def note(self, *answer):
        with self.lock:
            self.answers.append(answer)

    def count(self, what, wrong=None):
        with self.lock:
            self.counts[what] += 1
            if wrong:
                self.wrong.append(wrong)


def seen_in(answer):
    """An answer in the words of `Policy.seen`, or the code of a problem."""
    if answer.status_code == 200:
        body = answer.json()
        return [(column["name"], column["type"]) for column in body["columns"]], sorted(body["rows"], key=lambda row: row[0])
    code = answer.json()["code"]
    if code == NOT_GRANTED:
        return NOT_GRANTED
    return CLOSED if answer.status_code in (403, 404) else code


def read(server, observed, generator, is_over):
    """Asks for all of the dataset, as anybody, over both surfaces, for the purpose or not."""
    clients = {reader: server.client(reader) for reader in generator.sample(READERS, 3)}
    while not is_over():
        reader = generator.choice(list(clients))
        purpose = generator.choice([None, PURPOSE])
        start = time.monotonic()
        surface = generator.choice(["rows", "query"])
        if surface == "rows":
            answer = clients[reader].request(
                "GET", "/datasets/shop.orders/rows", headers={"Sluice-Purpose": purpose} if purpose else {})
        else:
            answer = clients[reader].query("SELECT * FROM shop.orders", expect=None, purpose=purpose)
        end = time.monotonic()
        version = answer.headers.get("Sluice-Policy-Version")
        observed.note(start, end, reader, purpose, surface, version and int(version), seen_in(answer))


def stream(server, observed, is_over):
    """Takes long answers slowly; what came of one before it was ended counts, too."""
    client = server.client("streamer")
    pause = threading.Event()
    while not is_over():
        start, shown, last, number = time.monotonic(), set(), None, 0
        # A connection of its own: one that was left in the middle is of no more use.
        url = client.base + "/api/v1/datasets/shop.wide/rows?limit=all&format=ndjson"
        answer = client.session.get(url, stream=True, timeout=60)
        with contextlib.suppress(OSError), answer:
            for number, line in enumerate(answer.iter_lines(chunk_size=16384)):
                last = json.loads(line)
                if "error" not in last:
                    shown.add((last["stamp_a"], last["stamp_b"]))
                if number % 100 == 0:
                    pause.wait(0.02)
        end = time.monotonic()
        is_whole = answer.status_code == 200 and last and "error" not in last and number == 3999
        observed.count("streams" if is_whole else "streams ended")
        observed.streams.append((start, end, shown))


def keep_busy(server, observed, is_over):
    """A statement that runs all the time."""
    client = server.client("heavy")
    while not is_over():
        answer = client.query(HEAVY, expect=None, timeoutSeconds=300)
        observed.count(f"heavy {answer.status_code} {answer.json().get('code')}")


@contextlib.contextmanager
def busy(server, observed):
    """A statement runs as long as the context; it is ended with it."""
    over = threading.Event()
    thread = threading.Thread(target=keep_busy, args=(server, observed, over.is_set))
    thread.start()
    try:
        yield
    finally:
        over.set()
        while thread.is_alive():
            server.psql("sluice", "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE "
                        "query LIKE '%FROM shop.orders AS t0%' AND pid <> pg_backend_pid();")
            thread.join(0.1)


def running(server):
    """The backend of the heavy statement that runs now, and since when."""
    return server.psql("sluice", "SELECT pid, query_start FROM pg_stat_activity WHERE state = 'active' "
                       "AND pid <> pg_backend_pid() AND query LIKE '%FROM shop.orders AS t0%';", "-At").stdout.strip()


def judge(history, observed):
    """Whether each answer is that of a policy of its time, and of the version it names."""
    for start, end, shown in observed.streams:
        known = {f"k{history.policies[place].wide}" for place in history.allowed(start, end)}
        if len(shown) > 1 or any(one != other or one not in known for one, other in shown):
            observed.count("wrong", ("stream", shown, known))
    for start, end, reader, purpose, surface, version, seen in observed.answers:
        if seen in ("policy_changing",):
            observed.count("policy_changing")
            continue
        # Whose purpose ends with the statement on its way is refused by the warehouse.
        as_seen = [seen, NOT_GRANTED] if seen == CLOSED and purpose else [seen]
        fitting = [place for place in history.allowed(start, end) if history.policies[place].seen(reader, purpose) in as_seen]
        if not fitting:
            places = [place for place, policy in enumerate(history.policies) if policy.seen(reader, purpose) == seen]
            observed.count("wrong", (surface, reader, purpose, version, history.allowed(start, end), "fits", places, seen))
            continue
        observed.count("right" if isinstance(seen, tuple) else f"right: {seen}")
        if version is not None:
            # The version that the answer names was read just before its statement began: never a later one.
            observed.count("named" if history.at(version) in fitting else "named an older one")
            if history.at(version) > fitting[-1]:
                observed.count("wrong", (surface, reader, purpose, "names", history.at(version), "fits", fitting))


@pytest.fixture
def changer(own_server):
    changer = Changer(own_server, random.Random(SEED))
    changer.install()
    return changer


@contextlib.contextmanager
def at_once(works):
    """Threads that work as long as the context; `works` are functions of whether it is over. Raises what one raised."""
    over = threading.Event()
    with concurrent.futures.ThreadPoolExecutor(len(works)) as pool:
        running = [pool.submit(work, over.is_set) for work in works]
        try:
            yield
        finally:
            over.set()
        for work in running:
            work.result()


def test_every_answer_is_that_of_one_policy_of_its_time(own_server, changer):
    server, observed = own_server, Observed()
    history = History(changer.policy, int(server.admin.query("SELECT 1").headers["Sluice-Policy-Version"]))
    works = [functools.partial(stream, server, observed)] * 2
    works += [functools.partial(read, server, observed, random.Random(SEED * 1000 + n)) for n in range(CLIENTS - 3)]
    latencies = collections.defaultdict(list)
    with busy(server, observed), at_once(works):
        for number in range(CHANGES):
            kinds = changer.kinds
            kind = kinds[number] if number < len(kinds) else changer.generator.choice(kinds)
            latencies[kind.__name__].append(history.change(changer, kind))
    judge(history, observed)
    every = [latency for kind in latencies.values() for latency in kind]
    print(f"\nseed {SEED}: {len(observed.answers)} answers, {dict(observed.counts)}, "
          f"{len({answer[5] for answer in observed.answers})} versions; a change took {statistics.median(every):.3f} s, at "
          f"worst {max(every):.3f} s: {({kind: round(max(of), 2) for kind, of in latencies.items()})}")
    assert not observed.wrong, "\n".join(map(str, [f"seed {SEED}", *observed.wrong[:3]]))
    right = sum(count for what, count in observed.counts.items() if what.startswith("right"))
    assert right > 0.8 * len(observed.answers) and observed.counts["right"] > 0.2 * right, observed.counts


def test_no_change_waits_for_a_statement_that_runs(own_server, changer):
    """Of each kind: when its answer is there, the statement runs on, or was ended by it. By itself it never ends."""
    server, observed, went_on = own_server, Observed(), []
    with busy(server, observed):
        for kind in changer.kinds:
            wait_until(lambda: running(server), 30, "the statement's beginning")
            before = running(server)
            assert changer.change(kind).ok, kind
            if running(server) == before:
                went_on.append(kind.__name__)
            assert {what.split()[1] for what in observed.counts} <= {"503"}, (kind, observed.counts)
    print(f"\nran on through {went_on}")
    assert len(went_on) > len(changer.kinds) // 2, went_on


def test_a_column_that_comes_back_with_another_type_is_read_at_once(own_server, changer):
    client = own_server.client(READERS[0])
    for type in ("text", None, "integer", None, "text"):
        changer.api.patch("/datasets/shop.orders", {"columns": columns(type)})
        for path in ("", "?id=eq.1", "?limit=all"):
            names = [column["name"] for column in client.get(f"/datasets/shop.orders/rows{path}").json()["columns"]]
            assert ("extra" in names) == (type is not None), (type, path)


def test_the_gate_is_open_again_after_a_change_that_failed_behind_it(own_server, changer):
    """A column is added, for which readers have to go; what comes after it in the same change cannot be."""
    client, observed = own_server.client(READERS[0]), Observed()
    documents = [{"kind": "dataset", "domain": "shop", "name": "orders", "primaryKey": ["id"], "columns": columns("text")},
                 {"kind": "mask", "name": "m", "on": "column:shop.orders.extra", "mask": {"kind": "year"}}]
    with busy(own_server, observed):
        wait_until(lambda: running(own_server), 30, "the statement's beginning")
        refused = changer.api.post("/apply", {"documents": documents}, expect=422).json()
        assert refused["code"] == "mask_does_not_fit", refused
    assert seen_in(client.get("/datasets/shop.orders/rows")) == changer.policy.seen(READERS[0], None)
    gates = own_server.psql("sluice", "SELECT count(*) FROM sluice.dataset_gate WHERE shut", "-At")
    assert gates.stdout == "0\n", gates
