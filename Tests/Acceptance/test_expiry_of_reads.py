"""A stream that runs ends when the grant, the exception or the purpose by which it reads ends by itself."""

import threading

import pytest
import requests

from access import shop  # noqa: F401: a fixture

ENDLESS = "SELECT o.id, o.email, generate_series(1, 1000000000) AS n FROM shop.{name} AS o"


def stream(client, name, begun, **body):
    """Reads an answer without end, calls `begun` once it has begun, and reads on. Returns whether it was cut off."""
    sql = {"sql": ENDLESS.format(name=name), "maxRows": 0, "timeoutSeconds": 120} | body
    answer = client.session.post(client.base + "/api/v1/query?format=ndjson", json=sql, stream=True, timeout=120)
    assert answer.status_code == 200, answer.text
    try:
        for _ in answer.iter_lines(chunk_size=1 << 20):
            if begun:
                begun()
                begun = None
    except requests.exceptions.ChunkedEncodingError:
        return True
    return False


def ending(server, table, condition):
    """Lets what the condition names end now, by its time alone."""
    def end():
        done = server.psql("sluice", f"UPDATE sluice.{table} SET until = clock_timestamp() WHERE {condition}")
        assert done.returncode == 0 and done.stdout != "UPDATE 0\n", (done.stdout, done.stderr)
    return end


def granted(admin, name, **more):
    body = {"to": f"user:{name}", "privilege": "select", "on": f"dataset:shop.{name}"}
    return admin.post("/grants", body | more).json()["id"]


def test_a_stream_ends_with_its_grant(server, admin, shop):
    grant = granted(admin, shop)
    assert stream(server.client(shop), shop, ending(server, "held_grant", f"grant_id = {grant}"))


def test_a_stream_ends_with_its_purpose(server, admin, shop):
    purpose = f"p{shop}"
    id = admin.put_new(f"/purposes/{purpose}", {}).json()["id"]
    granted(admin, shop)
    granted(admin, shop, privilege="act", on=f"purpose:{purpose}")
    assert stream(server.client(shop), shop, ending(server, "subject", f"purpose_id = {id}"), purpose=purpose)


def test_a_stream_ends_with_its_exception(server, admin, shop):
    granted(admin, shop)
    id = admin.put_new(f"/masks/{shop}", {"on": f"column:shop.{shop}.email", "mask": {"kind": "nullify"}, "except": {
        "principals": [{"name": shop, "expiresAt": "2096-01-01T00:00:00Z"}]}}).json()["id"]
    assert stream(server.client(shop), shop, ending(server, "rule_exemption", f"rule_id = {id}"))


@pytest.mark.parametrize("lasting", ["on the domain", "on the dataset"])
def test_what_another_grant_opens_goes_on(server, admin, shop, lasting):
    """It outlives an end that does not concern it, and is ended when what it reads by is taken back."""
    admin.post("/datasets", {"domain": "shop", "name": f"{shop}b", "columns": [{"name": "id", "type": "int"}]})
    domain = lasting == "on the domain"
    kept = granted(admin, shop, on="domain:shop" if domain else f"dataset:shop.{shop}")
    other = granted(admin, shop, on=f"dataset:shop.{shop}" if domain else f"dataset:shop.{shop}b")
    ended, begun = [], threading.Event()
    client = server.client(shop)
    reader = threading.Thread(target=lambda: ended.append(stream(client, shop, begun.set)))
    reader.start()
    assert begun.wait(60)
    ending(server, "held_grant", f"grant_id = {other}")()
    # Whoever ends this one has looked at the other as well, after its grant had ended.
    admin.put_new(f"/principals/{shop}o", {"kind": "user"})
    third = granted(admin, f"{shop}o", on=f"dataset:shop.{shop}")
    assert stream(server.client(f"{shop}o"), shop, ending(server, "held_grant", f"grant_id = {third}"))
    assert reader.is_alive(), ended
    admin.delete(f"/grants/{kept}")
    reader.join(60)
    assert not reader.is_alive() and ended == [True]
