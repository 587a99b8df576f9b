"""Acting for a purpose, deny rules, and exceptions that end, as clients see them."""

import datetime

import pytest

from access import EMAILS, grant, polled, reads, shop  # noqa: F401: shop is a fixture
from masks import rows_of

IF_ANY = {"If-Match": "*"}


def in_seconds(seconds):
    moment = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(seconds=seconds)
    return moment.isoformat().replace("+00:00", "Z")


def for_purpose(client, name, purpose):
    """What a read over each surface gives while acting for a purpose: the e-mails, or the problem's code."""
    answers = [
        client.request("GET", f"/datasets/shop.{name}/rows?select=email", headers={"Sluice-Purpose": purpose}),
        client.query(f"SELECT email FROM shop.{name} ORDER BY id", expect=None, purpose=purpose),
    ]
    return [
        [row[0] for row in rows_of(answer)[1]] if answer.status_code == 200 else answer.json()["code"]
        for answer in answers
    ]


@pytest.fixture
def purpose(admin, shop):
    """A purpose that excepts from a mask on the shop's e-mails, and the grant to act for it."""
    name = f"{shop}_p"
    admin.put_new(f"/purposes/{name}", {"description": "To find fraud"})
    admin.put_new(f"/masks/{shop}", {"on": f"column:shop.{shop}.email", "mask": {"kind": "nullify"},
                                     "except": {"purposes": [name]}})
    return name


def act(admin, shop, purpose, **more):
    return admin.post("/grants", {"to": f"user:{shop}", "privilege": "act", "on": f"purpose:{purpose}"} | more).json()


def test_a_purpose_shows_what_its_exceptions_open_and_only_while_acting_for_it(server, admin, shop, purpose):
    grant(admin, shop)
    client = server.client(shop)
    assert for_purpose(client, shop, purpose) == ["purpose_not_granted"] * 2
    assert for_purpose(client, shop, "no_such_purpose") == ["purpose_not_granted"] * 2
    given = act(admin, shop, purpose)
    assert for_purpose(client, shop, purpose) == [EMAILS, EMAILS]
    assert reads(client, shop) == [[None, None]] * 2
    assert {"on": f"purpose:{purpose}", "privileges": ["act"]} in client.get("/me").json()["privileges"]
    admin.delete(f"/grants/{given['id']}")
    assert for_purpose(client, shop, purpose) == ["purpose_not_granted"] * 2


def test_the_audit_has_the_purpose_of_each_read(server, admin, shop, purpose):
    grant(admin, shop)
    act(admin, shop, purpose)
    client = server.client(shop)
    assert for_purpose(client, shop, purpose) == [EMAILS, EMAILS]
    assert reads(client, shop) == [[None, None]] * 2
    polled(lambda: sorted(
        (entry["principal"], entry["purpose"], entry["surface"])
        for entry in admin.get(f"/audit?purpose={purpose}").json()["items"]),
        [(shop, purpose, "query"), (shop, purpose, "rows")])
    polled(lambda: {entry["purpose"] for entry in client.get("/audit?action=read").json()["items"]}, {purpose, None})


def test_managers_act_for_what_was_granted_only(admin, shop, purpose):
    assert for_purpose(admin, shop, purpose) == ["purpose_not_granted"] * 2


def test_a_grant_to_a_purpose_holds_while_acting_for_it(server, admin, shop, purpose):
    client = server.client(shop)
    admin.post("/grants", {"to": f"purpose:{purpose}", "privilege": "select", "on": f"dataset:shop.{shop}"})
    act(admin, shop, purpose)
    assert reads(client, shop) == [404, 403]
    assert for_purpose(client, shop, purpose) == [EMAILS, EMAILS]


def test_a_purpose_runs_out_on_its_own(server, admin, shop, purpose):
    grant(admin, shop)
    act(admin, shop, purpose, expiresAt=in_seconds(2))
    client = server.client(shop)
    assert for_purpose(client, shop, purpose) == [EMAILS, EMAILS]
    polled(lambda: for_purpose(client, shop, purpose), ["purpose_not_granted"] * 2)


def test_two_names_of_a_purpose_are_refused_and_so_is_a_purpose_on_the_wrong_thing(server, admin, shop, purpose):
    act(admin, shop, purpose)
    client = server.client(shop)
    both = client.request("POST", "/query", 400, json={"sql": "SELECT 1", "purpose": purpose},
                          headers={"Sluice-Purpose": "other"})
    assert both.json()["code"] == "invalid_parameter"
    for body in ({"to": f"user:{shop}", "privilege": "act", "on": "platform"},
                 {"to": f"user:{shop}", "privilege": "select", "on": f"purpose:{purpose}"},
                 {"to": f"purpose:{purpose}", "privilege": "act", "on": f"purpose:{purpose}"}):
        admin.post("/grants", body, expect=422)
    assert f"mask {shop}" in admin.request("DELETE", f"/purposes/{purpose}", 409, headers=IF_ANY).json()["detail"]


def test_a_purpose_goes_with_its_grants_and_logins(server, admin, shop):
    name = f"{shop}_gone"
    admin.put_new(f"/purposes/{name}", {})
    admin.post("/grants", {"to": f"purpose:{name}", "privilege": "select", "on": f"dataset:shop.{shop}"})
    act(admin, shop, name)
    client = server.client(shop)
    assert for_purpose(client, shop, name) == [EMAILS, EMAILS]
    admin.delete(f"/purposes/{name}", headers=IF_ANY)
    assert for_purpose(client, shop, name) == ["purpose_not_granted"] * 2
    assert [item for item in admin.get("/grants?limit=1000").json()["items"] if name in item["on"] + item["to"]] == []
    admin.delete(f"/principals/{shop}", headers=IF_ANY)


def test_a_deny_rule_closes_whatever_is_granted(server, admin, shop):
    grant(admin, shop)
    client = server.client(shop)
    everybody = {"on": f"column:shop.{shop}.email"}
    admin.put_new(f"/deny-rules/{shop}", everybody)
    assert reads(client, shop) == [[None, None]] * 2
    admin.put(f"/deny-rules/{shop}", everybody | {"except": {"principals": [shop]}}, headers=IF_ANY)
    assert reads(client, shop) == [EMAILS, EMAILS]
    admin.put(f"/deny-rules/{shop}", {"on": f"dataset:shop.{shop}", "to": {"principals": [shop]}}, headers=IF_ANY)
    assert reads(client, shop) == [403, 403]
    assert client.get(f"/datasets/shop.{shop}").json()["name"] == shop, "it is still in the catalog"
    admin.delete(f"/deny-rules/{shop}", headers=IF_ANY)
    assert reads(client, shop) == [EMAILS, EMAILS]


def test_a_deny_rule_on_the_tag_of_a_dataset_closes_it_and_on_that_of_a_column_hides_it(server, admin, shop):
    grant(admin, shop)
    client = server.client(shop)
    tag = f"{shop}.secret"
    admin.put(f"/tags/{tag}", {})
    admin.put_new(f"/deny-rules/{shop}", {"on": f"tag:{tag}", "to": {"principals": [shop]}})
    admin.put_tags(f"shop.{shop}.email", [tag])
    assert reads(client, shop) == [[None, None]] * 2
    admin.put(f"/datasets/shop.{shop}/tags", [tag], headers=IF_ANY)
    assert reads(client, shop) == [403, 403]
    refused = admin.request("DELETE", f"/tags/{tag}", 409).json()
    assert f"deny rule {shop}" in refused["detail"]


def test_an_exception_ends_on_its_own(server, admin, shop):
    grant(admin, shop)
    client = server.client(shop)
    admin.put_new(f"/masks/{shop}", {
        "on": f"column:shop.{shop}.email", "mask": {"kind": "nullify"},
        "except": {"principals": [{"name": shop, "expiresAt": in_seconds(2)}]}})
    assert reads(client, shop) == [EMAILS, EMAILS]
    polled(lambda: reads(client, shop), [[None, None]] * 2)
    past = admin.request("PUT", f"/masks/{shop}", 422, headers=IF_ANY, json={
        "on": f"column:shop.{shop}.email", "mask": {"kind": "nullify"},
        "except": {"groups": [], "principals": [{"name": shop, "expiresAt": "2020-01-01T00:00:00Z"}]}}).json()
    assert past["errors"][0]["pointer"] == "/except/principals/0/expiresAt"


def test_the_explanation_names_every_rule_and_why_it_is_there(server, admin, shop, purpose):
    grant(admin, shop)
    tag = f"{shop}.mail"
    admin.put(f"/tags/{tag}", {})
    admin.put(f"/tags/{tag}.work", {})
    admin.put_new(f"/masks/{shop}_tag", {"on": f"tag:{tag}", "mask": {"kind": "email"}})
    admin.put(f"/datasets/shop.{shop}/tags", [f"{tag}.work"], headers=IF_ANY)
    admin.put_new(f"/deny-rules/{shop}", {"on": f"column:shop.{shop}.region", "to": {"principals": ["admin"]}})
    asked = {"principal": shop, "dataset": f"shop.{shop}"}
    columns = {column["name"]: column for column in admin.post("/access/explain", asked).json()["columns"]}
    borne = {"tag": f"{tag}.work", "by": "dataset"}
    assert columns["email"]["rules"] == [
        {"kind": "mask", "name": shop, "outcome": "inForce", "tag": None, "borne": None},
        {"kind": "mask", "name": f"{shop}_tag", "outcome": "loses", "tag": tag, "borne": borne}]
    assert columns["region"]["rules"][0]["outcome"] == "forOthers"
    act(admin, shop, purpose)
    acting = admin.post("/access/explain", asked | {"purpose": purpose}).json()
    email = next(column for column in acting["columns"] if column["name"] == "email")
    assert [rule["outcome"] for rule in email["rules"]] == ["excepted", "inForce"]
    assert email["mask"] == {"kind": "email"}


def test_the_difference_tells_purposes_apart(server, admin, shop, purpose):
    grant(admin, shop)
    change = {"method": "POST", "path": "/grants", "body": {
        "to": f"user:{shop}", "privilege": "act", "on": f"purpose:{purpose}"}}
    told = admin.post("/access/diff", {"changes": [change]}, expect=200).json()["principals"]
    assert told == [{"name": shop, "purpose": purpose, "dataset": f"shop.{shop}",
                     "gains": {"columns": ["email"], "rows": 0}, "loses": {"columns": [], "rows": 0}}]


def test_documents_declare_purposes_and_deny_rules(admin, shop):
    documents = [
        {"kind": "deny-rule", "name": f"{shop}_d", "on": f"dataset:shop.{shop}",
         "to": {"groups": ["admins"]}, "except": {"purposes": [f"{shop}_a"]}},
        {"kind": "purpose", "name": f"{shop}_a", "description": "For audits"},
    ]
    first = admin.post("/apply", {"documents": documents}, expect=200).json()["changes"]
    again = admin.post("/apply", {"documents": documents}, expect=200).json()["changes"]
    assert [change["action"] for change in first + again] == ["create", "create", "unchanged", "unchanged"]


LONG = "SELECT email, n, pg_catalog.repeat('x', 2000) FROM shop.{}, pg_catalog.generate_series(1, 100000000) AS n"


def test_a_stream_that_began_before_something_was_taken_away_ends_with_it(server, admin, shop):
    """A statement that runs is not reached by the fence: its session is ended, and the change did not wait for it."""
    given = grant(admin, shop)
    client = server.client(shop)
    answer = client.session.post(
        client.base + "/api/v1/query?format=ndjson", stream=True, timeout=60,
        json={"sql": LONG.format(shop), "maxRows": 0, "timeoutSeconds": 60})
    lines = answer.iter_lines(chunk_size=4096)
    assert b"ann@example.org" in next(lines)
    admin.delete(f"/grants/{given['id']}")
    taken = datetime.datetime.now()
    # What the server had in its buffers still comes.
    last = None
    with pytest.raises(Exception):
        for line in lines:
            last = line
        raise EOFError
    assert b'"error"' in last
    assert datetime.datetime.now() - taken < datetime.timedelta(seconds=5)
