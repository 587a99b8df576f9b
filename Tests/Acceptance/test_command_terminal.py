"""What somebody at a terminal sees: tables that fit, wide characters, progress, colours; and what a pipe gets instead."""

import os
import subprocess

import pytest

import pipelines
from sluice import BINARY, clean_environment
from terminal import on_terminal

WIDE = "SELECT 1 AS id, '東京' AS city, NULL AS note UNION ALL SELECT 22, 'Linz', 'é' ORDER BY id"


@pytest.fixture(scope="module")
def environment(server):
    return clean_environment() | {
        "SLUICE_URL": server.base, "SLUICE_TOKEN": (server.data / "admin-token").read_text().strip(),
        "PATH": os.environ["PATH"]}


def rows(screen):
    return screen.text.splitlines()


def width(text):
    """As terminals count: two columns for the wide characters used here."""
    return sum(2 if "\u2e80" <= character <= "\uffdc" else 1 for character in text)


def test_wide_characters_and_null_stand_in_their_columns(environment):
    screen = on_terminal(environment, "query", WIDE)
    assert screen.status == 0
    assert rows(screen) == ["id  city  note", "--  ----  ----", " 1  東京  NULL", "22  Linz  é", "(2 rows)"]
    assert "\x1b[2mNULL\x1b[0m" in screen.raw, "NULL is told from a text by its colour"


@pytest.mark.parametrize("columns", [40, 60, 80, 200])
def test_a_table_is_never_wider_than_the_terminal(environment, columns):
    sql = "SELECT n AS id, repeat('word ', 60) AS text, repeat('長', 50) AS wide FROM generate_series(1, 3) AS n"
    screen = on_terminal(environment, "query", sql, columns=columns)
    assert screen.status == 0
    table = [line for line in rows(screen) if line and not line.startswith(("(", "Long"))]
    assert len(table) == 5 and all(width(line) <= columns for line in table), table
    assert "…" in table[2]
    assert "--format table or records shows them whole" in screen.text


def test_a_row_too_wide_for_the_terminal_becomes_a_record(environment):
    sql = "SELECT " + ", ".join(f"'value {number}' AS column_{number}" for number in range(20))
    screen = on_terminal(environment, "query", sql, columns=80)
    assert rows(screen)[:2] == ["-[ 1 ]-", "column_0   value 0"] and rows(screen)[-1] == "(1 row)"
    asked = on_terminal(environment, "query", sql, "--format", "table", columns=80)
    assert rows(asked)[0].startswith("column_0  column_1 "), "asked for, a table is a table"
    records = subprocess.run([BINARY, "query", "SELECT 1 AS a, NULL AS b", "--format", "records"], env=environment,
                             capture_output=True, text=True, timeout=60)
    assert records.stdout == "-[ 1 ]-\na  1\nb  NULL\n(1 row)\n"


def test_nothing_a_row_holds_reaches_the_terminal_as_a_command(environment):
    screen = on_terminal(environment | {"NO_COLOR": "1"}, "query", "SELECT E'\\x1b[2J\\r\\n\\u202e' AS c")
    assert "\x1b" not in screen.raw and "\\u{1B}[2J\\r\\n\\u{202E}" in screen.text


@pytest.mark.parametrize("variable", [{"NO_COLOR": "1"}, {"TERM": "dumb"}])
def test_colours_can_be_switched_off(environment, variable):
    words = ["env", *[f"{name}={value}" for name, value in variable.items()], BINARY, "query", WIDE]
    done = subprocess.run(["script", "-qec", subprocess.list2cmdline(words), "/dev/null"], env=environment,
                          capture_output=True, text=True, timeout=60)
    assert done.returncode == 0 and "NULL" in done.stdout and "\x1b" not in done.stdout


def test_a_pipe_gets_no_colour_and_csv(environment):
    done = subprocess.run([BINARY, "query", WIDE], env=environment, capture_output=True, text=True, timeout=60)
    assert done.stdout == "id,city,note\n1,東京,\n22,Linz,é\n" and done.stderr == ""


# Progress ------------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def dataset(server, admin):
    pipelines.declare_files(server)
    admin.post("/datasets", {"domain": "shop", "name": "orders", "columns": [
        {"name": "id", "type": "bigint"}, {"name": "note", "type": "text"}]})
    return "shop.orders"


@pytest.fixture(scope="module")
def large(tmp_path_factory):
    path = tmp_path_factory.mktemp("load") / "orders.csv"
    with open(path, "w") as file:
        file.write("id,note\n")
        file.writelines(f"{number},{'x' * 200}\n" for number in range(60_000))
    return path


def test_a_load_draws_its_progress_and_leaves_one_line(environment, dataset, large):
    screen = on_terminal(environment, "load", dataset, large, columns=100)
    assert screen.status == 0, screen.text
    assert screen.raw.rstrip().endswith(" s.") and "Loaded 60,000 rows into shop.orders" in screen.text
    bars = [line for line in screen.drawings if line.startswith("Loading shop.orders  [")]
    assert bars and all(len(line) < 100 for line in bars)
    assert "100 %" in bars[-1] and "MiB" in bars[-1] and "/s" in bars[-1]
    assert screen.raw.count("\r\x1b[K") >= 1, "the line is removed before the last word"


def test_a_load_in_a_pipe_draws_nothing(environment, dataset, large):
    done = subprocess.run([BINARY, "load", dataset, large], env=environment, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0 and done.stdout.startswith("Loaded 60,000 rows into shop.orders in ")
    assert "\r" not in done.stderr and "[" not in done.stderr


def test_a_run_draws_its_progress_and_ends_with_its_outcome(server, environment, dataset, large):
    (server.files / "orders.csv").write_bytes(large.read_bytes())
    pipelines.declare(server, "shop.nightly", "orders.csv", "shop.copied")
    screen = on_terminal(environment, "run", "shop.nightly", "--wait", columns=120)
    assert screen.status == 0, screen.text
    assert "Run " in screen.drawings[0] and "60,000 read, 60,000 written" in screen.text.splitlines()[-1]
    assert "\x1b[32msucceeded\x1b[0m" in screen.raw


def test_a_run_in_a_pipe_tells_its_states_in_lines(server, environment, dataset):
    (server.files / "few.csv").write_text("id,note\n1,a\n2,b\n")
    pipelines.declare(server, "shop.few", "few.csv", "shop.few")
    done = subprocess.run([BINARY, "run", "shop.few", "--wait"], env=environment, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    assert "2 read, 2 written" in done.stdout and done.stdout.count("\n") == 1
    assert : succeeded" in done.stderr and "\r" not in done.stderr and "\x1b" not in done.stderr


def test_a_log_has_colours_on_a_terminal_only(server, environment, dataset):
    pipelines.declare(server, "shop.gone", "no-such.csv", "shop.gone")
    failed = subprocess.run([BINARY, "run", "shop.gone", "--wait"], env=environment, capture_output=True, text=True,
                            timeout=120)
    assert failed.returncode == 1
    screen = on_terminal(environment, "logs", "shop.gone")
    assert "\x1b[31merror" in screen.raw
    plain = subprocess.run([BINARY, "logs", "shop.gone"], env=environment, capture_output=True, text=True, timeout=60)
    assert "\x1b" not in plain.stdout and plain.stdout == screen.text
