import pytest

from cluster import Cluster
from sluice import Server


@pytest.fixture(scope="module")
def server():
    """One server for the tests of a file."""
    with Server.running() as server:
        yield server


@pytest.fixture
def own_server():
    """A server of the test's own, which it may kill."""
    with Server.running() as server:
        yield server


@pytest.fixture(scope="module")
def admin(server):
    return server.admin


@pytest.fixture(scope="module")
def cluster():
    """A second Postgres for the tests of a file."""
    cluster = Cluster()
    try:
        yield cluster
    finally:
        cluster.clean()
