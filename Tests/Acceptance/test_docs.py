"""README and docs/ do as they say: every command is run, every output shown is compared, every link leads somewhere.

In a page, a block ```sh is commands, and a plain block right below it is their output, standard error included. A page's
blocks run in order in one shell, in a folder that looks like a checkout in which `make run` runs: `.sluice` is the data
dir, `.build/release/sluice` (and `sluice` in PATH) the program, `examples` a copy. SLUICE_URL and SLUICE_TOKEN (the
admin's) are set. Pages of docs/how-to begin with the first block of docs/how-to/README.md. Any command that fails ends
the page: the shell has `set -eu -o pipefail`. Before each block, runs that were started have ended.

Each page has a fresh server, but those of docs/how-to share one: they leave alone what the demo declares, and what they
make has names of its own.

Comments right above a block:
- `<!-- exit status: 1 -->` when the last command shown is to fail;
- `<!-- not run: REASON -->` when it cannot run here. The first word of REASON is one of NOT_RUN below, and there are at
  most MOST_NOT_RUN such blocks in all. `make TARGET` is not run either: that the Makefile has the target is checked.

Blocks ```yaml that begin with `kind:` are documents: `sluice plan` must take them.

A block without an output below it may print what it likes, but no problem of the API.

What may differ from the output shown: what VARIES lists, white space between the tokens of JSON (so that a page may break
its lines), and whatever `…` stands for: within a line anything, on a line of its own any lines.

With SLUICE_WRITE_DOCS in the environment an output that differs is written into its page, for somebody to read through.
"""

import os
import re
import select
import shutil
import signal
import subprocess

import pytest

from cluster import Cluster
from pages import ROOT, all_pages
from sluice import BINARY, Server, clean_environment, wait_until

ADDRESS = "127.0.0.1:8080"
BLOCK_SECONDS = 60
LANGUAGES = {"sh", "", "text", "yaml", "json", "sql", "swift", "mermaid"}
NOT_RUN = {"docker", "systemd", "another-machine", "stopped-server"}
MOST_NOT_RUN = 12
WRITES = "SLUICE_WRITE_DOCS" in os.environ

# Each is replaced, in what is shown and in what came, by the same word.
VARIES = [
    (re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|\+00:00)"), "TIME"),
    (re.compile(r"slt_[\w-]+"), "TOKEN"),
    (re.compile(r"\b[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}\b"), "UUID"),
    (re.compile(r'("durationMicroseconds" ?: ?)\d+'), r"\1N"),
    (re.compile(r'("(?:id|run|pid|requestId|role|worker|host|incarnation|cursor|nextCursor)" ?: ?)(?:"[^"]*"|\d+)'), r"\1ID"),
    (re.compile(r"([?&]cursor=)[\w%.-]+"), r"\1ID"),
    (re.compile(r'("policyVersion" ?: ?|[Pp]olicy[ -][Vv]ersion:? )\d+'), r"\1N"),
    (re.compile(r"(ETag: |etag: )\"\d+\""), r"\1N"),
    (re.compile(r"sluice \d+\.\d+\.\d+"), "sluice VERSION"),
]

PAGES = all_pages()


# Running --------------------------------------------------------------------------------------------------------------


class Shell:
    """One bash that runs the blocks of a page."""

    def __init__(self, folder, environment):
        self.folder = folder
        self.count = 0
        self.process = subprocess.Popen(
            ["bash", "--norc", "-eu", "-o", "pipefail"], cwd=folder / "checkout", env=environment, text=True, bufsize=1,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, start_new_session=True)
        self.process.stdin.write("umask 022\n")  # job processes must be able to read what a page puts down

    def run(self, text, may_fail=False):
        """Runs commands; returns their status and everything they wrote. A failure ends the shell unless it may be."""
        self.count += 1
        script, output = self.folder / f"block-{self.count}", self.folder / f"output-{self.count}"
        script.write_text(text)
        command = f"source {script} >{output} 2>&1 </dev/null"
        self.process.stdin.write(f"{command} && echo 0 || echo $?\n" if may_fail else f"{command}; echo 0\n")
        readable, _, _ = select.select([self.process.stdout], [], [], BLOCK_SECONDS)
        assert readable, f"not done in {BLOCK_SECONDS} s; so far: {output.read_text()}"
        status = self.process.stdout.readline().strip()
        return int(status) if status else self.process.wait(10), output.read_text(errors="replace")

    def end(self):
        """Ends what the page left running, too."""
        self.process.stdin.close()
        try:
            os.killpg(self.process.pid, signal.SIGTERM)
        except ProcessLookupError:
            pass
        self.process.wait(BLOCK_SECONDS)
        self.process.stdout.close()


def with_demo():
    """A server with the demo, and the folder in which pages run."""
    server = Server()
    try:
        checkout = server.folder / "checkout"
        (checkout / ".build/release").mkdir(parents=True)
        (checkout / ".build/release/sluice").symlink_to(BINARY)
        shutil.copytree(ROOT / "examples", checkout / "examples")
        (checkout / ".sluice").symlink_to(server.data)
        server.options = ("--file-roots", str(checkout / "examples"), "--allow-loopback-sources")
        server.start()
        subprocess.run([checkout / "examples/load"], env=environment(server), check=True, timeout=120, capture_output=True)
        # The worker beside it takes its time.
        wait_until(lambda: server.admin.get("/workers").json()["items"], BLOCK_SECONDS, "the worker")
        yield server
    finally:
        server.clean()


@pytest.fixture
def fresh():
    yield from with_demo()


@pytest.fixture(scope="module")
def shared():
    yield from with_demo()


@pytest.fixture(scope="module")
def shop():
    """The other database that pages bring tables in from: db.example.org:5432/shop for them."""
    cluster = Cluster()
    try:
        cluster.psql("CREATE DATABASE shop")
        yield cluster
    finally:
        cluster.clean()


def environment(server):
    programs = server.folder / "checkout/.build/release"
    return clean_environment() | {
        "SLUICE_URL": server.base, "SLUICE_TOKEN": (server.data / "admin-token").read_text().strip(),
        "SLUICE": str(programs / "sluice"), "PATH": f"{programs}:{os.environ['PATH']}", "no_proxy": "127.0.0.1",
        "LC_ALL": "C.UTF-8",
    }


def runnable(block, address, shop=None):
    """The block's commands as they run here."""
    text = block.text.replace(ADDRESS, address)
    if shop:
        text = text.replace("port: 5432", f"port: {shop.port}").replace("db.example.org", "127.0.0.1")
    text = re.sub(r"^make .*$", ":", text, flags=re.MULTILINE)
    if os.geteuid() != 0:
        text = re.sub(r"runuser -u \S+ -- ", "", text)
    return text


def shown_as(output, server, shop):
    """What came, with the addresses of the page."""
    if shop:
        output = output.replace("127.0.0.1", "db.example.org").replace(str(shop.port), "5432")
    return output.replace(server.base, f"http://{ADDRESS}")


def is_idle(server):
    return all(not server.admin.get(f"/runs?state={state}").json()["items"] for state in ("queued", "running"))


@pytest.mark.parametrize("page", [page for page in PAGES if page.commands], ids=str)
def test_what_a_page_says_happens(page, request):
    place = request.getfixturevalue("shared" if page.path.parent.name == "how-to" else "fresh")
    shop, variables = None, environment(place)
    if "db.example.org" in "".join(block.text for block in page.commands if "not run" not in block.marks):
        shop = request.getfixturevalue("shop")
        variables |= {"PGUSER": "boss", "PGPASSWORD": shop.password, "PGPORT": str(shop.port)}
    shell = Shell(place.folder, variables)
    try:
        if page.path.parent.name == "how-to" and page.path.name != "README.md":
            prelude = next(other for other in PAGES if other.path == page.path.with_name("README.md"))
            assert shell.run(runnable(prelude.commands[0], place.base.removeprefix("http://")))[0] == 0
        for block in page.commands:
            if "not run" in block.marks:
                continue
            wait_until(lambda: is_idle(place), BLOCK_SECONDS, f"{block}: the end of runs")
            expected = int(block.marks.get("exit status", 0))
            commands = runnable(block, place.base.removeprefix("http://"), shop)
            status, output = shell.run(commands, may_fail=expected != 0)
            assert status == expected, f"{block}: status {status}\n{output}"
            if block.output:
                compare(block, shown_as(output, place, shop))
            else:
                assert "urn:sluice:error:" not in output, f"{block}: {output}"
    finally:
        shell.end()
        if WRITES:
            page.write()


@pytest.mark.parametrize("page", [page for page in PAGES if page.documents], ids=str)
def test_documents_shown_can_be_applied(shared, page):
    for block in page.documents:
        done = subprocess.run(
            [BINARY, "plan", "-f", "-"], input=block.text, env=environment(shared) | {"SHOP_PASSWORD": "x"},
            capture_output=True, text=True, timeout=BLOCK_SECONDS)
        assert done.returncode == 0, f"{block}: {done.stderr}"


# Comparing ------------------------------------------------------------------------------------------------------------


def normal(text, is_json):
    for pattern, word in VARIES:
        text = pattern.sub(word, text)
    lines = [line.rstrip() for line in text.strip().splitlines()]
    if not is_json:
        return "\n".join(lines)
    return re.sub(r'("(?:[^"\\]|\\.)*")|\s+', lambda match: match[1] or "", "\n".join(lines))


def pattern_of(shown):
    """The shown text as a regular expression, in which … stands for anything in a line, alone on its line for any lines."""
    lines = []
    for line in shown.split("\n"):
        lines.append(None if line.strip() == "…" else ".*".join(re.escape(part) for part in line.split("…")))
    pattern = ""
    for index, line in enumerate(lines):
        if line is None:
            pattern += r"(?:.*\n)*"
        else:
            pattern += line + ("\n" if index < len(lines) - 1 else r"\n?")
    return re.compile(pattern)


def differs(shown, came):
    is_json = shown.lstrip()[:1] in ("{", "[")
    shown, came = normal(shown, is_json), normal(came, is_json)
    return None if pattern_of(shown).fullmatch(came + "\n") else f"-- shown:\n{shown}\n-- came:\n{came}"


def compare(block, came):
    difference = differs(block.output.text, came)
    if difference and WRITES:
        block.output.text = wrapped(came)
        return
    assert difference is None, f"{block}: the output shown differs\n{difference}\n-- as it came:\n{came}"


def wrapped(text):
    """Breaks long lines of JSON between members."""
    lines = []
    for line in text.rstrip().splitlines():
        while len(line) > 120 and line[:1] in "{[ ":
            end = max((match.end() for match in re.finditer(r', ?(?=["{\[])', line[:120])), default=0)
            if not end:
                break
            lines.append(line[:end].rstrip())
            line = " " + line[end:]
        lines.append(line)
    return "".join(f"{line.rstrip()}\n" for line in lines)


@pytest.mark.parametrize(("shown", "came", "equal"), [
    ("a\nb\n", "a\nb\n", True),
    ("a\n", "b\n", False),
    ("a\n", "a\nb\n", False),
    ("a …\n", "a 12\n", True),
    ("a …\n", "a\nb\n", False),
    ("a\n…\nd\n", "a\nb\nc\nd\n", True),
    ("a\n…\n", "a\nb\nc\n", True),
    ("a\n…\nd\n", "a\nb\nc\n", False),
    ('{"id": "7", "n": 1}', '{"id":"8","n":1}', True),
    ('{"id": "7", "n": 1}', '{"id":"8","n":2}', False),
    ('{"a b": 1}', '{"ab":1}', False),
    ("at 2026-11-21T05:26:48.095538Z", "at 2027-01-01T00:00:00Z", True),
    ("Policy version 3.", "Policy version 14.", True),
    ("3 rows", "14 rows", False),
])
def test_outputs_differ_when_they_do(shown, came, equal):
    assert (differs(shown, came) is None) == equal


# Pages ----------------------------------------------------------------------------------------------------------------


def test_blocks_that_are_not_run_are_few_and_have_their_reason():
    skipped = [block for page in PAGES for block in page.blocks if "not run" in block.marks]
    for block in skipped:
        print(f"{block}: {block.marks['not run']}")
        assert block.language == "sh", f"{block}: not run, and no commands"
        assert block.marks["not run"].split()[0].rstrip(":,") in NOT_RUN, f"{block}: {block.marks['not run']}"
        assert block.output is None, f"{block}: an output that nobody compares"
    assert len(skipped) <= MOST_NOT_RUN, [str(block) for block in skipped]


def test_every_block_has_a_language_that_is_known():
    """Commands in a block of another language would be run by nobody."""
    unknown = [f"{block} {block.language}" for page in PAGES for block in page.blocks if block.language not in LANGUAGES]
    assert unknown == []


def test_every_make_target_that_is_named_is_there():
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    named = {word for page in PAGES for block in page.commands
             for word in re.findall(r"^\s*make ([a-z]+)", block.text, re.MULTILINE)}
    assert named and named <= targets, named - targets


def test_every_link_leads_somewhere():
    known = {page.path: page for page in PAGES}
    broken = []
    for page in PAGES:
        for target, path, anchor in page.links:
            if not path.exists() or not path.is_relative_to(ROOT):
                broken.append(f"{page}: {target}: there is no {path.name}")
            elif anchor and path in known and anchor not in known[path].anchors:
                broken.append(f"{page}: {target}: no such heading")
    assert broken == []


def test_every_page_is_linked_from_another():
    """A link to a folder is one to its README, or else to each of its pages: a reader sees the list."""
    linked = set()
    for page in PAGES:
        for _, path, _ in page.links:
            if path != page.path:
                linked.add(path / "README.md" if (path / "README.md").exists() else path)
    lost = [str(page) for page in PAGES
            if page.path != ROOT / "README.md" and not {page.path, page.path.parent} & linked]
    assert lost == []
