"""Helpers of the audit's tests: the chains from inside and outside."""

from sluice import wait_until

READ = "'whole', '{travel.bookings}', '{travel.bookings.id}', 1, 1, 1, 1, 'allowed', 'r' || i"
# A chain is as long as it takes the server to seal: some seconds.
SEALED_SECONDS = 60


def verified(admin, *heads):
    """All pieces of a verification as one."""
    whole, cursor = {"seals": 0, "entries": 0, "erased": 0, "unsealed": 0, "faults": [], "heads": []}, None
    while True:
        piece = admin.get("/audit/verification", params={"head": heads} | ({"cursor": cursor} if cursor else {})).json()
        for name in whole:
            whole[name] += piece[name]
        cursor = piece["nextCursor"]
        if not cursor:
            assert piece["intact"] == (not piece["faults"])
            return whole


def wait_sealed(admin):
    """Until every entry is sealed; the verification then."""
    wait_until(lambda: verified(admin)["unsealed"] == 0, SEALED_SECONDS, "sealing")
    return verified(admin)


def control(server, sql, expect=0):
    """Runs SQL in `control` as the superuser that the server logs in as."""
    return ran(server.psql("sluice", sql, "-At", "-d", "control"), expect)


def warehouse(server, sql, expect=0):
    return ran(server.psql("sluice", sql, "-At"), expect)


def ran(done, expect):
    assert (done.returncode == 0) == (expect == 0), done.stderr
    return done.stderr if expect else done.stdout.strip()


def made_reads(count, age="0 days", principal="robot"):
    """SQL that appends reads as the server would, of the column travel.bookings.id."""
    return f"""
        INSERT INTO sluice.read_audit (at, principal, surface, phase, datasets, columns, row_count, byte_count, duration_us,
            policy_version, decision, request_id)
        SELECT now() - interval '{age}', '{principal}', 'rows', {READ} FROM generate_series(1, {count}) AS i;"""
