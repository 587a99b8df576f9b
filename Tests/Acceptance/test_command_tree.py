"""The command line itself: what `sluice` teaches, help of everything, and completion in the shells that there are."""

import os
import re
import subprocess

import pytest

from sluice import BINARY, clean_environment

REPOSITORY = os.path.join(os.path.dirname(__file__), "..", "..")


def sluice(*words, status=0, **variables):
    done = subprocess.run([BINARY, *words], capture_output=True, text=True, timeout=60,
                          env=clean_environment() | variables)
    assert done.returncode == status, f"{words}: {done.returncode}\n{done.stdout}{done.stderr}"
    return done


def commands():
    """Every command that help shows, as words."""
    found = []

    def look(words):
        text = sluice(*words, "--help").stdout
        for block in re.findall(r"^(?:Commands[^\n]*|Run the platform|Describe and protect|Load|Look):\n((?:  \S.*\n)+)", text, re.M):
            for line in block.splitlines():
                command = [*words, line.split()[0]]
                found.append(command)
                look(command)

    look([])
    return found


COMMANDS = commands()


def test_without_arguments_it_teaches():
    done = sluice()
    assert done.stderr == ""
    text = done.stdout
    assert text.startswith("Sluice is a self-service data platform")
    first = text.index("The first three things to do:")
    assert first < text.index("Run the platform:") < text.index("Describe and protect:") < text.index("Load:") < text.index("Look:")
    assert all(len(line) <= 120 for line in text.splitlines())
    assert sluice("--help").stdout == text == sluice("help").stdout == sluice("-h").stdout


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_every_command_has_help_with_examples(command):
    text = sluice(*command, "--help").stdout
    assert text.startswith(f"Usage: sluice {' '.join(command)}")
    assert "\nExamples:\n  " in text and "--help" in text
    assert sluice("help", *command).stdout == text == sluice(*command, "-h").stdout


def test_there_are_the_commands_of_everyday_work():
    names = {" ".join(command) for command in COMMANDS}
    assert names >= {"serve", "query", "load", "run", "runs cancel", "runs retry", "logs", "token create", "token list",
                     "token revoke", "grant add", "grant list", "grant revoke", "explain", "doctor", "completion"}


@pytest.mark.parametrize(("words", "hint"), [
    (["qurey"], "Did you mean sluice query?"),
    (["token", "lst"], "Did you mean sluice token list?"),
    (["help", "token", "crate"], "Did you mean sluice token create?"),
    (["runs", "--stat", "failed"], "Did you mean --state?"),
    (["runs", "--state", "fialed"], "Did you mean failed?"),
    (["load"], "For example: sluice load"),
    (["completion", "powershell"], "For example: source <(sluice completion bash)"),
    (["grant", "add", "user:a", "own", "on", "platform"], "For example: sluice grant add"),
    (["version", "now"], "For example: sluice version"),
])
def test_what_is_not_understood_is_said_with_what_to_do(words, hint):
    done = sluice(*words, status=2)
    assert done.stdout == "" and done.stderr.startswith("error: ") and f"hint: {hint}" in done.stderr, done.stderr


def test_versions_are_told_to_people_and_programs():
    assert re.fullmatch(r"sluice \d+\.\d+\.\d+\n", sluice("version").stdout)
    assert sluice("--version").stdout == sluice("version").stdout
    assert re.fullmatch(r'\{"version":"[\d.]+"\}\n', sluice("version", "--json").stdout)


def test_the_page_has_the_help_of_every_command():
    done = subprocess.run([os.path.join(REPOSITORY, "scripts/command-docs"), "--check"], capture_output=True, text=True,
                          timeout=120, env=clean_environment() | {"SLUICE": BINARY})
    assert done.returncode == 0, done.stdout + done.stderr


# Completion ----------------------------------------------------------------------------------------------------------

BASH = """
source "$1"
COMP_WORDS=("${@:2}")
COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
_sluice
printf '%s\\n' "${COMPREPLY[@]}"
"""


def bash(tmp_path, *words):
    script = tmp_path / "sluice.bash"
    script.write_text(sluice("completion", "bash").stdout)
    done = subprocess.run(["bash", "--norc", "-c", BASH, "bash", script, *words], capture_output=True, text=True,
                          timeout=30, cwd=tmp_path)
    assert done.returncode == 0 and done.stderr == "", done.stderr
    return set(done.stdout.split())


def fish(tmp_path, *words):
    script = tmp_path / "sluice.fish"
    script.write_text(sluice("completion", "fish").stdout)
    done = subprocess.run(
        ["fish", "--no-config", "-c", "source $argv[1]; complete -C $argv[2]", str(script), " ".join(words)],
        capture_output=True, text=True, timeout=30, cwd=tmp_path, env=clean_environment() | {"HOME": str(tmp_path)})
    assert done.returncode == 0 and done.stderr == "", done.stderr
    return {line.split("\t")[0] for line in done.stdout.splitlines()}


@pytest.mark.parametrize(("words", "some", "none"), [
    (["sluice", ""], {"query", "token", "runs", "doctor"}, {"supervise", "job", "create"}),
    (["sluice", "qu"], {"query", "quarantine"}, {"token"}),
    (["sluice", "token", ""], {"create", "list", "revoke"}, {"query"}),
    (["sluice", "token", "create", "--pr"], {"--principal"}, {"--limit"}),
    (["sluice", "runs", "--state", ""], {"queued", "failed"}, {"--json", "list"}),
    (["sluice", "runs", "list", "--state", "f"], {"failed"}, {"queued"}),
    (["sluice", "completion", ""], {"bash", "zsh", "fish"}, set()),
    (["sluice", "grant", "add", "user:a", ""], {"select", "manage", "on"}, {"list"}),
    (["sluice", "apply", "-f", "po"], {"policy.yaml"}, {"plan"}),
    (["sluice", "load", "a.b", "po"], {"policy.yaml"}, {"plan"}),
    (["sluice", "token", "create", "--principal", ""], set(), {"--principal", "create", "policy.yaml"}),
])
@pytest.mark.parametrize("shell", ["bash", "fish"])
def test_a_shell_completes_what_may_come_next(tmp_path, shell, words, some, none):
    (tmp_path / "policy.yaml").write_text("")
    found = {"bash": bash, "fish": fish}[shell](tmp_path, *words)
    assert some <= found and not (none & found), found


ZSH = r"""
autoload -Uz compinit; compinit -u -D
# What the completion system is given, instead of a menu.
_describe() { local -a all=("${(@P)2}"); print -rl -- "${(@)all%%:*}" }
_files() { print -rl -- *(N) }
compadd() { shift; print -rl -- "$@" }
compdef() { }
source "$1"
words=("${@:2}") CURRENT=$(($# - 1))
_sluice
"""


@pytest.mark.parametrize(("words", "some", "none"), [
    (["sluice", ""], {"query", "token", "runs"}, {"supervise", "create"}),
    (["sluice", "token", ""], {"create", "list", "--json"}, {"query"}),
    (["sluice", "runs", "--state", ""], {"queued", "failed"}, {"--json", "list"}),
    (["sluice", "load", "a.b", ""], {"policy.yaml", "--key"}, {"plan"}),
])
def test_zsh_completes_what_may_come_next(tmp_path, words, some, none):
    (tmp_path / "policy.yaml").write_text("")
    (tmp_path / "_sluice").write_text(sluice("completion", "zsh").stdout)
    done = subprocess.run(["zsh", "-f", "-c", ZSH, "zsh", str(tmp_path / "_sluice"), *words], capture_output=True,
                          text=True, timeout=30, cwd=tmp_path)
    assert done.returncode == 0 and done.stderr == "", done.stderr
    found = set(done.stdout.split())
    assert some <= found and not (none & found), found
