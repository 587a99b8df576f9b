"""A dataset whose policy changes, and what each of its readers has to see at each moment: the rules of api.md, said again."""

import dataclasses

REGIONS = ["EU", "US", "AS"]
ROWS = [(n, REGIONS[n % 3], f"p{n}@example.org", f"c-{n}", "s") for n in range(1, 41)]
COLUMNS = [("id", "integer"), ("region", "text"), ("email", "text"), ("code", "text"), ("stamp_a", "text"), ("stamp_b", "text")]
READERS = [f"reader{n}" for n in range(6)]
PURPOSE = "audits"
CLOSED = "closed"
NOT_GRANTED = "purpose_not_granted"

# Strictest first.
MASKS = {
    "nullify": ({"kind": "nullify"}, lambda value: None),
    "fixed": ({"kind": "fixed", "value": "hidden"}, lambda value: "hidden"),
    "alphanum": ({"kind": "alphanum"}, lambda value: "".join(
        "x" if c.isalpha() else "n" if c.isdigit() else c for c in value)),
    "email": ({"kind": "email"}, lambda value: value[0] + "*" * (value.index("@") - 1) + value[value.index("@"):]),
    "show-last": ({"kind": "show-last", "count": 4}, lambda value: "*" * (len(value) - 4) + value[-4:]),
    "show-first": ({"kind": "show-first", "count": 2}, lambda value: value[:2] + "*" * (len(value) - 2)),
}
FILTERS = {
    "region = ANY(user.region)": lambda row, regions: row[1] in regions,
    "id < 20": lambda row, regions: row[0] < 20,
    "id < 30 AND region <> 'AS'": lambda row, regions: row[0] < 30 and row[1] != "AS",
}


@dataclasses.dataclass(frozen=True)
class Policy:
    """All that decides what readers of `shop.orders` see. Sets of names are frozensets."""

    column_mask: str | None = None  # the kind of the mask on email; whoever acts for the purpose is excepted
    tag_mask: str | None = None  # that of the mask on the tag pii; the group experts is excepted
    is_tagged: bool = False  # whether email bears pii
    filter: str | None = None
    regions: tuple = tuple((name, ("EU",)) for name in READERS)
    clerks: frozenset = frozenset(READERS[:4])  # the group that may read all columns
    experts: frozenset = frozenset()
    partly: frozenset = frozenset(READERS[3:5])  # who may read id and email by a grant of their own
    acting: frozenset = frozenset(READERS[1:3])  # who may act for the purpose
    without_code: frozenset = frozenset()  # for whom a rule denies code
    denied: frozenset = frozenset()  # for whom a rule denies the dataset
    extra: str | None = None  # the type of a column that comes and goes
    stamp: int = 0  # what the masks of both stamps show
    wide: int = 0  # the same of `shop.wide`

    def seen(self, reader, purpose):
        """A reader's whole answer: the columns with their types, and the rows by id; or why there is none."""
        if purpose and reader not in self.acting:
            return NOT_GRANTED
        if reader in self.denied or not (reader in self.clerks or reader in self.partly):
            return CLOSED
        open_columns = [name for name, _ in COLUMNS] if reader in self.clerks else ["id", "email"]
        kept = FILTERS[self.filter] if self.filter else lambda row, regions: True
        regions = dict(self.regions)[reader]
        masks = {self.column_mask if not purpose else None,
                 self.tag_mask if self.is_tagged and reader not in self.experts else None}
        mask = next((MASKS[kind][1] for kind in MASKS if kind in masks), lambda value: value)
        rows = []
        for row in filter(lambda row: kept(row, regions), ROWS):
            shown = [row[0], row[1], mask(row[2]), None if reader in self.without_code else row[3],
                     f"k{self.stamp}", f"k{self.stamp}"]
            shown = [value if name in open_columns else None for (name, _), value in zip(COLUMNS, shown)]
            rows.append(shown + [None] if self.extra else shown)
        return [*COLUMNS, *([("extra", self.extra)] if self.extra else [])], rows


def columns(extra):
    """Those of `shop.orders` as the API takes them, with or without the one that comes and goes."""
    return [{"name": name, "type": type} for name, type in [*COLUMNS, *([("extra", extra)] if extra else [])]]


def stamps(dataset, number):
    """Documents of one change: two masks that show the same."""
    return [{"kind": "mask", "name": f"{dataset}_{column}", "on": f"column:shop.{dataset}.{column}",
             "mask": {"kind": "fixed", "value": f"k{number}"}} for column in ("stamp_a", "stamp_b")]


class Changer:
    """Makes changes of every kind over the API, one at a time, and knows the policy after each."""

    ANY = {"If-Match": "*"}
    EXCEPT_ALWAYS = {"principals": ["heavy"]}

    def __init__(self, server, generator):
        self.api = server.admin
        self.generator = generator
        self.policy = Policy()
        self.grants = {}
        self.kinds = [getattr(self, name) for name in dir(self) if name.startswith("change_")]

    def change(self, kind):
        """Makes a change; its answer."""
        answer, changed = kind()
        self.policy = dataclasses.replace(self.policy, **changed)
        return answer

    def install(self):
        api = self.api
        api.put("/domains/shop", {})
        api.put("/tags/pii", {})
        for name in [*READERS, "heavy", "streamer"]:
            api.put_new(f"/principals/{name}", {"kind": "user", "attributes": {"region": ["EU"]}})
        api.put_new("/groups/clerks", {"members": sorted(self.policy.clerks)})
        api.put_new("/groups/experts", {"members": []})
        api.put_new(f"/purposes/{PURPOSE}", {})
        api.post("/datasets", {"domain": "shop", "name": "orders", "primaryKey": ["id"], "columns": columns(None)})
        api.post("/datasets/shop.orders/rows", [dict(zip(dict(COLUMNS), [*row, "s"])) for row in ROWS])
        api.post("/datasets", {"domain": "shop", "name": "wide", "columns": [
            {"name": name, "type": "text"} for name in ("stamp_a", "stamp_b", "pad")]})
        api.post("/datasets/shop.wide/rows", [{"stamp_a": "s", "stamp_b": "s", "pad": "p" * 2000}] * 4000)
        api.post("/apply", {"documents": stamps("orders", 0) + stamps("wide", 0)})
        api.post("/grants", {"to": "group:clerks", "privilege": "select", "on": "dataset:shop.orders"})
        api.post("/grants", {"to": "user:heavy", "privilege": "select", "on": "dataset:shop.orders"})
        api.post("/grants", {"to": "user:streamer", "privilege": "select", "on": "dataset:shop.wide"})
        for reader in self.policy.partly:
            self.grant("partly", reader)
        for reader in self.policy.acting:
            self.grant("acting", reader)

    def grant(self, what, reader):
        body = {"partly": {"privilege": "select", "on": "dataset:shop.orders", "columns": ["id", "email"]},
                "acting": {"privilege": "act", "on": f"purpose:{PURPOSE}"}}[what]
        answer = self.api.post("/grants", body | {"to": f"user:{reader}"})
        self.grants[what, reader] = answer.json()["id"]
        return answer

    def set(self, path, value, **known):
        """Puts or deletes a policy object."""
        headers = self.ANY if known.get("exists") else {"If-None-Match": "*"}
        if value is None:
            return self.api.delete(path, headers=self.ANY)
        return self.api.put(path, value, headers=headers)

    def other(self, now, choices):
        return self.generator.choice([choice for choice in choices if choice != now])

    def mask(self, field, name, on, excepted):
        now = getattr(self.policy, field)
        kind = self.other(now, [None, *MASKS])
        body = kind and {"on": on, "mask": MASKS[kind][0], "except": excepted}
        return self.set(f"/masks/{name}", body, exists=now), {field: kind}

    def change_mask_of_the_column(self):
        return self.mask("column_mask", "on_email", "column:shop.orders.email", {"purposes": [PURPOSE]})

    def change_mask_of_the_tag(self):
        return self.mask("tag_mask", "on_pii", "tag:pii", {"groups": ["experts"]})

    def change_tag(self):
        is_tagged = not self.policy.is_tagged
        return self.api.put_tags("shop.orders.email", ["pii"] if is_tagged else []), {"is_tagged": is_tagged}

    def change_filter(self):
        now = self.policy.filter
        new = self.other(now, [None, *FILTERS])
        body = new and {"on": "dataset:shop.orders", "expression": new, "except": self.EXCEPT_ALWAYS}
        return self.set("/row-filters/on_orders", body, exists=now), {"filter": new}

    def change_attribute(self):
        regions = dict(self.policy.regions)
        reader = self.generator.choice(READERS)
        regions[reader] = self.other(regions[reader], [(), ("EU",), ("US", "AS"), ("AS",)])
        answer = self.api.put(f"/principals/{reader}", {"attributes": {"region": list(regions[reader])}}, headers=self.ANY)
        return answer, {"regions": tuple(regions.items())}

    def members(self, group):
        members = getattr(self.policy, group) ^ {self.generator.choice(READERS)}
        return self.api.put(f"/groups/{group}", {"members": sorted(members)}, headers=self.ANY), {group: members}

    def change_clerks(self):
        return self.members("clerks")

    def change_experts(self):
        return self.members("experts")

    def granted(self, what):
        reader = self.generator.choice(READERS)
        now = getattr(self.policy, what)
        answer = self.api.delete(f"/grants/{self.grants[what, reader]}") if reader in now else self.grant(what, reader)
        return answer, {what: now ^ {reader}}

    def change_grant(self):
        return self.granted("partly")

    def change_purpose(self):
        return self.granted("acting")

    def deny(self, field, on):
        now = getattr(self.policy, field)
        new = frozenset() if now else frozenset(self.generator.sample(READERS, 2))
        return self.set(f"/deny-rules/{field}", {"on": on, "to": {"principals": sorted(new)}} if new else None), {field: new}

    def change_denied_column(self):
        return self.deny("without_code", "column:shop.orders.code")

    def change_denied_dataset(self):
        return self.deny("denied", "dataset:shop.orders")

    def change_columns(self):
        extra = None if self.policy.extra else self.generator.choice(["text", "integer"])
        return self.api.patch("/datasets/shop.orders", {"columns": columns(extra)}), {"extra": extra}

    def change_stamps(self):
        stamp = self.policy.stamp + 1
        return self.api.post("/apply", {"documents": stamps("orders", stamp)}), {"stamp": stamp}

    def change_wide_stamps(self):
        stamp = self.policy.wide + 1
        return self.api.post("/apply", {"documents": stamps("wide", stamp)}), {"wide": stamp}
