"""SLUICE_DATABASE_URL: somebody else's Postgres over TCP with passwords, where Sluice's login is no superuser."""

import subprocess

import pytest

import sluice


@pytest.fixture(scope="module")
def external(cluster):
    """A server on the cluster, prepared as docs/operations.md says."""
    assert cluster.psql("CREATE ROLE app LOGIN PASSWORD 'secret'").returncode == 0
    url = cluster.url("app", "secret")
    server = sluice.Server()
    server.data.mkdir()
    script = subprocess.run(
        [sluice.BINARY, "migrate", "--print-privileged", "--database-url", url, "--data-dir", server.data],
        capture_output=True, text=True, timeout=60, env=sluice.clean_environment())
    assert script.returncode == 0, script.stderr
    for _ in range(2):  # to run it again does no harm
        applied = cluster.psql(script.stdout)
        assert applied.returncode == 0, applied.stderr
    try:
        yield server.start(SLUICE_DATABASE_URL=url)
    finally:
        server.clean()


def test_without_the_privileged_script_serve_says_what_is_missing(cluster):
    assert cluster.psql("CREATE ROLE early LOGIN PASSWORD 'secret'").returncode == 0
    server = sluice.Server()
    try:
        with pytest.raises(AssertionError, match="serve ended"):
            server.start(SLUICE_DATABASE_URL=cluster.url("early", "secret"))
        assert "--print-privileged" in server.log(), server.log()
    finally:
        server.clean()


def test_a_login_that_is_no_superuser_governs(cluster, external):
    admin = external.admin
    admin.put("/domains/shop", {})
    admin.put("/tags/pii", {})
    admin.post("/datasets", {"domain": "shop", "name": "people", "primaryKey": ["id"], "columns": [
        {"name": "id", "type": "int"}, {"name": "email", "type": "text", "tags": ["pii"]},
        {"name": "region", "type": "text"}]})
    admin.post("/datasets/shop.people/rows", [
        {"id": 1, "email": "ann@example.org", "region": "EU"}, {"id": 2, "email": "bob@example.org", "region": "US"}])
    admin.put_new("/principals/ann", {"kind": "user", "attributes": {"region": ["EU"]}})
    admin.post("/grants", {"to": "user:ann", "on": "domain:shop", "privilege": "select"})
    admin.put_new("/masks/emails", {"on": "tag:pii", "mask": {"kind": "email"}})
    admin.put_new("/row-filters/regions", {"on": "dataset:shop.people", "expression": "region = ANY(user.region)"})
    ann = external.client("ann")
    seen = [[1, "a**@example.org", "EU"]]
    assert ann.get("/datasets/shop.people/rows").json()["rows"] == seen
    assert ann.get("/datasets/shop.people/rows?id=eq.1").json()["rows"] == seen
    assert ann.query("SELECT * FROM shop.people").json()["rows"] == seen
    version = admin.get("/masks/emails").headers["ETag"]
    admin.delete("/masks/emails", headers={"If-Match": version})
    assert ann.query("SELECT email FROM shop.people").json()["rows"] == [["ann@example.org"]]
    assert cluster.psql("SELECT rolsuper FROM pg_roles WHERE rolname = 'app'").stdout == "f\n"
    assert admin.get("//readyz").status_code == 200


def test_policy_tests_run_before_an_apply_commits(cluster, external):
    admin = external.admin
    admin.put_new("/purposes/fraud", {})
    grant = {"kind": "grant", "to": "user:ann", "privilege": "act", "on": "purpose:fraud"}
    test = {"kind": "policy-test", "name": "one", "as": "user:ann", "query": "SELECT email FROM shop.people"}
    first = admin.post("/apply", {"documents": [
        test | {"expect": {"rows": 1}}, grant, test | {"name": "two", "purpose": "fraud", "expect": {"rows": 1}}]}, expect=200)
    assert first.json()["policyTests"]["passed"] == 2
    opened = [{"kind": "row-filter", "name": "regions", "on": "dataset:shop.people", "expression": "TRUE"}]
    assert admin.post("/apply", {"documents": opened}, expect=422).json()["code"] == "policy_test_failed"
    assert {result["outcome"] for result in admin.post("/policy-tests/run", {}).json()["results"]} == {"passed"}
    assert cluster.psql("SELECT count(*) FROM pg_namespace WHERE nspname = 'sluice_policy_test'").stdout == "0\n"


def test_the_servers_login_reads_no_rows_of_a_principal(cluster, external):
    """It is a principal of nobody's: the governed view refuses it."""
    answer = cluster.psql("SELECT * FROM shop.people", "app", "secret", "warehouse")
    assert answer.returncode != 0 and not answer.stdout, answer.stdout


def test_after_a_restart_principals_log_in_again(cluster, external):
    assert external.stop() == 0
    external.start(SLUICE_DATABASE_URL=cluster.url("app", "secret"))
    assert external.client("ann").query("SELECT id FROM shop.people").json()["rows"] == [[1]]


def test_a_principal_that_goes_takes_its_role_along(cluster, external):
    admin = external.admin
    admin.put_new("/principals/eve", {"kind": "user"})
    role = admin.get("/principals/eve").json()["role"]
    admin.delete("/principals/eve", headers={"If-Match": admin.get("/principals/eve").headers["ETag"]})
    assert cluster.psql(f"SELECT count(*) FROM pg_roles WHERE rolname = '{role}'").stdout == "0\n"
