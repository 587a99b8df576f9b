"""Policy tests: run when asked for, before an apply commits and on a schedule; a failing one blocks an apply."""

import concurrent.futures
import json
import subprocess
import threading

import pytest

from access import EMAILS, grant, polled, shop  # noqa: F401: shop is a fixture
from sluice import BINARY, clean_environment, wait_until

HIDDEN = {"column": "email", "matches": "^\\*+$"}


def put(admin, name, body, status=201):
    return admin.put_new(f"/policy-tests/{name}", body, expect=status)


def run(admin, *names, expect=200):
    answer = admin.post("/policy-tests/run", {"names": list(names)} if names else {}, expect=expect)
    return answer.json() if expect != 200 else {result["name"]: result for result in answer.json()["results"]}


@pytest.fixture
def masked(admin, shop):
    """A reader of a dataset whose e-mails are masked for it."""
    grant(admin, shop)
    admin.put_new(f"/masks/{shop}", {"on": f"column:shop.{shop}.email", "mask": {"kind": "show-last", "count": 1}})
    yield shop
    for test in admin.get("/policy-tests?limit=1000").json()["items"]:
        admin.delete(f"/policy-tests/{test['name']}", headers={"If-Match": "*"})


def reads(name):
    return f"SELECT email FROM shop.{name}"


def test_each_expectation_holds_or_does_not(admin, masked):
    name = masked
    cases = {
        "rows_two": (reads(name), {"rows": 2}, "passed", "2 rows"),
        "rows_none": (reads(name), {"rows": 0}, "failed", "2 rows"),
        "stars": (reads(name), {"column": "email", "matches": "^\\*+.$"}, "passed", "0 of 2 values of email do not match"),
        "all_stars": (reads(name), HIDDEN, "failed", "2 of 2 values of email do not match"),
        "vacuous": (f"{reads(name)} WHERE false", HIDDEN, "failed", "no value of email"),
        "nulls": (f"SELECT NULL::text AS email FROM shop.{name}", {"column": "email", "isNull": True}, "passed",
                  "0 values of email in 2 rows"),
        "not_nulls": (reads(name), {"column": "email", "isNull": True}, "failed", "2 values of email in 2 rows"),
        "no_rows": (f"{reads(name)} WHERE false", {"column": "email", "isNull": True}, "failed", "no row"),
        "forbidden": ("SELECT * FROM store.d1", {"refused": "forbidden"}, "passed",
                      "a refusal with code forbidden (SQLSTATE 42501)"),
        "not_refused": (reads(name), {"refused": "forbidden"}, "failed", "2 rows"),
        "no_column": ("SELECT 1 AS other", HIDDEN, "failed", "a refusal with code invalid_sql (SQLSTATE 42703)"),
        "comment": (f"{reads(name)} -- with the last word", {"rows": 2}, "passed", "2 rows"),
    }
    for test, (query, expect, _, _) in cases.items():
        put(admin, test, {"as": f"user:{name}", "query": query, "expect": expect})
    results = run(admin)
    got = {test: (result["outcome"], result["found"]) for test, result in results.items()}
    assert got == {test: (outcome, found) for test, (_, _, outcome, found) in cases.items()}
    shown = admin.get("/policy-tests/all_stars").json()
    assert shown["lastRun"]["outcome"] == "failed" and shown["lastRun"]["cause"] == "request"
    assert shown["beforeApply"] is True and shown["expect"] == HIDDEN
    # What a value is, a message could tell.
    put(admin, "cast", {"as": f"user:{name}", "query": f"SELECT email::int FROM shop.{name}", "expect": {"rows": 0}})
    cast = run(admin, "cast")["cast"]
    assert cast["found"] == "a refusal with code invalid_sql (SQLSTATE 22P02)"
    assert not any(email in admin.get("/audit?action=test").text for email in EMAILS)


def test_a_failure_is_audited_and_counted(server, admin, masked):
    put(admin, "leak", {"as": f"user:{masked}", "query": reads(masked), "expect": {"rows": 0}})
    before = metric(server, 'sluice_policy_test_runs{outcome="failed"}')
    run(admin, "leak")
    entry = admin.get("/audit?action=test&limit=1").json()["items"][0]
    assert (entry["principal"], entry["object"]) == ("admin", "policy test leak")
    assert entry["after"]["found"] == f"as user:{masked}: expected 0 rows, found 2 rows"
    assert metric(server, 'sluice_policy_test_runs{outcome="failed"}') == before + 1
    assert metric(server, "sluice_policy_tests_failing") == 1
    read = polled_entry(admin, masked)
    assert (read["surface"], read["statement"], read["rows"]) == ("policy-test", reads(masked), 0)
    assert (read["datasets"], read["columns"]) == ([f"shop.{masked}"], [f"shop.{masked}.email"])


def polled_entry(admin, name):
    found = []

    def there():
        found[:] = admin.get(f"/audit?principal={name}&action=read&limit=1").json()["items"]
        return bool(found)

    wait_until(there, 10, "the audit entry")
    return found[0]


def metric(server, name):
    text = server.anonymous().get("//metrics").text
    return next(int(line.split()[-1]) for line in text.splitlines() if line.startswith(name + " "))


@pytest.mark.parametrize(("body", "code", "pointer"), [
    ({"as": "ann"}, "invalid", "/as"), ({"as": "user:nobody_there"}, "invalid", "/as"),
    ({"purpose": "nothing_there"}, "invalid", "/purpose"), ({"query": "SELEC 1"}, "invalid_sql", "/query"),
    ({"query": "DELETE FROM shop.x"}, "not_a_read", "/query"), ({"query": "SELECT 1; SELECT 2"}, "not_a_read", "/query"),
    ({"query": "WITH x AS (DELETE FROM shop.x RETURNING 1) SELECT * FROM x"}, "not_a_read", "/query"),
    ({"query": "SELECT $1"}, "invalid", "/query"), ({"expect": {}}, "invalid", "/expect"),
    ({"expect": {"rows": 1, "isNull": True}}, "invalid", "/expect"), ({"expect": {"rows": -1}}, "invalid", "/expect/rows"),
    ({"expect": {"matches": "x"}}, "invalid", "/expect/column"),
    ({"expect": {"column": "a", "matches": "(" }}, "invalid", "/expect/matches"),
    ({"expect": {"column": "a", "matches": "x" * 1001}}, "invalid", "/expect/matches"),
    ({"expect": {"column": "a", "isNull": False}}, "invalid", "/expect/isNull"),
    ({"schedule": {"cron": "x"}}, "invalid", "/schedule/cron"),
    ({"schedule": {"cron": "* * * * *", "timeZone": "No/Where"}}, "invalid", "/schedule/timeZone"),
], ids=range(17))
def test_bad_tests_say_where(admin, body, code, pointer):
    good = {"as": "user:admin", "query": "SELECT 1", "expect": {"rows": 1}}
    problem = put(admin, "bad", good | body, 422).json()
    assert (problem["code"], problem["errors"][0]["pointer"]) == (code, pointer), problem
    admin.get("/policy-tests/bad", expect=404)


def test_they_are_policy_objects_of_the_platforms_managers(server, admin, masked):
    body = {"as": f"user:{masked}", "query": "SELECT 1", "expect": {"rows": 1}}
    assert admin.put("/policy-tests/one", body, expect=428).json()["code"] == "precondition_required"
    etag = put(admin, "one", body).headers["ETag"]
    admin.put("/policy-tests/one", body, headers={"If-Match": '"999"'}, expect=412)
    admin.put("/policy-tests/one", body | {"description": "d"}, headers={"If-Match": etag}, expect=200)
    reader = server.client(masked)
    reader.put("/policy-tests/two", body, headers={"If-None-Match": "*"}, expect=403)
    reader.get("/policy-tests/one", expect=404)
    assert reader.get("/policy-tests").json()["items"] == []
    reader.post("/policy-tests/run", {}, expect=403)
    assert "no_such" in run(admin, "no_such", expect=422)["detail"]
    put(admin, "run", body, 405)
    document = {"documents": [{"kind": "policy-test", "name": "run"} | body]}
    assert admin.post("/apply", document, expect=422).json()["code"] == "reserved_name"
    problem = admin.delete(f"/principals/{masked}", expect=409, headers={"If-Match": "*"}).json()
    assert problem["code"] == "in_use" and "policy test one" in problem["detail"]


def documents(name, kind, **more):
    return {"documents": [
        {"kind": "mask", "name": name, "on": f"column:shop.{name}.email", "mask": {"kind": kind} | more},
    ]}


def test_a_failing_test_blocks_an_apply_and_nothing_is_half_done(admin, masked):
    stars = {"as": f"user:{masked}", "query": reads(masked), "expect": {"column": "email", "matches": "^\\*+.?$"}}
    put(admin, "stars", stars)
    version = admin.get(f"/masks/{masked}").headers["ETag"]
    epoch = int(admin.query("SELECT 1").headers["Sluice-Policy-Version"])
    plan = admin.post("/apply?dryRun=true", documents(masked, "email"), expect=200).json()
    assert plan["policyTests"]["failed"] == 1, plan
    assert plan["policyTests"]["results"][0]["found"] == "2 of 2 values of email do not match"
    problem = admin.post("/apply", documents(masked, "email"), expect=422).json()
    assert problem["code"] == "policy_test_failed" and "stars" in problem["detail"]
    assert problem["errors"][0]["detail"].startswith(f"policy test stars as user:{masked}: expected")
    assert admin.get(f"/masks/{masked}").headers["ETag"] == version
    assert int(admin.query("SELECT 1").headers["Sluice-Policy-Version"]) == epoch
    assert admin.get("/policy-tests/stars").json()["lastRun"]["cause"] == "apply"
    assert admin.get("/audit?action=test&limit=1").json()["items"][0]["object"] == "policy test stars"
    # What passes is applied, by the policy of after the change.
    applied = admin.post("/apply", documents(masked, "fixed", value="***"), expect=200).json()
    assert applied["policyTests"]["passed"] == 1 and applied["changes"][0]["action"] == "update", applied


def test_a_bundle_brings_its_tests(admin, masked):
    good = {"kind": "policy-test", "name": "mine", "as": f"user:{masked}", "query": reads(masked), "expect": {"rows": 2}}
    applied = admin.post("/apply", {"documents": [good]}, expect=200).json()
    assert applied["policyTests"]["passed"] == 1
    assert admin.post("/apply", {"documents": [good]}, expect=200).json()["changes"][0]["action"] == "unchanged"
    bad = good | {"name": "other", "expect": {"rows": 3}}
    assert admin.post("/apply", {"documents": [bad]}, expect=422).json()["code"] == "policy_test_failed"
    admin.get("/policy-tests/other", expect=404)
    # The policy and the test of it change together; a principal and a dataset that the same bundle makes are read as.
    new = f"{masked}_new"
    bundle = [
        {"kind": "principal", "name": new}, {"kind": "grant", "to": f"user:{new}", "privilege": "select",
                                             "on": f"dataset:shop.{masked}"},
        {"kind": "row-filter", "name": new, "on": f"dataset:shop.{masked}", "expression": "region = 'US'",
         "except": {"principals": [masked]}},
        {"kind": "policy-test", "name": "filtered", "as": f"user:{new}", "query": f"SELECT FROM shop.{masked}",
         "expect": {"rows": 1}},
        {"kind": "policy-test", "name": "unfiltered", "as": f"user:{masked}", "query": f"TABLE shop.{masked}",
         "expect": {"rows": 2}},
    ]
    applied = admin.post("/apply", {"documents": bundle}, expect=200).json()
    assert (applied["policyTests"]["passed"], applied["policyTests"]["failed"]) == (3, 0)
    # What the gate said, the real surface says.
    assert {result["outcome"] for result in run(admin).values()} == {"passed"}
    admin.delete(f"/row-filters/{new}", headers={"If-Match": "*"})


def test_purposes_and_members_are_tested_before_they_hold(admin, masked):
    purpose, group = f"p_{masked}", f"g_{masked}"
    mask = {"kind": "mask", "name": masked, "on": f"column:shop.{masked}.email", "mask": {"kind": "nullify"},
            "except": {"purposes": [purpose]}}
    bundle = [
        {"kind": "purpose", "name": purpose}, {"kind": "group", "name": group, "members": [masked]}, mask,
        {"kind": "grant", "to": f"group:{group}", "privilege": "act", "on": f"purpose:{purpose}"},
        {"kind": "policy-test", "name": "clear", "as": f"user:{masked}", "purpose": purpose, "query": reads(masked),
         "expect": {"column": "email", "matches": "@"}},
        {"kind": "policy-test", "name": "hidden", "as": f"user:{masked}", "query": reads(masked),
         "expect": {"column": "email", "isNull": True}},
    ]
    applied = admin.post("/apply", {"documents": bundle}, expect=200).json()
    assert applied["policyTests"]["passed"] == 2, applied
    assert {result["outcome"] for result in run(admin).values()} == {"passed"}
    emptied = [{"kind": "group", "name": group, "members": []}]
    problem = admin.post("/apply", {"documents": emptied}, expect=422).json()
    assert "purpose_not_granted" in problem["errors"][0]["detail"], problem
    wanted = {"kind": "policy-test", "name": "clear", "as": f"user:{masked}", "purpose": purpose, "query": reads(masked),
              "expect": {"refused": "purpose_not_granted"}}
    admin.post("/apply", {"documents": emptied + [wanted]}, expect=200)
    assert run(admin, "clear")["clear"]["outcome"] == "passed"


@pytest.mark.parametrize("query", [
    "SELECT pg_sleep(0)", "SELECT pg_advisory_lock(1)", "SELECT set_config('role', 'none', false)",
    "SELECT * FROM pg_catalog.pg_stat_activity", "SELECT query_to_xml('SELECT 1', true, true, '')",
    "SELECT sluice.query_salt()", "SELECT * FROM sluice.mask_key", "SELECT * FROM unqualified", "SELECT lo_creat(1)",
    "SELECT pg_catalog.pg_terminate_backend(1)", "SELECT (SELECT max(pg_notify('a', 'b')::text))",
], ids=range(11))
def test_what_could_do_harm_there_runs_after_the_apply_only(admin, masked, query):
    put(admin, "odd", {"as": f"user:{masked}", "query": query, "expect": {"rows": 99}})
    shown = admin.get("/policy-tests/odd").json()
    assert shown["beforeApply"] is False and shown["notBeforeApplyBecause"].startswith("it ")
    applied = admin.post("/apply", documents(masked, "email"), expect=200).json()["policyTests"]
    assert [test["name"] for test in applied["notRun"]] == ["odd"] and applied["results"] == []
    admin.post("/apply", documents(masked, "nullify"), expect=200)
    assert run(admin, "odd")["odd"]["outcome"] != "passed"


def test_a_test_without_end_ends(admin, masked):
    many = "SELECT count(*) FROM " + ", ".join(f"shop.{masked} AS t{n}" for n in range(60))
    put(admin, "endless", {"as": f"user:{masked}", "query": many, "expect": {"rows": 1}})
    problem = admin.post("/apply", documents(masked, "email"), expect=422).json()
    assert "over its 5 s" in problem["errors"][0]["detail"], problem


def test_a_million_rows_and_a_pattern_without_end(admin, masked):
    rows = f"SELECT email FROM shop.{masked}" + "".join(f" CROSS JOIN shop.{masked} AS t{n}" for n in range(19))
    rows = rows.replace("SELECT email", f"SELECT shop.{masked}.email")
    put(admin, "many", {"as": f"user:{masked}", "query": rows, "expect": {"rows": 2**20}})
    put(admin, "bomb", {"as": f"user:{masked}", "query": f"SELECT 'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!' AS email",
                          "expect": {"column": "email", "matches": "^(a|aa)+$"}})
    results = run(admin)
    assert results["many"]["outcome"] == "passed" and results["bomb"]["outcome"] == "failed", results


def test_kills_in_the_middle_of_an_apply_leave_all_or_nothing(own_server):
    server = own_server
    admin = server.admin
    admin.put("/domains/shop", {})
    admin.post("/datasets", {"domain": "shop", "name": "t", "columns": [{"name": "email", "type": "text"}]})
    admin.post("/datasets/shop.t/rows", [{"email": "ann@example.org"}] * 100)
    admin.put_new("/principals/ann", {"kind": "user"})
    admin.post("/grants", {"to": "user:ann", "privilege": "select", "on": "dataset:shop.t"})
    for number in range(30):
        query = "SELECT count(*) FROM shop.t AS a, shop.t AS b, shop.t AS c"
        admin.put_new(f"/policy-tests/t{number}", {"as": "user:ann", "query": query, "expect": {"rows": 1}})
    for number in range(3):
        documents = {"documents": [
            {"kind": "mask", "name": f"m{number}", "on": "column:shop.t.email", "mask": {"kind": "show-first", "count": number + 1}},
            {"kind": "tag", "name": f"with_m{number}"}]}
        begun = threading.Event()

        def apply():
            begun.set()
            try:
                return server.admin.post("/apply", documents).status_code
            except Exception:
                return None

        with concurrent.futures.ThreadPoolExecutor(1) as pool:
            answer = pool.submit(apply)
            begun.wait()
            testing = "SELECT count(*) FROM pg_stat_activity WHERE query LIKE '%sluice_policy_test.run%' AND pid <> pg_backend_pid()"
            wait_until(lambda: answer.done() or server.psql("sluice", testing, "-At").stdout.strip() == "1", 30, "the tests")
            server.kill()
            status = answer.result()
        server.start()
        there = [server.admin.get(path, expect=(200, 404)).status_code for path in (f"/masks/m{number}", f"/tags/with_m{number}")]
        assert there[0] == there[1] and (status != 200 or there[0] == 200), (status, there)
        left = server.psql("sluice", "SELECT count(*) FROM pg_namespace WHERE nspname = 'sluice_policy_test'", "-At")
        assert left.stdout.strip() == "0"


def test_they_run_on_their_schedule(admin, masked):
    put(admin, "often", {"as": f"user:{masked}", "query": reads(masked), "expect": {"rows": 0},
                           "schedule": {"cron": "* * * * * *", "timeZone": "Europe/Vienna"}})

    def runs():
        return [entry for entry in admin.get("/audit?action=test&limit=50").json()["items"]
                if entry["object"] == "policy test often" and entry["principal"] == "sluice"]

    wait_until(lambda: len(runs()) >= 2, 30, "two runs")
    assert admin.get("/policy-tests/often").json()["lastRun"]["cause"] == "schedule"


def test_on_the_command_line(server, admin, masked, tmp_path):
    def sluice(*words):
        environment = clean_environment() | {
            "SLUICE_URL": server.base, "SLUICE_TOKEN": (server.data / "admin-token").read_text().strip()}
        return subprocess.run([BINARY, *words], env=environment, capture_output=True, text=True, timeout=60)

    assert "There is no policy test." in sluice("test").stdout
    file = tmp_path / "policy.yaml"
    test = {"kind": "policy-test", "name": "two", "as": f"user:{masked}", "query": reads(masked), "expect": {"rows": 2}}
    file.write_text(json.dumps(test))
    assert "Policy tests passed: 1." in sluice("apply", "-f", str(file)).stdout
    run = sluice("test", "two")
    assert run.returncode == 0 and "1 passed, 0 did not." in run.stdout, run.stderr
    file.write_text(json.dumps({"kind": "row-filter", "name": masked, "on": f"dataset:shop.{masked}", "expression": "FALSE"}))
    plan = sluice("plan", "-f", str(file))
    assert plan.returncode == 0 and "would not pass" in plan.stdout and "0 rows" in plan.stdout, plan.stdout
    refused = sluice("apply", "-f", str(file))
    assert refused.returncode == 1 and "policy_test_failed" in refused.stderr, refused.stderr
    put(admin, "three", {"as": f"user:{masked}", "query": reads(masked), "expect": {"rows": 3}})
    run = sluice("test")
    assert run.returncode == 1 and "error: 1 of 2 policy tests did not pass" in run.stderr
    assert json.loads(sluice("test", "--json").stdout)["failed"] == 1
