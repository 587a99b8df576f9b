"""Labels and scores of `classification.py`.

A column has one label, an entity or nothing. A column that is given another entity than its own counts against both: missed
for the one, false for the other. F2 weighs recall twice as much as precision: (5 P R) / (4 P + R).
"""

import csv
import os

# What other people's labels call the entities.
ALIASES = {
    "email": "email mail emailaddress", "phone": "phone phonenumber telephone mobile fax",
    "name": "name person personname fullname firstname lastname givenname familyname surname",
    "address": "address postaladdress streetaddress street", "iban": "iban ibancode bankaccount",
    "card": "card creditcard cardnumber creditcardnumber paymentcard pan",
    "national_id": "nationalid ssn nationalidnumber identitynumber taxid socialsecuritynumber", "ip": "ip ipaddress ipv4 ipv6",
    "mac": "mac macaddress", "birth_date": "birthdate dateofbirth dob birthday", "location": "location coordinates latitude longitude geo latlon",
    "url": "url uri website", "user_name": "username login userid nickname", "text": "text freetext",
}
ENTITY_OF = {alias: f"pii.{entity}" for entity, aliases in ALIASES.items() for alias in aliases.split()}
NOTHING = {"", "none", "no", "o", "other", "nonpii", "notpii", "null"}


def entity(label):
    """The tag for a label; "" for nothing, `None` for a column that is not judged (`?`)."""
    if label.strip() == "?":
        return None
    plain = "".join(c for c in label.lower().removeprefix("pii.").removeprefix("pii_") if c.isalnum())
    if plain in NOTHING:
        return ""
    if plain not in ENTITY_OF:
        raise SystemExit(f"error: no entity is called {label!r}\nhint:  labels are {', '.join(sorted(ALIASES))}, none or ?")
    return ENTITY_OF[plain]


def read_labels(path):
    """{(file, column): entity}, from the columns file, column, entity."""
    with open(path, newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    if rows and not {"file", "column", "entity"} <= set(rows[0]):
        raise SystemExit(f"error: {path} has other columns than file, column, entity")
    return {(os.path.basename(row["file"]), row["column"]): entity(row["entity"]) for row in rows}


def f2(hits, wrong, missed):
    """Precision, recall, F2; `None` where there is nothing to divide by."""
    precision = hits / (hits + wrong) if hits + wrong else None
    recall = hits / (hits + missed) if hits + missed else None
    weighed = 5 * hits + 4 * missed + wrong
    return precision, recall, 5 * hits / weighed if weighed else None


class Score:
    """Hits, false verdicts and misses by entity."""

    def __init__(self, labels, verdicts):
        self.counts = {}
        self.faults = []
        for place, label in labels.items():
            verdict = verdicts.get(place, "")
            if label is None:
                continue
            if label and label == verdict:
                self._count(label, 0)
            else:
                if verdict:
                    self._count(verdict, 1)
                if label:
                    self._count(label, 2)
                if label or verdict:
                    self.faults.append((place, label, verdict))

    def _count(self, name, index):
        self.counts.setdefault(name, [0, 0, 0])[index] += 1

    def total(self, names=None):
        counts = [count for name, count in self.counts.items() if names is None or name in names]
        return tuple(map(sum, zip(*counts))) if counts else (0, 0, 0)
