"""What docs/masks.md says each kind does, written down a second time; and the three result formats read back."""

import decimal
import json


def email(text):
    at = text.rfind("@")
    return "*" * len(text) if at < 1 else text[0] + "*" * (at - 1) + text[at:]


def show_last(count):
    return lambda text: "*" * len(text) if len(text) <= count else "*" * (len(text) - count) + text[-count:]


def show_first(count):
    return lambda text: "*" * len(text) if len(text) <= count else text[:count] + "*" * (len(text) - count)


def alphanum(text):
    return "".join("n" if character.isdigit() else character if character in "(),.-@" else "x" for character in text)


def year(text):
    return text[:4] + "-01-01" + text[10:].translate(str.maketrans("123456789", "000000000"))


def month(text):
    return text[:7] + "-01" + text[10:].translate(str.maketrans("123456789", "000000000"))


def round_to(multiple, scale="0.01"):
    """Of a numeric column with that scale."""

    def rounded(value):
        times = (value / multiple).quantize(decimal.Decimal(1), decimal.ROUND_HALF_UP)
        return (times * multiple).quantize(decimal.Decimal(scale))

    return rounded


def nullify(_):
    return None


def apply(row, columns, masks):
    """`masks` by column name; NULL stays NULL."""
    return tuple(
        masks[name](value) if name in masks and value is not None else value for name, value in zip(columns, row)
    )


def rows_of(answer):
    """Column names and rows of an answer in any of the three formats. CSV knows no types: its values stay text."""
    kind = answer.headers["Content-Type"].split(";")[0]
    if kind == "application/json":
        body = json.loads(answer.text, parse_float=decimal.Decimal)
        assert body["rowCount"] == len(body["rows"])
        return [column["name"] for column in body["columns"]], [tuple(row) for row in body["rows"]]
    if kind == "application/x-ndjson":
        objects = [json.loads(line, parse_float=decimal.Decimal) for line in answer.text.splitlines()]
        assert answer.text == "" or answer.text.endswith("\n")
        return list(objects[0]) if objects else [], [tuple(item.values()) for item in objects]
    assert kind == "text/csv"
    lines = csv_records(answer.content.decode("utf-8"))
    return list(lines[0]), lines[1:]


def csv_records(text, null=None):
    """RFC 4180 with LF, where a bare `null` (or an empty field) is NULL and `""` the empty text."""
    records, record, place = [], [], 0
    while place < len(text):
        if text[place] == '"':
            end = text.index('"', place + 1)
            while text[end : end + 2] == '""':
                end = text.index('"', end + 2)
            value, place = text[place + 1 : end].replace('""', '"'), end + 1
        else:
            end = place
            while text[end] not in ",\n":
                end += 1
            value, place = text[place:end], end
            if value == (null or ""):
                value = None
        record.append(value)
        assert text[place] in ",\n", text[place - 20 : place + 1]
        if text[place] == "\n":
            records.append(tuple(record))
            record = []
        place += 1
    assert not record, "the last line has no end"
    return records


def as_csv(rows):
    """What `rows` are in CSV, where everything is text."""
    return [tuple(None if value is None else str(value) for value in row) for row in rows]


def as_format(rows, format):
    return as_csv(rows) if format == "csv" else [tuple(row) for row in rows]
