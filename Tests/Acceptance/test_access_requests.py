"""Ask for access, get it from whoever manages the dataset, in whole or in part, for a time: over REST and the command line."""

import concurrent.futures
import subprocess

import pytest

import contract
from sluice import BINARY, Client, clean_environment

BY_PATH = {
    "": contract.OPERATIONS["requestAccess"],
    "/approve": contract.OPERATIONS["approveAccess"],
    "/deny": contract.OPERATIONS["denyAccess"],
    "/withdraw": contract.OPERATIONS["withdrawAccess"],
}


class Person(Client):
    def decide(self, id, decision, body=None, expect=200, **arguments):
        answer = self.post(f"/access-requests/{id}/{decision}", body or {}, expect=expect, **arguments)
        contract.check(BY_PATH[f"/{decision}"], answer)
        return answer.json()

    def ask(self, expect=201, **body):
        answer = self.post("/access-requests", ASKED | body, expect=expect)
        contract.check(BY_PATH[""], answer)
        return answer.json()

    def reads(self):
        answer = self.get("/datasets/shop.orders/rows?format=json", expect=(200, 403, 404))
        return answer.json()["rows"] if answer.status_code == 200 else answer.status_code


ASKED = {"dataset": "shop.orders", "privilege": "select", "reason": "The month's figures", "durationSeconds": 3600}


@pytest.fixture(scope="module")
def people(server, admin):
    """Olga owns the dataset; Ann and Bob know of it; Carl does not. Ann's and Bob's roles are their own."""
    admin.put("/domains/shop", {})
    admin.put("/groups/staff", {}, headers={"If-None-Match": "*"})
    made = {}
    for name, groups in (("olga", []), ("ann", ["staff"]), ("bob", ["staff"]), ("carl", [])):
        admin.put_new(f"/principals/{name}", {"kind": "user", "groups": groups})
        token = admin.post(f"/principals/{name}/tokens", {}).json()["token"]
        made[name] = Person(server.base, token)
    columns = [{"name": name, "type": "text"} for name in ("id", "region", "email")]
    admin.post("/datasets", {"domain": "shop", "name": "orders", "primaryKey": ["id"], "columns": columns})
    admin.patch("/datasets/shop.orders", {"owner": "olga"})
    admin.post("/datasets/shop.orders/rows", [{"id": "1", "region": "EU", "email": "a@example.org"}])
    admin.post("/grants", {"to": "group:staff", "privilege": "describe", "on": "dataset:shop.orders"})
    return made


@pytest.fixture
def ann(people, admin):
    """Ann without anything but `describe`, and without a request that waits."""
    yield people["ann"]
    requests = admin.get("/access-requests?by=ann").json()["items"]
    for request in requests:
        if request["state"] == "pending":
            people["ann"].decide(request["id"], "withdraw")
    for grant in {request["grant"] for request in requests if "grant" in request}:
        admin.delete(f"/grants/{grant}")


def test_from_the_question_to_the_rows_and_back(people, ann, admin):
    olga = people["olga"]
    suggested = ann.post("/access/explain", {"principal": "ann", "dataset": "shop.orders"}).json()["request"]
    assert suggested == {"dataset": "shop.orders", "privilege": "select", "reason": "To read shop.orders",
                         "durationSeconds": 2592000}
    request = ann.ask(**suggested)
    assert (request["by"], request["state"]) == ("ann", "pending")
    assert ann.reads() == 403, "asking opens nothing"

    answer = olga.decide(request["id"], "approve", {"comment": "for May", "durationSeconds": 600})
    assert (answer["state"], answer["decidedBy"], answer["comment"]) == ("approved", "olga", "for May")
    assert ann.reads() == [["1", "EU", "a@example.org"]], "open with the answer"
    grant = admin.get(f"/grants/{answer['grant']}").json()
    assert grant["to"] == "user:ann" and grant["reason"] == f"access request {request['id']}"
    assert "expiresAt" in grant

    olga.delete(f"/grants/{answer['grant']}")
    assert ann.reads() == 403
    assert "grant" not in ann.get(f"/access-requests/{request['id']}").json()


def test_part_of_what_was_asked_for(people, ann):
    request = ann.ask(columns=["id", "email"])
    problem = people["olga"].decide(request["id"], "approve", {"columns": ["id", "region"]}, expect=422)
    assert problem["errors"][0]["pointer"] == "/columns"
    problem = people["olga"].decide(request["id"], "approve", {"durationSeconds": 3601}, expect=422)
    assert problem["errors"][0]["pointer"] == "/durationSeconds"
    assert ann.reads() == 403, "nothing half done"
    people["olga"].decide(request["id"], "approve", {"columns": ["id"]})
    assert ann.reads() == [["1", None, None]]
    suggested = ann.post("/access/explain", {"principal": "ann", "dataset": "shop.orders"}).json()["request"]
    assert suggested["columns"] == ["region", "email"], "what is still closed"


def test_what_one_sees_but_may_not_read_is_forbidden(people, ann, admin):
    read = contract.OPERATIONS["readRows"]
    for query in ("", "?id=eq.1", "?select=email"):
        answer = ann.get(f"/datasets/shop.orders/rows{query}", expect=403)
        contract.check(read, answer)
        assert "access request" in answer.json()["hint"]
    people["carl"].get("/datasets/shop.orders/rows", expect=404)
    body = {"to": "user:ann", "privilege": "select", "on": "dataset:shop.orders", "columns": ["id"], "ungranted": "error"}
    grant = admin.post("/grants", body).json()["id"]
    assert ann.get("/datasets/shop.orders/rows?select=id&id=eq.1").json()["rows"] == [["1"]]
    problem = ann.get("/datasets/shop.orders/rows?select=id,email", expect=403).json()
    assert "permission denied for column email" in problem["detail"]
    admin.delete(f"/grants/{grant}")


def test_denied_and_withdrawn_requests_stay_so(people, ann):
    first = ann.ask()
    assert people["olga"].decide(first["id"], "deny", {"comment": "no"})["state"] == "denied"
    second = ann.ask()
    assert ann.decide(second["id"], "withdraw")["state"] == "withdrawn"
    for id in (first["id"], second["id"]):
        for decision in ("approve", "deny"):
            assert people["olga"].decide(id, decision, expect=409)["code"] == "conflict"
        ann.decide(id, "withdraw", expect=409)
    assert ann.reads() == 403


def test_who_may_decide_and_who_may_see(people, ann, admin):
    request = ann.ask()
    id = request["id"]
    people["bob"].decide(id, "approve", expect=404)
    people["bob"].get(f"/access-requests/{id}", expect=404)
    assert people["bob"].get("/access-requests").json()["items"] == []
    ann.decide(id, "approve", expect=403)
    ann.decide(id, "deny", expect=403)
    people["olga"].decide(id, "withdraw", expect=403)
    assert id in [item["id"] for item in people["olga"].get("/access-requests?state=pending").json()["items"]]
    own = people["olga"].ask(privilege="manage")
    assert "of their own" in people["olga"].decide(own["id"], "approve", expect=403)["detail"]
    admin_person = Person(people["olga"].base, admin.session.headers["Authorization"].split()[1])
    admin_person.decide(own["id"], "deny")
    assert people["carl"].ask(expect=422)["errors"][0]["pointer"] == "/dataset", "who does not see it cannot ask for it"


def test_two_approvals_at_once_make_one_grant(people, ann, admin):
    id = ann.ask()["id"]
    etag = ann.get(f"/access-requests/{id}").headers["ETag"]
    clients = [Person(people["olga"].base, people["olga"].session.headers["Authorization"].split()[1]) for _ in range(4)]
    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda client: client.request("POST", f"/access-requests/{id}/approve", json={}), clients))
    assert sorted(answer.status_code for answer in answers) == [200, 409, 409, 409]
    reason = f"access request {id}"
    assert len([item for item in admin.get("/grants").json()["items"] if item.get("reason") == reason]) == 1
    again = ann.ask()["id"]
    people["olga"].decide(again, "approve", expect=412, headers={"If-Match": f'"{int(etag.strip(chr(34))) + 7}"'})


def test_an_equal_request_waits_once(people, ann):
    first = ann.ask()
    assert ann.ask(expect=200)["id"] == first["id"]
    assert ann.ask(columns=["id"])["id"] != first["id"]


def aged(server, id, hours):
    done = server.psql("sluice", f"UPDATE sluice.access_request SET created_at = created_at - interval '{hours} hours' WHERE id = {id}")
    assert done.returncode == 0, done.stderr


def inbox(person):
    name = person.get("/me").json()["name"]
    return [item["id"] for item in person.get(f"/access-requests?waitsFor=user:{name}").json()["items"]]


def test_what_nobody_answers_goes_up_and_ends(server, people, ann, admin):
    olga, bob = people["olga"], people["bob"]
    admin.put_new("/groups/stewards", {"members": ["bob"]})
    grant = admin.post("/grants", {"to": "group:stewards", "privilege": "manage", "on": "domain:shop"}).json()["id"]
    request = ann.ask(answerWithinSeconds=3600)
    id = request["id"]
    assert (request["waitsFor"], request["escalations"]) == (["user:olga"], 0)
    assert id in inbox(olga) and id not in inbox(bob) and id not in inbox(admin)
    aged(server, id, 1)
    request = ann.get(f"/access-requests/{id}").json()
    assert (request["waitsFor"], request["escalations"]) == (["group:stewards"], 1)
    assert id in inbox(bob) and id not in inbox(olga) and id not in inbox(admin)
    aged(server, id, 1)
    request = ann.get(f"/access-requests/{id}").json()
    assert request["escalations"] == 2 and "user:admin" in request["waitsFor"] and "escalatesAt" not in request
    assert id in inbox(admin) and id not in inbox(bob)
    aged(server, id, 30 * 24)
    request = ann.get(f"/access-requests/{id}").json()
    assert request["state"] == "expired" and "waitsFor" not in request and "expiresAt" not in request
    for person, decision in ((olga, "approve"), (olga, "deny"), (ann, "withdraw")):
        assert "is expired already" in person.decide(id, decision, expect=409)["detail"]
    assert ann.ask()["id"] != id, "it stands in the way of no other"
    assert id in [item["id"] for item in ann.get("/access-requests?state=expired").json()["items"]]
    admin.delete(f"/grants/{grant}")


def test_a_step_on_which_nobody_stands_is_left_out(people, ann, admin):
    admin.patch("/datasets/shop.orders", {"owner": None})
    request = ann.ask()
    assert request["escalations"] == 0 and set(request["waitsFor"]) == {"group:admins", "user:admin"}
    admin.patch("/datasets/shop.orders", {"owner": "olga"})
    own = people["olga"].ask(privilege="write")
    assert "user:olga" not in own["waitsFor"]
    people["olga"].decide(own["id"], "withdraw")


def test_more_time_for_what_was_granted(people, ann, admin):
    olga = people["olga"]
    first = ann.ask(columns=["id", "email"])
    grant = olga.decide(first["id"], "approve", {"columns": ["id"], "durationSeconds": 60})["grant"]
    until = admin.get(f"/grants/{grant}").json()["expiresAt"]
    more = {"extends": first["id"], "reason": "Not done", "durationSeconds": 7200}
    longer = ann.post("/access-requests", more, expect=201).json()
    assert (longer["extends"], longer["columns"], longer["privilege"]) == (first["id"], ["id"], "select")
    assert ann.post("/access-requests", more, expect=200).json()["id"] == longer["id"]
    assert olga.decide(longer["id"], "approve", {"columns": ["id"]}, expect=422)["errors"][0]["pointer"] == "/columns"
    answer = olga.decide(longer["id"], "approve", {"durationSeconds": 3600})
    assert answer["grant"] == grant, "the same grant"
    later = admin.get(f"/grants/{grant}").json()["expiresAt"]
    assert later > until and ann.reads() == [["1", None, None]]
    # Shorter than it lasts already changes nothing.
    again = ann.post("/access-requests", more | {"durationSeconds": 1}, expect=201).json()
    olga.decide(again["id"], "approve")
    assert admin.get(f"/grants/{grant}").json()["expiresAt"] == later
    audited = admin.get("/audit?dataset=shop.orders&action=put&limit=10").json()["items"]
    assert f"grant {grant}" in [entry["object"] for entry in audited]
    waiting = ann.post("/access-requests", more, expect=201).json()
    olga.delete(f"/grants/{grant}")
    assert "taken back" in olga.decide(waiting["id"], "approve", expect=409)["detail"]
    ann.decide(waiting["id"], "withdraw")
    for body, pointer in [
        (more, "/extends"), (more | {"extends": "999999999"}, "/extends"), (more | {"extends": waiting["id"]}, "/extends"),
        (more | {"dataset": "shop.orders"}, "/dataset"), (more | {"columns": ["id"]}, "/columns"),
    ]:
        assert ann.post("/access-requests", body, expect=422).json()["errors"][0]["pointer"] == pointer, body


def test_an_ended_grant_is_extended(server, people, ann, admin):
    first = ann.ask()
    grant = people["olga"].decide(first["id"], "approve", {"durationSeconds": 3600})["grant"]
    ended = server.psql(
        "sluice", f"UPDATE sluice.access_grant SET expires_at = now() WHERE id = {grant}; "
        f"UPDATE sluice.held_grant SET until = now() WHERE grant_id = {grant}")
    assert ended.returncode == 0, ended.stderr
    more = {"extends": first["id"], "reason": "Not done", "durationSeconds": 3600}
    longer = ann.post("/access-requests", more, expect=201).json()
    people["olga"].decide(longer["id"], "approve")
    assert ann.reads() == [["1", "EU", "a@example.org"]]


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"reason": ""}, "/reason"),
        ({"durationSeconds": 0}, "/durationSeconds"),
        ({"durationSeconds": 10**9}, "/durationSeconds"),
        ({"answerWithinSeconds": 3599}, "/answerWithinSeconds"),
        ({"extends": "1"}, "/dataset"),
        ({"columns": []}, "/columns"),
        ({"columns": ["no"]}, "/columns/0"),
        ({"privilege": "write", "columns": ["id"]}, "/columns"),
        ({"privilege": "drop"}, "/privilege"),
        ({"dataset": "orders"}, "/dataset"),
    ],
)
def test_bad_requests_say_where(ann, body, pointer):
    assert pointer in [error["pointer"] for error in ann.ask(expect=422, **body)["errors"]]


def test_requests_that_wait_have_a_bound(people, admin):
    admin.post("/grants", {"to": "user:carl", "privilege": "describe", "on": "domain:shop"})
    names = [f"c{n}" for n in range(101)]
    admin.post("/datasets", {"domain": "shop", "name": "wide", "columns": [{"name": n, "type": "int"} for n in names]})
    for name in names[:100]:
        people["carl"].ask(dataset="shop.wide", columns=[name])
    assert people["carl"].ask(dataset="shop.wide", columns=[names[100]], expect=409)["code"] == "conflict"


def test_the_audit_says_who_asked_and_who_decided(people, ann, admin):
    id = ann.ask()["id"]
    people["olga"].decide(id, "approve")
    entries = admin.get("/audit?dataset=shop.orders&limit=3").json()["items"]
    told = [(entry["principal"], entry["action"], entry["object"].rstrip("0123456789")) for entry in entries]
    assert sorted(told[:2]) == [("olga", "create", "grant "), ("olga", "put", "access request ")]
    assert told[2] == ("ann", "create", "access request ")


def test_on_the_command_line(people, ann):
    def sluice(person, *words):
        environment = clean_environment() | {
            "SLUICE_URL": person.base, "SLUICE_TOKEN": person.session.headers["Authorization"].split()[1]}
        return subprocess.run([BINARY, "request", *words], env=environment, capture_output=True, text=True, timeout=60)

    asked = sluice(ann, "add", "select", "on", "shop.orders", "--columns", "id,region", "--for", "8h", "--reason", "Ticket")
    assert asked.returncode == 0, asked.stderr
    id = asked.stdout.split()[2]
    assert "waits already" in sluice(
        ann, "add", "select", "on", "shop.orders", "--columns", "id,region", "--reason", "Ticket").stdout
    listed = sluice(people["olga"], "list", "--state", "pending").stdout
    assert ["ann", "select", "shop.orders", "id,", "region"] == next(
        line.split()[1:6] for line in listed.splitlines() if line.startswith(id))
    assert "granted (grant " in sluice(people["olga"], "approve", id, "--columns", "id", "--comment", "enough").stdout
    assert ann.reads() == [["1", None, None]]
    refused = sluice(people["olga"], "deny", id)
    assert refused.returncode != 0 and "approved already" in refused.stderr
    assert "--reason" in sluice(ann, "add", "select", "on", "shop.orders").stderr
    asked = sluice(ann, "extend", id, "--for", "9h", "--reason", "Ticket", "--within", "8h")
    assert "waits for an answer of user:olga" in asked.stdout, asked.stderr
    more = asked.stdout.split()[2]
    assert more in sluice(people["olga"], "list", "--inbox").stdout
    assert more not in sluice(ann, "list", "--inbox").stdout
    assert "granted (grant " in sluice(people["olga"], "approve", more).stdout
