import pytest

from sluice import Server


def _running():
    server = Server()
    try:
        yield server.start()
    finally:
        server.clean()


@pytest.fixture(scope="module")
def server():
    """One server for the tests of a file."""
    yield from _running()


@pytest.fixture
def own_server():
    """A server of the test's own, which it may kill."""
    yield from _running()


@pytest.fixture(scope="module")
def admin(server):
    return server.admin
