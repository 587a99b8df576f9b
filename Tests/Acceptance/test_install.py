"""packaging/install: what `make install` and the Debian package copy is whole, and its documentation leads somewhere."""

import os
import re
import subprocess

import pytest

from pages import ROOT
from sluice import BINARY, clean_environment

LINK = re.compile(r"\]\(([^)#\s]+)(?:#[^)]*)?\)")


@pytest.fixture(scope="module")
def installed(tmp_path_factory):
    """A folder with all of it, as for the package."""
    folder = tmp_path_factory.mktemp("root")
    environment = clean_environment() | {
        "DESTDIR": str(folder), "PREFIX": "/usr", "SYSCONFDIR": "/etc", "SLUICE_BINARY": BINARY}
    subprocess.run([ROOT / "packaging/install"], env=environment, check=True, capture_output=True, timeout=120)
    return folder


def test_the_program_runs(installed):
    said = subprocess.run([installed / "usr/bin/sluice", "version"], capture_output=True, text=True, timeout=30, check=True)
    assert said.stdout.startswith("sluice ")


def test_links_of_the_documentation_lead_to_what_is_installed(installed):
    doc = installed / "usr/share/doc/sluice"
    pages = sorted(doc.rglob("*.md"))
    assert len(pages) > 50
    broken = [
        f"{page.relative_to(doc)}: {target}"
        for page in pages
        for target in LINK.findall(page.read_text(encoding="utf-8"))
        if not re.match(r"[a-z]+:", target) and not (page.parent / target).exists()
    ]
    assert broken == []


def test_the_unit_names_what_is_installed(installed):
    unit = (installed / "usr/lib/systemd/system/sluice.service").read_text()
    program = re.search(r"^ExecStart=(\S+)", unit, re.M)[1]
    page = re.search(r"^Documentation=file://(\S+)", unit, re.M)[1]
    assert os.access(f"{installed}{program}", os.X_OK) and os.path.isfile(f"{installed}{page}"), (program, page)
    assert os.access(f"{installed}/usr/share/doc/sluice/examples/load", os.X_OK)


def test_settings_that_are_there_stay(installed):
    settings = installed / "etc/sluice/sluice.env"
    assert settings.stat().st_mode & 0o777 == 0o600
    settings.write_text("SLUICE_HTTP=127.0.0.1:1\n")
    environment = clean_environment() | {
        "DESTDIR": str(installed), "PREFIX": "/usr", "SYSCONFDIR": "/etc", "SLUICE_BINARY": BINARY}
    subprocess.run([ROOT / "packaging/install"], env=environment, check=True, capture_output=True, timeout=120)
    assert settings.read_text() == "SLUICE_HTTP=127.0.0.1:1\n"
