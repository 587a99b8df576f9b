"""A dataset and its reader, for tests of who sees what and when."""

import time

import pytest

from masks import rows_of

EMAILS = ["ann@example.org", "bob@example.org"]


def polled(read, wanted, seconds=10):
    """Repeats `read` until it gives `wanted`; what it gave before, once each."""
    deadline = time.monotonic() + seconds
    seen = []
    while True:
        got = read()
        if got == wanted:
            return seen
        if got not in seen:
            seen.append(got)
        assert time.monotonic() < deadline, (seen, wanted)


@pytest.fixture
def shop(server, admin, request):
    """A dataset and a reader of its own for each test."""
    name = "t" + str(abs(hash(request.node.name)) % 10**9)
    admin.put("/tags/pii", {})
    admin.put("/domains/shop", {})
    admin.put_new(f"/principals/{name}", {"kind": "user", "attributes": {"region": ["EU"]}})
    admin.post(
        "/datasets",
        {
            "domain": "shop",
            "name": name,
            "primaryKey": ["id"],
            "columns": [
                {"name": "id", "type": "int"},
                {"name": "region", "type": "text"},
                {"name": "email", "type": "text"},
            ],
        },
    )
    admin.post(
        f"/datasets/shop.{name}/rows",
        [
            {"id": number, "region": region, "email": email}
            for number, (region, email) in enumerate(zip(["EU", "US"], EMAILS))
        ],
    )
    return name


def grant(admin, name, **more):
    return admin.post(
        "/grants", {"to": f"user:{name}", "privilege": "select", "on": f"dataset:shop.{name}"} | more
    ).json()


def reads(client, name):
    """What a read over each surface gives: the e-mails, or the status."""
    answers = [
        client.request("GET", f"/datasets/shop.{name}/rows?select=email"),
        client.query(f"SELECT email FROM shop.{name} ORDER BY id", expect=None),
    ]
    return [
        [row[0] for row in rows_of(answer)[1]] if answer.status_code == 200 else answer.status_code
        for answer in answers
    ]
