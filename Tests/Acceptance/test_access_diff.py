"""Who would gain or lose what: over REST and from `sluice plan --access`, on live rows, with nothing changed."""

import json
import os
import subprocess

import pytest

import contract
from sluice import BINARY, Client, clean_environment

DIFF = contract.OPERATIONS["diffAccess"]


@pytest.fixture(scope="module")
def shop(admin):
    """Two readers, of which one is restricted to a region, on 6 rows."""
    admin.put("/tags/pii", {})
    admin.put("/domains/shop", {})
    admin.put_new("/groups/clerks", {})
    for name, region in (("ann", "EU"), ("bob", "US")):
        admin.put_new(
            f"/principals/{name}", {"kind": "user", "attributes": {"region": [region]}, "groups": ["clerks"]}
        )
    columns = [{"name": "id", "type": "int"}, {"name": "region", "type": "text"}]
    columns.append({"name": "email", "type": "text", "tags": ["pii"]})
    admin.post("/datasets", {"domain": "shop", "name": "orders", "primaryKey": ["id"], "columns": columns})
    rows = [{"id": n, "region": ["EU", "EU", "US"][n % 3], "email": f"p{n}@example.org"} for n in range(6)]
    admin.post("/datasets/shop.orders/rows", rows)
    admin.post("/grants", {"to": "user:ann", "privilege": "select", "on": "dataset:shop.orders"})
    return admin


def diff(client, *changes, expect=200):
    answer = client.post("/access/diff", {"changes": list(changes)}, expect=expect)
    contract.check(DIFF, answer)
    return answer.json()


def of(answer, name):
    return {
        side: (entry[side]["columns"], entry[side]["rows"])
        for entry in answer["principals"]
        if entry["name"] == name
        for side in ("gains", "loses")
    }


GRANT = {"method": "POST", "path": "/grants", "body": {
    "to": "group:clerks", "privilege": "select", "on": "dataset:shop.orders"}}
FILTER = {"method": "PUT", "path": "/row-filters/by_region", "body": {
    "on": "dataset:shop.orders", "expression": "region = ANY(user.region)"}}
MASK = {"method": "PUT", "path": "/api/v1/masks/emails", "body": {"on": "tag:pii", "mask": {"kind": "email"}}}


def test_a_grant_opens_columns_and_rows(shop):
    answer = diff(shop, GRANT)
    assert of(answer, "bob") == {"gains": (["email", "id", "region"], 6), "loses": ([], 0)}
    assert of(answer, "ann") == {}, "who holds it already gains nothing"
    group = {"name": "clerks", "dataset": "shop.orders", "members": 2, "gaining": 1, "losing": 0}
    assert answer["groups"] == [group]


def test_changes_are_seen_together_and_change_nothing(shop):
    before = shop.get("/datasets/shop.orders/rows").headers["Sluice-Policy-Version"]
    answer = diff(shop, FILTER, GRANT, MASK)
    assert of(answer, "bob") == {"gains": (["email", "id", "region"], 2), "loses": ([], 0)}
    assert of(answer, "ann") == {"gains": ([], 0), "loses": (["email"], 2)}
    assert diff(shop, FILTER, GRANT, MASK) == answer
    after = shop.get("/datasets/shop.orders/rows").headers["Sluice-Policy-Version"]
    assert after == before
    assert shop.get("/row-filters").json()["items"] == []


def test_a_column_that_is_not_there_yet_is_null_in_every_row(shop):
    columns = shop.get("/datasets/shop.orders").json()["columns"]
    wanted = [{key: column[key] for key in ("name", "type", "tags", "nullable")} for column in columns]
    patch = {"method": "PATCH", "path": "/datasets/shop.orders", "body": {
        "columns": wanted + [{"name": "stage", "type": "text"}]}}
    rule = {"method": "PUT", "path": "/row-filters/open", "body": {
        "on": "dataset:shop.orders", "expression": "stage = 'open' OR id < 2"}}
    assert of(diff(shop, patch, rule), "ann") == {"gains": (["stage"], 0), "loses": ([], 4)}


def test_what_is_deleted_and_what_is_made(shop):
    answer = diff(shop, {"method": "DELETE", "path": "/datasets/shop.orders"})
    assert of(answer, "ann") == {"gains": ([], 0), "loses": (["email", "id", "region"], 6)}
    made = {"method": "POST", "path": "/datasets", "body": {
        "domain": "shop", "name": "new", "columns": [{"name": "id", "type": "int"}]}}
    grant = GRANT | {"body": GRANT["body"] | {"on": "dataset:shop.new"}}
    assert of(diff(shop, made, grant), "bob") == {"gains": (["id"], 0), "loses": ([], 0)}


def test_bad_changes_say_which_they_are(shop):
    wrong = MASK | {"body": {"on": "tag:pii", "mask": {"kind": "mail"}}}
    problem = diff(shop, FILTER, wrong, expect=422)
    assert problem["errors"][0]["pointer"] == "/changes/1/body/mask/kind"
    problem = diff(shop, FILTER, {"method": "PUT", "path": "/pipelines/shop.x", "body": {}}, expect=422)
    assert problem["errors"][0]["pointer"] == "/changes/1" and "PUT /pipelines/shop.x" in problem["detail"]
    problem = diff(shop, {"method": "DELETE", "path": "/masks/nothing"}, expect=404)
    assert problem["detail"].startswith("DELETE /masks/nothing: ")
    assert diff(shop, expect=422)["errors"][0]["pointer"] == "/changes"
    assert shop.get("/row-filters").json()["items"] == [], "nothing half done"


def test_it_needs_what_the_change_needs_and_shows_what_one_manages(server, shop):
    token = shop.post("/principals/ann/tokens", {}).json()["token"]
    ann = Client(server.base, token)
    assert diff(ann, GRANT, expect=403)["code"] == "forbidden"
    assert diff(ann, MASK, expect=403)["code"] == "forbidden"
    shop.post("/grants", {"to": "user:ann", "privilege": "manage", "on": "dataset:shop.orders"})
    assert of(diff(ann, GRANT), "bob")["gains"][1] == 6


def test_who_compared_is_audited_with_what_was_compared(shop):
    diff(shop, FILTER)
    entry = shop.get("/audit?action=diff&limit=1").json()["items"][0]
    assert entry["principal"] == "admin" and entry["object"] == "access"
    assert entry["after"][0]["after"]["expression"] == "region = ANY(user.region)"


def test_plan_shows_access_beside_the_changes(server, shop, tmp_path):
    path = tmp_path / "policy.yaml"
    path.write_text(
        "kind: grant\nto: group:clerks\nprivilege: select\non: dataset:shop.orders\n---\n"
        "kind: row-filter\nname: by_region\non: dataset:shop.orders\nexpression: region = ANY(user.region)\n"
    )
    environment = clean_environment() | {
        "SLUICE_URL": server.base, "SLUICE_TOKEN": shop.session.headers["Authorization"].split()[1]}

    def plan(*options):
        return subprocess.run([BINARY, "plan", "-f", str(path), *options], env=environment, capture_output=True,
                              text=True, timeout=60, cwd=os.sep)

    shown = plan("--access")
    assert shown.returncode == 0, shown.stderr
    lines = [line.split() for line in shown.stdout.splitlines()]
    assert ["ann", "shop.orders", "2", "rows"] in lines
    assert ["bob", "shop.orders", "2", "rows,", "email,", "id,", "region"] in lines
    assert ["clerks", "shop.orders", "2", "1", "1"] in lines
    answer = json.loads(plan("--access", "--json").stdout)
    assert [change["action"] for change in answer["changes"]] == ["create", "create"]
    assert of(answer["access"], "ann")["loses"] == ([], 2)
    assert "access" not in json.loads(plan("--json").stdout)

    path.write_text("kind: mask\nname: emails\non: tag:pii\nmask:\n  kind: mail\n")
    refused = plan("--access")
    assert refused.returncode != 0 and f"{path}:5:9:" in refused.stderr, refused.stderr
