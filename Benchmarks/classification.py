"""How well `sluice classify` finds columns of personal data, and how fast, beside Presidio on the same columns and values.

usage: classification.py [--columns N] [--values N] [--seed N] [--folder FOLDER]… [--shared FOLDER] [--no-presidio] [--faults]

Measured are a set of generated columns in two halves (what the recognisers were tuned on, and what they were not:
classification_values.py), ../shared/data with the labels of classification_shared_labels.csv, and every FOLDER of CSV files with a
labels.csv (file,column,entity; columns that it does not name hold nothing, `?` is not judged). It makes a virtual environment of its
own, .build/classification-venv, with what requirements-classification.txt names. The result goes to results/classification.md.
"""

import argparse
import csv
import json
import os
import random
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
VENV = os.path.join(HERE, "..", ".build", "classification-venv")
REQUIREMENTS = os.path.join(HERE, "requirements-classification.txt")
SHARED = os.path.join(HERE, "..", "..", "shared", "data")
WANTED_F2 = 0.9
WANTED_COLUMNS_A_MINUTE = 1000


def enter_environment():
    """Goes on in the virtual environment, made first where it is missing or another list was installed."""
    with open(REQUIREMENTS) as file:
        wanted = file.read()
    stamp, python = os.path.join(VENV, "stamp"), os.path.join(VENV, "bin", "python")
    if not os.path.exists(stamp) or open(stamp).read() != wanted:
        print("making .build/classification-venv", file=sys.stderr)
        subprocess.run(["/usr/bin/python3", "-m", "venv", "--clear", VENV], check=True)
        subprocess.run([python, "-m", "pip", "install", "-q", "--disable-pip-version-check", "-r", REQUIREMENTS], check=True)
        with open(stamp, "w") as file:
            file.write(wanted)
    if os.path.realpath(sys.prefix) != os.path.realpath(VENV):
        os.execv(python, [python, *sys.argv])


class Set:
    """A folder of CSV files with the labels of all its columns, and the values that both sides look at."""

    def __init__(self, title, folder, labels, values):
        self.title, self.folder, self.columns = title, folder, {}
        for name in sorted(os.listdir(folder)):
            if name.endswith(".csv") and name != "labels.csv":
                self._read(name, values)
        unknown = [place for place in labels if place not in self.columns]
        if unknown:
            sys.exit(f"error: {title}: labels for columns that are not there: {unknown[:5]}")
        self.labels = {place: labels.get(place, "") for place in self.columns}

    def _read(self, name, values):
        with open(os.path.join(self.folder, name), newline="", encoding="utf-8", errors="replace") as file:
            rows = list(csv.reader(file))
        if not rows:
            return
        # The rows are the same for both: a sample that is written over the file's copy in the scratch folder.
        body = [row for row in rows[1:] if len(row) == len(rows[0])]
        sample = body if len(body) <= values else random.Random(1).sample(body, values)
        for index, column in enumerate(rows[0]):
            self.columns[name, column] = [row[index].strip() for row in sample if row[index].strip()]
        with open(os.path.join(self.folder, name), "w", newline="", encoding="utf-8") as file:
            csv.writer(file).writerows([rows[0], *sample])


def ours(binary, measured):
    """{place: entity}, seconds."""
    started = time.monotonic()
    answer = subprocess.run([binary, "classify", measured.folder, "--json"], capture_output=True, text=True)
    seconds = time.monotonic() - started
    files = [file for file in json.loads(answer.stdout)["files"] if os.path.basename(file["file"]) != "labels.csv"]
    failed = [file for file in files if "error" in file]
    if failed:
        sys.exit(f"error: sluice classify could not read {failed}")
    return {(os.path.basename(file["file"]), column["name"]): column["entity"] or "" for file in files for column in file["columns"]}, seconds


def figure(value):
    return "" if value is None else f"{value:.3f}"


def table(score, peer, peer_knows):
    """The lines of a set's table."""
    from classification_score import f2
    lines = ["| entity | columns | precision | recall | F2 | Presidio: precision | recall | F2 |", "| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: |"]

    def line(name, counts, others):
        theirs = [figure(value) for value in f2(*others)] if others is not None else ["", "", ""]
        lines.append(f"| {name} | {counts[0] + counts[2]} | " + " | ".join([figure(value) for value in f2(*counts)] + theirs) + " |")

    for name in sorted(set(score.counts) | set(peer.counts if peer else ())):
        others = peer.counts.get(name, [0, 0, 0]) if peer else None
        line(name, score.counts.get(name, [0, 0, 0]), others if peer and name in peer_knows else None)
    line("all", score.total(), peer.total() if peer else None)
    if peer:
        line("what Presidio knows", score.total(peer_knows), peer.total(peer_knows))
    return lines


def sets(options, scratch):
    import classification_columns
    import classification_score
    import classification_shared
    for title, tuned in (("generated, tuned on", True), ("generated, held out", False)):
        folder = os.path.join(scratch, "tuned" if tuned else "held-out")
        classification_columns.write(folder, tuned, options.columns, options.values, options.seed)
        yield Set(title, folder, classification_score.read_labels(os.path.join(folder, "labels.csv")), options.values)
    if os.path.isdir(options.shared):
        folder = os.path.join(scratch, "shared")
        os.mkdir(folder)
        classification_shared.write(options.shared, folder)
        labels = classification_score.read_labels(os.path.join(HERE, "classification_shared_labels.csv"))
        yield Set("../shared/data", folder, labels, options.values)
    for number, given in enumerate(options.folder):
        folder = os.path.join(scratch, f"given-{number}")
        subprocess.run(["cp", "-r", "--no-preserve=mode", given, folder], check=True)
        yield Set(given, folder, classification_score.read_labels(os.path.join(folder, "labels.csv")), options.values)


def measure(options, scratch):
    import classification_peer
    import classification_score
    import common
    peer = None if options.no_presidio else classification_peer.Presidio()
    thresholds, missed = None, []
    page = ["# classification", ""]
    if peer:
        page += [f"Presidio {peer.version} with {peer.model}, {len(peer.loaded)} recognisers; not loaded: {', '.join(peer.skipped) or 'none'}.", ""]
    for measured in sets(options, scratch):
        verdicts, seconds = ours(common.BINARY, measured)
        score, others = classification_score.Score(measured.labels, verdicts), None
        rate = len(verdicts) / seconds * 60
        page += [f"## {measured.title}", "", f"{len(measured.columns)} columns, up to {options.values} values each; {rate:,.0f} columns a minute"]
        if peer:
            started = time.monotonic()
            found = peer.look(measured.columns)
            peer_rate = len(found) / (time.monotonic() - started) * 60

            def f2_of(answer):
                return classification_score.f2(*classification_score.Score(measured.labels, answer).total())[2]

            thresholds = thresholds or classification_peer.thresholds(found, f2_of)
            others = classification_score.Score(measured.labels, classification_peer.verdicts(found, *thresholds))
            page[-1] += f", Presidio {peer_rate:,.0f} (scores from {thresholds[0]}, shares from {thresholds[1]})"
        page += ["", *table(score, others, classification_peer.KNOWN), ""]
        if options.faults:
            for place, label, verdict in score.faults:
                print(measured.title, *place, "is", label or "nothing", "and was called", verdict or "nothing")
        total = classification_score.f2(*score.total())[2]
        if (total or 0) < WANTED_F2 or others and total < (classification_score.f2(*others.total())[2] or 0):
            missed.append(f"F2 of {measured.title}: {total}")
        if rate < WANTED_COLUMNS_A_MINUTE:
            missed.append(f"columns a minute of {measured.title}: {rate:.0f}")
    text = "\n".join(page)
    print(text)
    with open(os.path.join(HERE, "results", "classification.md"), "w") as file:
        file.write(text.rstrip() + "\n")
    if missed:
        sys.exit("missed: " + "; ".join(missed))


def main():
    enter_environment()
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--columns", type=int, default=560, help="of each generated half (560)")
    parser.add_argument("--values", type=int, default=100, help="of a column at most, up to 1,000 (100)")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--folder", action="append", default=[], help="CSV files with a labels.csv, more than once")
    parser.add_argument("--shared", default=SHARED, help="where the data of ../shared/data lie")
    parser.add_argument("--no-presidio", action="store_true")
    parser.add_argument("--faults", action="store_true", help="lists the columns that were judged wrongly, without values")
    with tempfile.TemporaryDirectory(prefix="sluice-classification-") as scratch:
        measure(parser.parse_args(), scratch)


if __name__ == "__main__":
    main()
