"""Masks whose values are stored, `sha256` and `token`, against hashlib and hmac: by every way rows come."""

import hashlib
import hmac

import pytest

import pipelines
import replays
from access import EMAILS, grant, polled, reads, shop  # noqa: F401: shop is a fixture
from replays import files, name  # noqa: F401: fixtures

LOADS = {
    "append": ("append", [b"id,code,amount\n1,ABC,1\n2,\xc3\x9cb\xc3\xa9r,2\n"]),
    "upsert": ("upsert", [b"id,code,amount\n1,ABC,1\n2,DEF,2\n3,GHI,3\n", b"id,code,amount\n2,NEW,2\n4,,4\n1,ABC,9\n"]),
    "replace": ("replace", [b"id,code,amount\n1,ABC,1\n2,DEF,2\n", b"id,code,amount\n7,XYZ,1\n8,,2\n"]),
}
MASKS = [{"kind": "sha256"}, {"kind": "token", "domain": "people"}]


def masked(server, mask, value):
    """What the mask makes of a text, with the key as the database keeps it."""
    if value is None:
        return None
    where = f"token_domain = '{mask['domain']}'" if "domain" in mask else "id = 0"
    found = server.psql("sluice", f"SELECT encode(key, 'hex') FROM sluice.mask_key WHERE {where}", "-At")
    assert found.returncode == 0, found.stderr
    key = bytes.fromhex(found.stdout.strip())
    if "domain" in mask:
        return hmac.new(key, value.encode(), "sha256").hexdigest()[:32]
    return hashlib.sha256(key + value.encode()).hexdigest()


@pytest.mark.parametrize("mask", MASKS, ids=lambda mask: mask["kind"])
def test_rows_posted_before_and_after_the_mask_are_masked_alike(server, admin, shop, mask):
    grant(admin, shop)
    client = server.client(shop)
    admin.put_new(f"/masks/{shop}", {"on": f"column:shop.{shop}.email", "mask": mask})
    wanted = [masked(server, mask, email) for email in EMAILS]
    polled(lambda: reads(client, shop), [wanted, wanted])
    admin.post(f"/datasets/shop.{shop}/rows", [{"id": 2, "region": "EU", "email": "Žofie@example.org"}])
    wanted.append(masked(server, mask, "Žofie@example.org"))
    assert reads(client, shop) == [wanted, wanted]
    # A filter, an order and a cursor take the masked value.
    found = client.get(f"/datasets/shop.{shop}/rows?select=id&email=eq.{wanted[1]}").json()["rows"]
    assert found == [[1]]
    assert client.get(f"/datasets/shop.{shop}/rows?select=id&email=eq.{EMAILS[1]}").json()["rows"] == []
    first = client.get(f"/datasets/shop.{shop}/rows?select=email&order=email&limit=2")
    rest = client.get(first.links["next"]["url"].removeprefix("/api/v1"))
    assert [row[0] for row in first.json()["rows"] + rest.json()["rows"]] == sorted(wanted)


@pytest.mark.parametrize("mask", MASKS, ids=lambda mask: mask["kind"])
@pytest.mark.parametrize("mode", LOADS)
def test_every_load_stores_them(server, admin, name, mode, mask):
    mode, loads = LOADS[mode]
    columns = replays.COLUMNS
    admin.post("/datasets", {"domain": "shop", "name": name, "primaryKey": ["id"], "columns": columns})
    admin.put_new(f"/masks/{name}_{mode}", {
        "on": f"column:shop.{name}.code", "mask": mask, "except": {"principals": ["admin"]}})
    admin.put_new(f"/principals/{name}_{mode}", {"kind": "user"})
    admin.post("/grants", {"to": f"user:{name}_{mode}", "privilege": "select", "on": f"dataset:shop.{name}"})
    for number, data in enumerate(loads):
        replays.load(server, name, data, pipeline=f"{name}_{number}", path=f"{name}_{number}.csv", mode=mode)
    sql = f"SELECT id, code FROM shop.{name} ORDER BY id"
    clear = admin.query(sql).json()["rows"]
    assert len(clear) == {"append": 2, "upsert": 4, "replace": 2}[mode]
    got = server.client(f"{name}_{mode}").query(sql).json()["rows"]
    assert got == [[key, masked(server, mask, code)] for key, code in clear]


def test_replayed_records_have_them(server, admin, name):
    admin.post("/datasets", {"domain": "shop", "name": name, "columns": replays.COLUMNS})
    admin.put_new(f"/masks/{name}", {"on": f"column:shop.{name}.code", "mask": MASKS[1]})
    replays.load(server, name, b"id,code,amount\n1,ABC,1\n2,abc,2\n", checks=replays.STRICT)
    replays.put(server, name, checks=replays.MENDED)
    assert replays.replay(server, name)["state"] == "succeeded"
    got = admin.query(f"SELECT code FROM shop.{name} ORDER BY id").json()["rows"]
    assert got == [[masked(server, MASKS[1], code)] for code in ("ABC", "abc")]


def test_bytes_are_hashed_to_bytes_and_what_is_cut_does_not_fit(server, admin):
    admin.put("/domains/shop", {})
    admin.post("/datasets", {"domain": "shop", "name": "blobs", "columns": [
        {"name": "data", "type": "bytea"}, {"name": "short", "type": "varchar(63)"}]})
    for kind, column in [("sha256", "short"), ("token", "data")]:
        body = {"on": f"column:shop.blobs.{column}", "mask": {"kind": kind} | ({"domain": "a"} if kind == "token" else {})}
        assert admin.put_new("/masks/blobs", body, expect=422).json()["code"] == "mask_does_not_fit"
    admin.put_new("/masks/blobs", {"on": "column:shop.blobs.data", "mask": {"kind": "sha256"}})
    admin.post("/datasets/shop.blobs/rows", [{"data": "\\x000102"}])
    digest = admin.query("SELECT encode(data, 'hex') FROM shop.blobs").json()["rows"][0][0]
    key = server.psql("sluice", "SELECT encode(key, 'hex') FROM sluice.mask_key WHERE id = 0", "-At").stdout.strip()
    assert digest == hashlib.sha256(bytes.fromhex(key) + b"\x00\x01\x02").hexdigest()


def test_filling_goes_on_after_kills(own_server):
    """NULL or right at every moment, however often the server is killed; explain tells how far it is."""
    server = own_server
    server.admin.put("/domains/shop", {})
    server.admin.post("/datasets", {"domain": "shop", "name": "big", "columns": [
        {"name": "id", "type": "int"}, {"name": "code", "type": "text"}]})
    table = server.psql("sluice", "SELECT 'store.d' || id FROM sluice.dataset", "-At").stdout.strip()
    rows = 400_000
    made = server.psql("sluice", f"INSERT INTO {table} SELECT n, 'c' || n FROM generate_series(1, {rows}) AS n")
    assert made.returncode == 0, made.stderr
    server.admin.put_new("/masks/m", {"on": "column:shop.big.code", "mask": MASKS[0]})
    explained = server.admin.post("/access/explain", {"principal": "admin", "dataset": "shop.big"}, expect=200).json()
    assert any("rows so far" in reason for reason in explained["columns"][1]["because"]), explained
    counts = "SELECT count(code), count(*) FROM shop.big"
    seen = []
    for _ in range(4):
        filled, total = server.admin.query(counts).json()["rows"][0]
        assert total == rows
        seen.append(filled)
        server.kill()
        server.start()
    assert seen == sorted(seen) and seen[0] < rows, seen
    polled(lambda: server.admin.query(counts).json()["rows"][0], [rows, rows], seconds=90)
    wrong = (
        f"SELECT count(*) FROM {table} WHERE sluice_sha256_2 IS DISTINCT FROM encode(sha256((SELECT key FROM "
        "sluice.mask_key WHERE id = 0) || convert_to(code, 'UTF8')), 'hex')")
    assert server.psql("sluice", wrong, "-At").stdout.strip() == "0"
    explained = server.admin.post("/access/explain", {"principal": "admin", "dataset": "shop.big"}, expect=200).json()
    assert not any("rows so far" in reason for reason in explained["columns"][1]["because"])
