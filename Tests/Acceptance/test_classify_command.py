"""`sluice classify` on files as they come: without a server, never showing a value, going on where one cannot be read."""

import json
import os
import subprocess

import pytest

from sluice import BINARY, clean_environment

PEOPLE = "id,mail,who,note\n" + "".join(
    f"{1000 + i},person{i}@example.org,{name},nothing\n" for i, name in enumerate(["Anna Huber", "Max Weber", "Marie Klein"] * 5))


def classify(*words, status=0):
    done = subprocess.run([BINARY, "classify", *map(str, words)], capture_output=True, timeout=60, env=clean_environment())
    assert done.returncode == status, f"{words}: {done.returncode}\n{done.stdout}{done.stderr}"
    return done


def found(*words, status=0):
    """{file name: {column: entity}}; the problem's code for a file that is none."""
    answer = json.loads(classify(*words, "--json", status=status).stdout)
    return {
        os.path.basename(file["file"]): file["error"]["code"] if "error" in file else {c["name"]: c["entity"] for c in file["columns"]}
        for file in answer["files"]}


def test_columns_are_found_with_their_evidence_and_no_value(tmp_path):
    path = tmp_path / "people.csv"
    path.write_text(PEOPLE)
    done = classify(path, "--all", "--json")
    columns = {c["name"]: c for c in json.loads(done.stdout)["files"][0]["columns"]}
    assert {name: c["entity"] for name, c in columns.items()} == {"id": None, "mail": "pii.email", "who": "pii.name", "note": None}
    assert columns["mail"]["evidence"] == {"share": 1.0, "values": 15, "recogniser": "email", "nameRule": "mail"}
    assert 0.9 < columns["mail"]["confidence"] <= 1
    assert b"example.org" not in done.stdout and b"Anna" not in classify(path).stdout


@pytest.mark.parametrize("content, entities", [
    (b"a;b\n1;x@y.de\n2;z@y.de\n3;k@l.at\n", {"a": None, "b": "pii.email"}),
    (b"\xef\xbb\xbfmail\tx\na@b.cd\t1\n", {"mail": "pii.email", "x": None}),
    (b"mail\na@b.cd\n\"never closed\nc@d.ef\ng@h.ij\n", {"mail": "pii.email"}),
    (b"mail,x\na@b.cd\nc@d.ef,1,2,3\nk@l.mn,1\n", {"mail": "pii.email", "x": None}),
    (b"mail,mail\na@b.cd,1\n", {"mail": None}),
    (b"na\xffme,x\n\xff\xfe\x00,1\n", {"na\ufffdme": None, "x": None}),
    (b"only,a,header\n", {"only": None, "a": None, "header": None}),
    (b"long\n" + b"a" * 300_000 + b"\nb@c.de\n", {"long": None}),
], ids=["semicolons", "tabs and mark", "open quote", "ragged", "same name twice", "no UTF-8", "header alone", "long value"])
def test_files_as_they_come(tmp_path, content, entities):
    (tmp_path / "x.csv").write_bytes(content)
    assert found(tmp_path / "x.csv") == {"x.csv": entities}


@pytest.mark.parametrize("content, code", [
    (b"", "columns_differ"), (b"\x1f\x8b\x08\x00\x00\x00\x00\x00", "malformed_source"),
    ("mail\na@b.cd\n".encode("utf-16"), "malformed_source"),
], ids=["empty", "gzip", "UTF-16"])
def test_what_is_no_csv_is_named_and_the_rest_is_shown(tmp_path, content, code):
    (tmp_path / "bad.csv").write_bytes(content)
    (tmp_path / "good.csv").write_text(PEOPLE)
    assert found(tmp_path, status=1) == {
        "bad.csv": code, "good.csv": {"id": None, "mail": "pii.email", "who": "pii.name", "note": None}}


def test_what_cannot_be_read_is_refused(tmp_path):
    assert b"No such file" in classify(tmp_path / "none.csv", status=1).stderr
    assert b"no file that ends in .csv" in classify(tmp_path, status=1).stderr
    os.mkfifo(tmp_path / "pipe.csv")
    assert b"is no regular file" in classify(tmp_path / "pipe.csv", status=1).stderr
    assert b"--delimiter" in classify(tmp_path, "--delimiter", "ab", status=2).stderr


def test_a_long_file_is_sampled_and_a_sequence_is_nobodys_number(tmp_path):
    path = tmp_path / "orders.csv"
    with open(path, "w") as file:
        file.write("order_no,card_ref,mail\n")
        for i in range(400_000):
            # Only the second half has addresses: who reads the beginning alone does not find them.
            file.write(f"{i + 1000},{4_000_000_000_000_000 + i},{f'p{i}@example.org' if i > 200_000 else ''}\n")
    assert found(path) == {"orders.csv": {"order_no": None, "card_ref": None, "mail": "pii.email"}}


def test_without_a_header_fields_are_numbered(tmp_path):
    (tmp_path / "x.dat").write_text("1,a@b.cd\n2,c@d.ef\n3,g@h.ij\n")
    assert found(tmp_path / "x.dat", "--no-header") == {"x.dat": {"column_1": None, "column_2": "pii.email"}}
