"""Writes `../shared/data` as the CSV files that `classification_shared_labels.csv` labels."""

import csv
import os
import re
import shutil

# The files without a header, whose columns are called column_1 and so on.
OPENFLIGHTS = ["airports", "airlines", "routes"]
VALUE = re.compile(r"[NE]?'((?:[^']|'')*)'|(NULL|-?[\d.]+)")


def inserted(path):
    """{table: (columns, rows)} of the INSERT statements of a script."""
    tables = {}
    with open(path, encoding="utf-8") as file:
        text = file.read()
    for statement in re.finditer(r"INSERT INTO (\w+) \(([^)]*)\) VALUES\s(.*?);\n", text, re.S):
        columns, rows = tables.setdefault(statement[1], ([name.strip() for name in statement[2].split(",")], []))
        for line in statement[3].splitlines():
            if line.strip().startswith("("):
                body = line.strip().rstrip(",")[1:-1]
                values = [match[1].replace("''", "'") if match[1] is not None else match[2] for match in VALUE.finditer(body)]
                if len(values) == len(columns):
                    rows.append(["" if value == "NULL" else value for value in values])
    return tables


def write(data, folder):
    for name, (columns, rows) in inserted(os.path.join(data, "chinook", "Chinook_PostgreSql.sql")).items():
        save(os.path.join(folder, f"chinook_{name}.csv"), columns, rows)
    for name in OPENFLIGHTS:
        with open(os.path.join(data, "openflights", f"{name}.dat"), newline="", encoding="utf-8") as file:
            rows = [row for row in csv.reader(file, escapechar="\\") if row]
        width = max(map(len, rows))
        save(os.path.join(folder, f"openflights_{name}.csv"), [f"column_{i + 1}" for i in range(width)], [row for row in rows if len(row) == width])
    for name in ("planes", "weather"):
        shutil.copy(os.path.join(data, "nycflights13", f"{name}.csv"), os.path.join(folder, f"nycflights13_{name}.csv"))


def save(path, columns, rows):
    with open(path, "w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(columns)
        writer.writerows(rows)
