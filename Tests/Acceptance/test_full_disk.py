"""No space left where the embedded Postgres keeps its files: a clear refusal, nothing lost, and on when there is room."""

import os
import pathlib
import shutil
import subprocess

import pytest

import sluice

SIZE = 400 << 20


@pytest.fixture
def cramped():
    """A server whose data dir is a small file system of its own."""
    if os.geteuid() != 0:
        pytest.skip("only root can mount a file system")
    server = sluice.Server()
    server.data.mkdir()
    mount = subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={SIZE},mode=755", "tmpfs", server.data],
                           capture_output=True, text=True)
    if mount.returncode != 0:
        server.clean()
        pytest.skip(f"mount is not permitted here: {mount.stderr.strip()}")
    try:
        yield server.start()
    finally:
        server.clean()  # all but the mount point
        subprocess.run(["umount", server.data], check=True)
        shutil.rmtree(server.folder)


def fill(server):
    """Leaves a megabyte free."""
    space = os.statvfs(server.data)
    filler = pathlib.Path(server.data / "filler")
    with open(filler, "wb") as file:
        os.posix_fallocate(file.fileno(), 0, space.f_bavail * space.f_frsize - (1 << 20))
    return filler


def test_a_full_disk_refuses_and_loses_nothing(cramped):
    admin = cramped.admin
    admin.put("/domains/shop", {})
    admin.post("/datasets", {"domain": "shop", "name": "orders", "primaryKey": ["id"], "columns": [
        {"name": "id", "type": "int"}, {"name": "note", "type": "text"}]})
    admin.post("/datasets/shop.orders/rows", [{"id": 0, "note": "kept"}])
    body = b"id,note\n" + b"".join(b"%d,%s\n" % (number, b"x" * 500) for number in range(1, 40_000))
    load = {"data": body, "headers": {"Content-Type": "text/csv"}}

    filler = fill(cramped)
    refused = admin.request("POST", "/datasets/shop.orders/rows", 503, **load)
    assert refused.json()["code"] == "store_unavailable", refused.text
    assert admin.get("//healthz").text == "ok\n"
    filler.unlink()

    # Postgres itself may have had to stop, when its log found no room; it is started again.
    def answers():
        answer = admin.query("SELECT id, note FROM shop.orders", expect=(200, 503))
        return answer.status_code == 200 and answer.json()["rows"] == [[0, "kept"]]

    sluice.wait_until(answers, 60, "the rows as before")
    sluice.wait_until(
        lambda: admin.request("POST", "/datasets/shop.orders/rows", (200, 503), **load).status_code == 200, 60,
        "the load")
    assert admin.query("SELECT count(*) FROM shop.orders").json()["rows"] == [[40_000]]
    assert cramped.stop() == 0
    cramped.start()
    assert cramped.admin.query("SELECT count(*) FROM shop.orders").json()["rows"] == [[40_000]]
