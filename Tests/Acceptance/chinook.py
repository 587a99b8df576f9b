"""Chinook as its SQL script has it: read by a small parser of the two statements it uses, not by any database."""

import dataclasses
import decimal
import os
import pathlib
import re

FILE = (
    pathlib.Path(os.environ.get("SLUICE_CHINOOK", pathlib.Path(__file__).parents[3] / "shared/data/chinook"))
    / "Chinook_PostgreSql.sql"
)


@dataclasses.dataclass
class Table:
    name: str
    columns: dict  # name -> (type as written, nullable)
    key: list
    rows: list = dataclasses.field(default_factory=list)

    def column(self, name):
        return list(self.columns).index(name)


def read():
    """All tables by name. Values are int, Decimal, str or None; a timestamp is text in ISO 8601."""
    text = FILE.read_text(encoding="utf-8")
    tables = {}
    for name, body in re.findall(r"^CREATE TABLE (\w+)\n\((.*?)\n\);", text, re.M | re.S):
        columns, key = {}, []
        for line in body.strip().splitlines():
            line = line.strip().rstrip(",")
            if constraint := re.fullmatch(r"CONSTRAINT \w+ PRIMARY KEY\s+\((.*)\)", line):
                key = [part.strip() for part in constraint[1].split(",")]
            else:
                column, kind, null = re.fullmatch(r"(\w+) (\w+(?:\([\d,]+\))?)( NOT NULL)?", line).groups()
                columns[column] = (kind, null is None)
        tables[name] = Table(name, columns, key)
    for name, columns, body in re.findall(r"^INSERT INTO (\w+) \((.*?)\) VALUES\n(.*?);\n", text, re.M | re.S):
        table = tables[name]
        assert [part.strip() for part in columns.split(",")] == list(table.columns)
        for line in body.splitlines():
            table.rows.append(_values(table, line))
    return tables


_VALUE = re.compile(r"\s*(?:N?'((?:[^']|'')*)'|(NULL)|(-?\d+(?:\.\d+)?))\s*(,|$)")


def _values(table, line):
    inner = line.strip().rstrip(",")
    assert inner[0] == "(" and inner[-1] == ")", line
    inner, values, place = inner[1:-1], [], 0
    for kind, _ in table.columns.values():
        match = _VALUE.match(inner, place)
        assert match, line
        place = match.end()
        text, null, number = match[1], match[2], match[3]
        if null:
            values.append(None)
        elif text is not None:
            text = text.replace("''", "'")
            values.append(_timestamp(text) if kind == "TIMESTAMP" else text)
        else:
            values.append(int(number) if kind == "INT" else decimal.Decimal(number).quantize(decimal.Decimal("0.01")))
    assert place == len(inner), line
    return tuple(values)


def _timestamp(text):
    year, month, day = text.split(" ")[0].split("/" if "/" in text else "-")
    time = text.split(" ")[1] if " " in text else "00:00:00"
    return f"{int(year):04}-{int(month):02}-{int(day):02}T{time.zfill(8)}"
