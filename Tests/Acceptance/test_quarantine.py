"""What was not loaded, as it came: for those who manage the dataset, in pages bounded in bytes, and audited first."""

import base64
import urllib.parse

import pytest

import contract

RECORDS = [
    # run, line, offset, bytes, rule, column
    (11, 2, 8, b'1,"a\nb",x\r\n', "iata_code", "iata"),
    (11, 5, 40, b"\xff\xfe,\x00\n", "not_utf8", None),
    (12, 2, 8, b"2,c,y\n", "iata_code", "iata"),
]


@pytest.fixture(scope="module")
def quarantine(server, admin):
    """`lab.samples` with RECORDS in quarantine; `keeper` manages it, `reader` reads it, `stranger` holds nothing."""
    admin.put("/domains/lab", {})
    for name in ("samples", "empty", "long"):
        columns = [{"name": "id", "type": "bigint"}, {"name": "iata", "type": "text"}]
        admin.post("/datasets", {"domain": "lab", "name": name, "columns": columns})
    keep(server, admin, "samples", RECORDS)
    for name, privilege in (("keeper", "manage"), ("reader", "select"), ("stranger", None)):
        admin.put_new(f"/principals/{name}", {"kind": "user"})
        if privilege:
            admin.post("/grants", {"to": f"user:{name}", "privilege": privilege, "on": "domain:lab"})
    return {name: server.client(name) for name in ("keeper", "reader", "stranger")}


def keep(server, admin, name, records):
    """Puts records where a job's COPY does."""
    dataset = admin.get(f"/datasets/lab.{name}").json()["id"]
    lines = [f"SELECT sluice.prepare_ingest({dataset});"]
    for run, line, offset, data, rule, column in records:
        blamed = f"'{column}'" if column else "NULL"
        lines.append(
            f"INSERT INTO sluice.quarantine_d{dataset} (dataset_id, run_id, source, line, byte_offset, bytes, rule, "
            f"column_name, error) VALUES ({dataset}, {run}, 'samples.csv', {line}, {offset}, '\\x{data.hex()}', "
            f"'{rule}', {blamed}, 'does not pass');"
        )
    result = server.psql("sluice", "\n".join(lines))
    assert result.returncode == 0, result.stderr


def read(client, dataset="samples", expect=200, **parameters):
    answer = client.get(f"/datasets/lab.{dataset}/quarantine?{urllib.parse.urlencode(parameters)}", expect=expect)
    contract.check(contract.OPERATIONS["listQuarantine"], answer)
    return answer.json()


def shown(page):
    return [
        (int(i["run"]), i["line"], i["byteOffset"], base64.b64decode(i["bytes"], validate=True), i["rule"], i["column"])
        for i in page["items"]
    ]


def test_records_come_as_they_were(quarantine):
    page = read(quarantine["keeper"])
    assert shown(page) == RECORDS and page["nextCursor"] is None
    assert page["items"][0]["source"] == "samples.csv" and page["items"][0]["error"] == "does not pass"


@pytest.mark.parametrize(
    "filters, expected",
    [
        ({"run": 11}, RECORDS[:2]),
        ({"rule": "iata_code"}, [RECORDS[0], RECORDS[2]]),
        ({"run": 12, "rule": "iata_code"}, RECORDS[2:]),
        ({"run": 99}, []),
        ({"rule": "'; DROP TABLE sluice.quarantine; --"}, []),
    ],
)
def test_filters(quarantine, filters, expected):
    assert shown(read(quarantine["keeper"], **filters)) == expected


@pytest.mark.parametrize("who, status", [("reader", 403), ("stranger", 404)])
def test_it_is_for_those_who_manage_the_dataset(quarantine, who, status):
    read(quarantine[who], expect=status)


def test_what_is_wrong_with_a_request(quarantine):
    for parameters in ({"run": "x"}, {"run": 0}, {"limit": 0}, {"cursor": "x"}, {"column": "iata"}):
        read(quarantine["keeper"], expect=400, **parameters)
    read(quarantine["keeper"], dataset="nothing", expect=404)


def test_a_dataset_that_was_never_loaded_has_none(quarantine):
    assert read(quarantine["keeper"], dataset="empty") == {"items": [], "nextCursor": None}


def test_pages_follow_one_another(quarantine):
    records, cursor = [], None
    for _ in RECORDS:
        page = read(quarantine["keeper"], limit=1, **({"cursor": cursor} if cursor else {}))
        records += shown(page)
        cursor = page["nextCursor"]
    assert records == RECORDS and cursor is None


def test_a_page_ends_early_rather_than_grow_large(server, admin, quarantine):
    small, large = (7, 2, 0, b"s" * 1_500_000, "r", None), (7, 3, 1_500_000, b"l" * 6_000_000, "r", None)
    keep(server, admin, "long", [small, small, small, large, small])
    sizes, cursor = [], None
    while not sizes or cursor:
        page = read(quarantine["keeper"], dataset="long", **({"cursor": cursor} if cursor else {}))
        sizes.append([len(data) for _, _, _, data, _, _ in shown(page)])
        cursor = page["nextCursor"]
    assert sizes == [[1_500_000] * 2, [1_500_000], [6_000_000], [1_500_000]]


def test_every_page_and_every_refusal_is_in_the_audit(admin, quarantine):
    request = quarantine["keeper"].get("/datasets/lab.samples/quarantine?run=12").headers["X-Request-Id"]
    refused = quarantine["reader"].get("/datasets/lab.samples/quarantine", expect=403).headers["X-Request-Id"]
    admin.get("/datasets/lab.samples/quarantine")  # waits for its entry, and so for those before
    entries = {e["requestId"]: e for e in admin.get("/audit?dataset=lab.samples&action=read").json()["items"]}
    entry = entries[request]
    assert (entry["principal"], entry["surface"], entry["rows"], entry["decision"]) == (
        "keeper",
        "quarantine",
        1,
        "allowed",
    )
    assert entry["columns"] == ["lab.samples.id", "lab.samples.iata"]
    assert (entries[refused]["decision"], entries[refused]["code"]) == ("refused", "forbidden")


def test_a_dataset_goes_with_its_quarantine_but_not_before_its_pipelines(server, admin, quarantine):
    admin.put("/connections/lab.files", {"kind": "file", "config": {"path": "."}})
    step = {"from": {"connection": "files", "path": "a.csv"}, "to": {"dataset": "lab.long", "mode": "append"}}
    admin.put("/pipelines/lab.nightly", {"steps": [{"name": "load", "ingest": step}]})
    refusal = admin.delete("/datasets/lab.long", expect=409).json()
    assert refusal["code"] == "in_use" and "pipeline lab.nightly" in refusal["detail"]
    admin.delete("/pipelines/lab.nightly")
    dataset = admin.get("/datasets/lab.long").json()["id"]
    admin.delete("/datasets/lab.long")
    left = f"SELECT count(*) FROM pg_roles WHERE rolname LIKE '%\\_i{dataset}'; SELECT count(*) FROM sluice.quarantine"
    assert server.psql("sluice", left, "-At").stdout.split() == ["0", str(len(RECORDS))]
    assert admin.get("//readyz").status_code == 200
