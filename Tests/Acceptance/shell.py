"""The command line as one principal uses it against a running server."""

import json
import subprocess

import pytest

import pipelines
from sluice import BINARY, clean_environment

REFUSED, USAGE, UNREACHABLE = 1, 2, 3


class Shell:
    """Runs `sluice …` against a server as one principal."""

    def __init__(self, server, token):
        self.environment = clean_environment() | {"SLUICE_URL": server.base, "SLUICE_TOKEN": token}

    def __call__(self, *words, status=0, input=None, **variables):
        """Runs it to its end, with environment variables besides; fails unless it ends with `status`."""
        done = subprocess.run([BINARY, *map(str, words)], input=input, capture_output=True, timeout=120,
                              text=not isinstance(input, bytes), env=self.environment | variables)
        assert done.returncode == status, f"{words}: {done.returncode}\n{done.stdout}{done.stderr}"
        return done

    def json(self, *words, status=0):
        return json.loads(self(*words, "--json", status=status).stdout)

    def start(self, *words, stdout=subprocess.PIPE, text=True):
        return subprocess.Popen([BINARY, *map(str, words)], stdin=subprocess.DEVNULL, stdout=stdout,
                                stderr=subprocess.PIPE, text=text, env=self.environment)


@pytest.fixture(scope="module")
def sluice(server):
    return Shell(server, (server.data / "admin-token").read_text().strip())


@pytest.fixture(scope="module", autouse=True)
def platform(server, admin):
    pipelines.declare_files(server)
    admin.put("/tags/pii.email", {})
    admin.post("/datasets", {"domain": "shop", "name": "orders", "description": "What was ordered", "primaryKey": ["id"],
                             "columns": [{"name": "id", "type": "bigint"},
                                         {"name": "email", "type": "text", "tags": ["pii.email"]},
                                         {"name": "region", "type": "text"}]})
    admin.put_new("/masks/emails", {"on": "tag:pii.email", "mask": {"kind": "email"}, "except": {"principals": ["admin"]}})
    admin.put_new("/row-filters/regions", {"on": "dataset:shop.orders", "expression": "region = ANY(user.region)",
                                           "except": {"principals": ["admin"]}})
    admin.put_new("/principals/ann", {"kind": "user", "attributes": {"region": ["EU"]}})
    admin.put_new("/principals/eve", {"kind": "user"})


@pytest.fixture(scope="module")
def ann(server, sluice):
    return Shell(server, sluice("token", "create", "--principal", "ann").stdout.strip())
