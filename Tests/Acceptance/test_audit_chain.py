"""The chain of seals against whoever has the database: every kind of tampering is found, and named."""

import pytest

from audit import control, made_reads, verified, wait_sealed, warehouse
from shell import REFUSED, Shell
from sluice import Server, wait_until

UNBOUND = "SET session_replication_role = replica;"  # what a superuser can do: the triggers do not fire


@pytest.fixture(scope="module")
def server():
    """Three seals of reads, and a copy of the tables by which a test is undone."""
    with Server.running() as server:
        for _ in range(3):
            control(server, made_reads(20))
            wait_sealed(server.admin)
        control(server, "CREATE TABLE kept_reads AS TABLE sluice.read_audit; CREATE TABLE kept_seals AS TABLE sluice.audit_seal")
        assert control(server, "SELECT count(*) FROM sluice.audit_seal") == "3"
        yield server


@pytest.fixture
def admin(server):
    """Afterwards the reads and their seals are as they were."""
    yield server.admin
    control(server, UNBOUND + """
        BEGIN; TRUNCATE sluice.read_audit, sluice.audit_seal;
        INSERT INTO sluice.read_audit OVERRIDING SYSTEM VALUE SELECT * FROM kept_reads;
        INSERT INTO sluice.audit_seal SELECT * FROM kept_seals; COMMIT""")
    assert verified(server.admin)["faults"] == []


@pytest.mark.parametrize("statement", [
    "UPDATE sluice.{table} SET principal = 'nobody'", "DELETE FROM sluice.{table}", "TRUNCATE sluice.{table}",
    "DELETE FROM sluice.audit_seal", "TRUNCATE sluice.audit_seal", "UPDATE sluice.audit_seal SET entries = 0",
    "UPDATE sluice.audit_seal SET erased_at = now(), erased_digest = '\\x00', entries = 0"])
@pytest.mark.parametrize("database", [control, warehouse], ids=["reads", "changes"])
def test_tables_are_append_only(server, database, statement):
    table = "read_audit" if database is control else "change_audit"
    error = database(server, statement.format(table=table), expect=1)
    assert "can only be appended to" in error or "a seal stays as it is" in error, error
    assert verified(server.admin)["faults"] == []


TAMPERING = {
    "a value changed": ("UPDATE sluice.read_audit SET row_count = 7 WHERE id = 25", "entriesChanged", 2),
    "a value changed to NULL": ("UPDATE sluice.read_audit SET row_count = NULL WHERE id = 25", "entriesChanged", 2),
    "a time changed": ("UPDATE sluice.read_audit SET at = at - interval '1 microsecond' WHERE id = 25", "entriesChanged", 2),
    "a boundary between columns moved": (
        "UPDATE sluice.read_audit SET datasets = datasets || columns, columns = '{}' WHERE id = 25", "entriesChanged", 2),
    "an entry deleted": ("DELETE FROM sluice.read_audit WHERE id = 60", "entriesMissing", 3),
    "all entries deleted": ("DELETE FROM sluice.read_audit", "entriesMissing", 1),
    "an entry added": (made_reads(1).replace("INTO sluice.read_audit (", "INTO sluice.read_audit (id, ").replace(
        "SELECT now()", "OVERRIDING SYSTEM VALUE SELECT 30, now()"), "entriesAdded", 2),
    "an entry added before all": (made_reads(1).replace("INTO sluice.read_audit (", "INTO sluice.read_audit (id, ").replace(
        "SELECT now()", "OVERRIDING SYSTEM VALUE SELECT -5, now()"), "entriesAdded", 1),
    "two entries swapped": (
        "UPDATE sluice.read_audit AS r SET request_id = o.request_id FROM sluice.read_audit AS o "
        "WHERE (r.id, o.id) IN ((22, 23), (23, 22))", "entriesChanged", 2),
    "a seal changed": ("UPDATE sluice.audit_seal SET entries = 19 WHERE number = 2", "sealChanged", 2),
    "a seal of an unknown format": ("UPDATE sluice.audit_seal SET format = 2 WHERE number = 2", "sealChanged", 2),
    "a seal made anew without the key": (
        "DELETE FROM sluice.read_audit WHERE id = 25; UPDATE sluice.audit_seal SET entries = 19, rows_digest = (SELECT sha256("
        "string_agg(sha256(record_send(r)), '' ORDER BY id)) FROM sluice.read_audit AS r WHERE id BETWEEN 21 AND 40), "
        "digest = sha256(previous || rows_digest) WHERE number = 2", "sealChanged", 2),
    "a seal deleted": ("DELETE FROM sluice.audit_seal WHERE number = 2", "sealsMissing", 3),
    "two seals swapped": (
        "UPDATE sluice.audit_seal SET number = -1 WHERE number = 2; UPDATE sluice.audit_seal SET number = 2 WHERE number = 3;"
        "UPDATE sluice.audit_seal SET number = 3 WHERE number = -1", "sealChanged", 2),
    "an erasure forged": (
        "UPDATE sluice.audit_seal SET erased_at = now(), erased_digest = digest WHERE number = 2;"
        "DELETE FROM sluice.read_audit WHERE id BETWEEN 21 AND 40", "erasureForged", 2),
    "an entry and its seal deleted": (
        "DELETE FROM sluice.audit_seal WHERE number = 1; DELETE FROM sluice.read_audit WHERE id <= 20", "sealsMissing", 2),
}


@pytest.mark.parametrize("name", TAMPERING)
def test_tampering_is_found(server, admin, name):
    sql, problem, seal = TAMPERING[name]
    control(server, UNBOUND + sql)
    fault = verified(admin)["faults"][0]
    assert (fault["chain"], fault["problem"], fault["seal"]) == ("reads", problem, seal), fault
    assert fault["from"] and fault["to"] and fault["detail"], fault


def test_a_change_of_the_changes_is_found(server):
    seal, entry = warehouse(
        server, "SELECT number, last_id FROM sluice.audit_seal WHERE entries > 0 ORDER BY number LIMIT 1").split("|")
    warehouse(server, UNBOUND + f"UPDATE sluice.change_audit SET principal = principal || '2' WHERE id = {entry}")
    fault = verified(server.admin)["faults"][0]
    assert (fault["chain"], fault["problem"], fault["seal"]) == ("changes", "entriesChanged", int(seal)), fault
    warehouse(server, UNBOUND + f"UPDATE sluice.change_audit SET principal = rtrim(principal, '2') WHERE id = {entry}")
    assert verified(server.admin)["faults"] == []


def test_a_cut_end_is_found(own_server):
    """By the server that saw it, and by whoever kept the head when the server's own memory is gone, too."""
    server = own_server
    control(server, made_reads(20))
    wait_sealed(server.admin)
    control(server, made_reads(20))
    head = next(head for head in wait_sealed(server.admin)["heads"] if head.startswith("reads"))
    assert verified(server.admin, head)["faults"] == []

    control(server, UNBOUND + "DELETE FROM sluice.audit_seal WHERE number = 2; DELETE FROM sluice.read_audit WHERE id > 20")
    fault, = verified(server.admin)["faults"]
    assert (fault["chain"], fault["problem"], fault["seal"]) == ("reads", "cutOff", 2), fault
    # Sealing goes on, and what it seals does not hide the gap.
    control(server, made_reads(5))
    wait_until(lambda: verified(server.admin)["unsealed"] == 0, 30, "sealing")
    assert [fault["problem"] for fault in verified(server.admin)["faults"]] == ["cutOff"]
    metrics = server.admin.get("//metrics").text
    assert 'sluice_audit_cut_off{chain="reads"} 1' in metrics and 'sluice_audit_cut_off{chain="changes"} 0' in metrics
    assert server.log().count("the chain of reads lacks seal 2") == 1, "told once"

    assert server.stop() == 0
    (server.data / "audit-heads").unlink()
    server.start()
    assert verified(server.admin)["faults"] == []
    fault, = verified(server.admin, head)["faults"]
    assert (fault["problem"], fault["seal"]) == ("cutOff", 2)
    done = shell(server)("audit", "verify", "--head", head, status=REFUSED)
    assert "cutOff in reads, seal 2" in done.stdout and "not as it was sealed" in done.stderr


def test_ids_that_are_set_back_go_on(own_server):
    """As after a restore of a table without its sequence: what comes is not lost among what is sealed."""
    control(own_server, made_reads(20))
    wait_sealed(own_server.admin)
    control(own_server, "ALTER SEQUENCE sluice.read_audit_id_seq RESTART WITH 1")
    wait_until(lambda: "were set back to" in own_server.log(), 30, "the notice")
    control(own_server, made_reads(20))
    found = wait_sealed(own_server.admin)
    assert found["faults"] == [] and control(own_server, "SELECT max(id) > 20 FROM sluice.read_audit") == "t"


def test_what_is_still_being_written_is_not_sealed(own_server):
    """A batch that commits late is sealed with what comes after it; nothing is sealed over its head."""
    with own_server.psql_holding("sluice", "\\c control\nBEGIN;" + made_reads(10)):
        control(own_server, made_reads(10))
        # Two rounds of the sealer at least.
        start = sealed(own_server, "changes")
        own_server.admin.put_new("/tags/first", {})
        wait_until(lambda: sealed(own_server, "changes") > start, 30, "sealing of changes")
        assert sealed(own_server, "reads") == 0
    found = wait_sealed(own_server.admin)
    assert found["faults"] == [] and sealed(own_server, "reads") == 10, "what was rolled back is no gap"


def test_what_cannot_be_sealed_is_told(own_server):
    server = own_server
    with server.psql_holding("sluice", "\\c control\nBEGIN; LOCK TABLE sluice.audit_seal IN SHARE MODE"):
        control(server, made_reads(10, age="2 minutes"))
        fault, = verified(server.admin)["faults"]
        assert (fault["chain"], fault["problem"], fault["seal"]) == ("reads", "unsealed", None), fault
        age = int(fault["detail"].removeprefix("10 entries are not sealed, the oldest for ").removesuffix(" s"))
        assert age >= 120, fault
        name = 'sluice_audit_seal_lag_seconds{chain="reads"} '
        wait_until(lambda: int(server.admin.get("//metrics").text.split(name)[1].split()[0]) > 7, 30, "the metric")
    assert wait_sealed(server.admin)["faults"] == []


def test_a_dump_verifies_in_another_cluster(own_server, tmp_path):
    """With the server's key beside it: ids and seals go on; without it no seal is right."""
    control(own_server, made_reads(20))
    head = next(head for head in wait_sealed(own_server.admin)["heads"] if head.startswith("reads"))
    control(own_server, made_reads(20))  # perhaps not sealed yet when it is dumped
    dump = own_server.dump("control")
    key = (own_server.data / "server-key").read_bytes()
    for own_key in (False, True):
        with Server.running() as other:
            other.kill()
            file = other.data / "server-key"
            if not own_key:
                file.write_bytes(key)
            (other.data / "audit-heads").unlink(missing_ok=True)
            done = other.psql("sluice", "DROP DATABASE control WITH (FORCE)", "-d", "postgres")
            assert done.returncode == 0, done.stderr
            done = other.psql("sluice", "CREATE DATABASE control TEMPLATE template0", "-d", "postgres")
            assert done.returncode == 0, done.stderr
            assert other.psql("sluice", dump, "-d", "control").returncode == 0
            other.start()
            control(other, made_reads(5))
            wait_until(lambda: verified(other.admin)["unsealed"] == 0, 30, "sealing")
            found = verified(other.admin, head)
            if own_key:
                assert {fault["problem"] for fault in found["faults"] if fault["chain"] == "reads"} >= {"sealChanged"}
            else:
                assert [fault for fault in found["faults"] if fault["chain"] == "reads"] == []
                assert sealed(other, "reads") == 45


def sealed(server, chain):
    database = control if chain == "reads" else warehouse
    return int(database(server, "SELECT coalesce(sum(entries), 0) FROM sluice.audit_seal"))


def shell(server):
    return Shell(server, (server.data / "admin-token").read_text().strip())


def test_verify_on_the_command_line(server):
    done = shell(server)("audit", "verify")
    assert done.stdout.startswith("intact: "), done
    heads = [line.removeprefix("head ") for line in done.stdout.splitlines() if line.startswith("head ")]
    assert shell(server).json("audit", "verify", "--head", ",".join(heads))["heads"] == heads
    bad = server.admin.get("/audit/verification", expect=400, params={"head": "reads:1:abc"}).json()
    assert bad["code"] == "invalid_parameter" and "CHAIN:NUMBER:DIGEST" in bad["detail"]
    assert server.admin.get("/audit/verification", expect=400, params={"cursor": "bm8"}).json()["code"] == "invalid_cursor"
