"""What is taken away or runs out stops working for the next request, on connections that are open too."""

import datetime

import pytest

from access import EMAILS, grant, polled, reads, shop  # noqa: F401: shop is a fixture

def test_a_revoked_token_is_refused_at_once(server, admin):
    admin.put_new("/principals/leaver", {"kind": "user"})
    for _ in range(20):
        token = admin.post("/principals/leaver/tokens", {}).json()
        client = type(admin)(server.base, token["token"])
        client.get("/me")
        admin.delete(f"/tokens/{token['id']}")
        assert client.get("/me", expect=401).json()["code"] == "unauthenticated"


def test_an_expired_token_is_refused(server, admin):
    admin.put_new("/principals/guest", {"kind": "user"})
    client = server.client("guest", expiresInSeconds=2)
    assert polled(lambda: client.request("GET", "/me").status_code, 401) == [200]


def test_a_deleted_principal_is_nobody(server, admin):
    admin.put_new("/principals/gone", {"kind": "user"})
    client = server.client("gone")
    client.get("/me")
    admin.delete("/principals/gone", headers={"If-Match": "*"})
    client.get("/me", expect=401)


def test_a_revoked_grant_shows_nothing_more(server, admin, shop):
    client, given = server.client(shop), grant(admin, shop)
    assert reads(client, shop) == [EMAILS, EMAILS]
    admin.delete(f"/grants/{given['id']}")
    assert reads(client, shop) == [404, 403]


def test_a_grant_runs_out_on_its_own(server, admin, shop):
    until = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(seconds=2)
    grant(admin, shop, expiresAt=until.isoformat().replace("+00:00", "Z"))
    client = server.client(shop)
    assert reads(client, shop) == [EMAILS, EMAILS]
    polled(lambda: reads(client, shop), [404, 403])
    assert datetime.datetime.now(datetime.timezone.utc) >= until
    # What one may do is remembered for half a second; only the catalog goes by that.
    polled(lambda: [item["name"] for item in client.get("/datasets").json()["items"]], [], seconds=1)


def test_leaving_a_group_takes_its_grant_and_its_exceptions(server, admin, shop):
    group = shop + "_g"
    admin.put_new(f"/groups/{group}", {"members": [shop]})
    admin.post("/grants", {"to": f"group:{group}", "privilege": "select", "on": f"dataset:shop.{shop}"})
    client = server.client(shop)
    assert reads(client, shop) == [EMAILS, EMAILS]
    admin.put(f"/groups/{group}", {"members": []}, headers={"If-Match": "*"})
    assert reads(client, shop) == [404, 403]


def test_a_mask_a_tag_and_a_filter_bind_the_next_statement(server, admin, shop):
    grant(admin, shop)
    client = server.client(shop)
    assert reads(client, shop) == [EMAILS, EMAILS]
    tag = f"{shop}.mail"
    admin.put(f"/tags/{tag}", {})
    admin.put_new(f"/masks/{shop}", {"on": f"tag:{tag}", "mask": {"kind": "nullify"}})
    assert reads(client, shop) == [EMAILS, EMAILS]
    admin.put_tags(f"shop.{shop}.email", [tag])
    assert reads(client, shop) == [[None, None]] * 2
    admin.put_new(f"/row-filters/{shop}", {"on": f"dataset:shop.{shop}", "expression": "region = ANY(user.region)"})
    assert reads(client, shop) == [[None]] * 2
    admin.put_tags(f"shop.{shop}.email", [])
    assert reads(client, shop) == [EMAILS[:1]] * 2
    admin.put(f"/principals/{shop}", {"attributes": {"region": ["US"]}}, headers={"If-Match": "*"})
    assert reads(client, shop) == [EMAILS[1:]] * 2
    admin.put(f"/principals/{shop}", {"attributes": {}}, headers={"If-Match": "*"})
    assert reads(client, shop) == [[]] * 2
    admin.delete(f"/row-filters/{shop}", headers={"If-Match": "*"})
    assert reads(client, shop) == [EMAILS, EMAILS]


def test_the_policy_version_grows_with_each_change(server, admin, shop):
    grant(admin, shop)
    versions = []
    for kind in ("nullify", "email", "alphanum"):
        admin.put(
            f"/masks/{shop}",
            {"on": f"column:shop.{shop}.email", "mask": {"kind": kind}},
            headers={"If-Match": "*"} if versions else {"If-None-Match": "*"},
        )
        versions.append(int(admin.get(f"/datasets/shop.{shop}/rows").headers["Sluice-Policy-Version"]))
    assert versions == sorted(set(versions))


@pytest.mark.parametrize(
    "path, body, other",
    [
        (
            "/grants",
            {"to": "user:admin", "privilege": "describe", "on": "platform"},
            {"to": "user:admin", "privilege": "select", "on": "platform"},
        ),
        ("/principals/admin/tokens", {"description": "a"}, {"description": "b"}),
        (
            "/datasets",
            {"domain": "shop", "name": "once", "columns": [{"name": "id", "type": "int"}]},
            {"domain": "shop", "name": "twice", "columns": [{"name": "id", "type": "int"}]},
        ),
    ],
)
def test_an_idempotency_key_does_a_thing_once(admin, shop, path, body, other):
    headers = {"Idempotency-Key": f"key-{path}"}
    first = admin.post(path, body, headers=headers)
    again = admin.post(path, body, headers=headers)
    assert again.status_code == first.status_code and again.json() == first.json()
    assert again.headers["Location"] == first.headers["Location"]
    assert admin.post(path, other, headers=headers, expect=409).json()["code"] == "idempotency_mismatch"
    assert (
        admin.post(path, other, headers={"Idempotency-Key": f"other-{path}"}, expect=201).json()["id"]
        != first.json()["id"]
    )


def test_an_idempotency_key_loads_rows_once(admin, shop):
    rows = [{"id": 7, "region": "EU", "email": "c@example.org"}]
    for _ in range(3):
        admin.post(f"/datasets/shop.{shop}/rows", rows, expect=200, headers={"Idempotency-Key": f"rows-{shop}"})
    assert admin.get(f"/datasets/shop.{shop}/rows").json()["rowCount"] == 3


def test_an_equal_grant_is_the_same_grant(admin, shop):
    first = grant(admin, shop)
    answer = admin.post(
        "/grants", {"to": f"user:{shop}", "privilege": "select", "on": f"dataset:shop.{shop}"}, expect=200
    )
    assert answer.json() == first


def test_lists_come_in_pages_without_gap_or_repetition(admin, shop):
    for number in range(7):
        admin.put(f"/tags/{shop}.n{number}", {})
    whole = [item["id"] for item in admin.get("/tags?limit=1000").json()["items"]]
    for limit in (1, 3, len(whole), len(whole) + 1):
        seen, cursor = [], ""
        while cursor is not None:
            page = admin.get(f"/tags?limit={limit}" + (f"&cursor={cursor}" if cursor else "")).json()
            assert len(page["items"]) <= limit
            seen += [item["id"] for item in page["items"]]
            cursor = page["nextCursor"]
        assert seen == whole
    for query in ("limit=0", "limit=1001", "limit=x", "cursor=%21", "cursor=AAAA", "nosuch=1"):
        assert admin.get(f"/tags?{query}", expect=400).json()["code"] in ("invalid_parameter", "invalid_cursor")


def test_what_a_principal_makes_of_its_own_role_is_set_back_and_shuts_nothing(own_server):
    admin = own_server.admin
    admin.put_new("/principals/tinker", {"kind": "user"})
    role = admin.get("/principals/tinker").json()["role"]
    state = (
        "SELECT a.rolpassword IS NULL, s.setconfig FROM pg_authid AS a "
        f"JOIN pg_db_role_setting AS s ON s.setrole = a.oid WHERE a.rolname = '{role}';"
    )
    made = own_server.psql("sluice", state, "-At").stdout
    altered = own_server.psql(
        role,
        f"""SET default_transaction_read_only = off;
            ALTER ROLE {role} PASSWORD 'mine';
            ALTER ROLE {role} SET statement_timeout = 0;
            ALTER ROLE {role} RESET default_transaction_read_only;""",
    )
    assert altered.returncode == 0, altered.stderr

    def look():
        answer = admin.request("POST", "/query", json={"sql": "SELECT 1"})
        return own_server.psql("sluice", state, "-At").stdout, answer.status_code

    seen = polled(look, (made, 200))
    assert all(status == 200 for _, status in seen), seen
    metrics = admin.get("//metrics").text
    assert "\nsluice_policy_intact 1" in metrics
    assert int(metrics.split("\nsluice_login_roles_mended_total ")[1].split()[0]) >= 1
    for database in ("postgres", "control", "template1"):
        entered = own_server.psql(role, "SELECT 1;", "-d", database)
        assert entered.returncode != 0 and "CONNECT privilege" in entered.stderr, (database, entered)
