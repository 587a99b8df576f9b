"""Values for `classification.py`: generators by entity, for columns that hold personal data and for those that look like it.

Values come from Faker's providers and, for national ids, from random digits that python-stdnum finds valid: neither is what the
recognisers were written from. Each generator has the locales or variants that were looked at while the recognisers were made
("tuned") and those that were not ("held out").
"""

import importlib
import itertools
import json
import random
import string

from faker import Faker

TUNED = "en_US de_DE fr_FR es_ES it_IT pl_PL sv_SE nl_NL pt_BR cs_CZ ja_JP en_GB en_CA de_CH da_DK no_NO ro_RO hr_HR zh_CN el_GR pt_PT".split()
HELD_OUT = "en_IN en_AU de_AT es_MX fi_FI hu_HU tr_TR uk_UA ko_KR nl_BE fr_CH sk_SK".split()

# Of python-stdnum: the module, and the form of the random texts (9 a digit, A a letter, other characters as they are).
TUNED_IDS = {
    "de.idnr": "99999999999", "fr.nir": "199069999999999", "es.dni": "99999999A", "es.nie": "X9999999A", "nl.bsn": "999999999",
    "pl.pesel": "99999999999", "se.personnummer": "999999-9999", "us.ssn": "999-99-9999", "br.cpf": "999.999.999-99",
    "cz.rc": "9999999999", "no.fodselsnummer": "99999999999", "ch.ssn": "756.9999.9999.99", "ca.sin": "999-999-999",
    "tr.tckimlik": "99999999999", "bg.egn": "9999999999", "cl.rut": "99.999.999-9",
    "au.tfn": "999999999", "il.idnr": "999999999", "dk.cpr": "999999-9999", "pt.nif": "299999999",
}
HELD_OUT_IDS = {
    "is_.kennitala": "999999-9999", "gb.nhs": "999 999 9999", "in_.aadhaar": "9999 9999 9999", "za.idnr": "9999999999999",
    "lt.asmens": "99999999999", "hr.oib": "99999999999", "ar.cuit": "20-99999999-9", "be.nn": "99.99.99-999.99", "ie.pps": "9999999A",
    "ro.cnp": "9999999999999", "ee.ik": "99999999999", "fi.hetu": "999999-999A",
}
FAKER_IDS = {
    True: "de_AT fr_FR it_IT sv_SE nl_NL pl_PL pt_BR nl_BE fi_FI de_CH ro_RO tr_TR zh_TW en_CA et_EE th_TH".split(),
    False: "no_NO en_GB hr_HR zh_CN ko_KR lv_LV uk_UA el_GR".split(),
}


class Source:
    """Random choices and Faker's instances, from one seed."""

    def __init__(self, seed):
        self.random = random.Random(seed)
        self.fakers = {}

    def faker(self, locale):
        if locale not in self.fakers:
            self.fakers[locale] = Faker(locale)
            self.fakers[locale].seed_instance(self.random.random())
        return self.fakers[locale]

    def filled(self, form):
        letters = {"9": string.digits, "A": string.ascii_uppercase, "a": string.ascii_lowercase, "x": "0123456789abcdef"}
        return "".join(self.random.choice(letters.get(c, c)) for c in form)


def stdnum(source, module, form):
    """A value that python-stdnum finds valid; dates inside of numbers are drawn, not waited for."""
    check = importlib.import_module(f"stdnum.{module}").is_valid
    for _ in itertools.count():
        text = source.filled(form)
        digits = [i for i, c in enumerate(text) if c.isdigit()]
        dated = {"pl": 0, "se": 0, "cz": 0, "no": "d", "is_": "d", "bg": 0, "lt": 1, "lv": "d", "rs": "d", "be": 0, "za": 0, "ro": 1,
                 "dk": "d", "ee": 1, "fi": "d"}.get(module.split(".")[0])
        if dated is not None:
            year, month, day = source.random.randint(40, 99), source.random.randint(1, 12), source.random.randint(1, 28)
            date = f"{day:02}{month:02}{year:02}" if dated == "d" else f"{year:02}{month:02}{day:02}"
            start = 0 if dated == "d" else dated
            chars = list(text)
            for place, digit in zip(digits[start:], date):
                chars[place] = digit
            text = "".join(chars)
            if module in ("lt.asmens", "ee.ik", "ro.cnp"):
                text = source.random.choice("3412" if module != "ro.cnp" else "12") + text[1:]
        if check(text):
            return text


def luhn(source, form):
    """Digits with the check digit of Luhn behind them, as IMEI and SIRET have it, too."""
    digits = source.filled(form)
    return next(digits + check for check in string.digits if importlib.import_module("stdnum.luhn").is_valid(digits + check))


def phone(source, locale):
    return source.faker(locale).phone_number()


def names(source, locale):
    """A generator for one column: whole names, given names, family names, or written the other way round."""
    f = source.faker(locale)
    return source.random.choice(
        [f.name, f.name, f.first_name, f.last_name, lambda: f"{f.last_name()}, {f.first_name()}", lambda: f"{f.first_name()} {f.last_name()}",
         lambda: f"{f.first_name()[0]}. {f.last_name()}", lambda: f.last_name().upper()])


def addresses(source, locale):
    f = source.faker(locale)
    return source.random.choice([f.address, f.street_address, f.street_address, lambda: f.address().replace("\n", ", ")])


def births(source):
    f = source.faker("en_US")
    form = source.random.choice(["%Y-%m-%d", "%d.%m.%Y", "%m/%d/%Y", "%d/%m/%Y", "%Y%m%d", "%d %b %Y", "%Y-%m-%d 00:00:00"])
    youngest = source.random.choice([0, 18, 18, 20])
    return lambda: f.date_of_birth(minimum_age=youngest, maximum_age=90).strftime(form)


def places(source):
    f = source.faker("en_US")
    return source.random.choice(
        [lambda: str(f.latitude()), lambda: str(f.longitude()), lambda: f"{f.latitude()}, {f.longitude()}",
         lambda: f"POINT({f.longitude()} {f.latitude()})", lambda: f"{source.random.uniform(47.0, 48.5):.5f}"])


def user_names(source, locale):
    f = source.faker(locale)
    return source.random.choice([f.user_name, f.user_name, lambda: f"{f.user_name()}{source.random.randint(1, 999)}",
                                 lambda: f"{f.user_name()}_{source.random.randint(1, 99)}", lambda: f"@{f.user_name()}"])


def cards(source):
    f = source.faker("en_US")
    kind = source.random.choice(["plain", "spaced", "visa", "mastercard", "amex"])
    if kind == "plain":
        return f.credit_card_number
    if kind == "spaced":
        return lambda: " ".join("".join(part) for part in batched(f.credit_card_number("visa16"), 4))
    return lambda: f.credit_card_number({"visa": "visa16"}.get(kind, kind))


def batched(text, size):
    return [text[i:i + size] for i in range(0, len(text), size)]


def texts(source, locale):
    """Sentences of support tickets, some of them with personal data inside."""
    f = source.faker(locale)
    inside = source.random.choice([f.ascii_email, lambda: f.phone_number(), f.iban, lambda: f"{f.first_name()} {f.last_name()}",
                                   f.ipv4_public, f.credit_card_number, f.url])
    share = source.random.choice([0.1, 0.3, 0.6])
    count = itertools.count()
    frames = ["Called back, please write to {} before noon", "Customer says {} is wrong in the system", "see {} and forward to second level",
              "Ticket closed after a talk about {}, no further action", "Bitte {} in der Akte nachtragen und Bescheid geben"]

    def text():
        words = source.faker("en_US").sentence(nb_words=source.random.randint(8, 18))
        # Three at least, or there would be nothing to find.
        if next(count) >= 3 and source.random.random() > share:
            return words
        return f"{source.random.choice(frames).format(inside())}. {words}"
    return text


def personal(source, tuned):
    """Makers of a generator for a column of each entity."""
    pick = source.random.choice
    locales = TUNED if tuned else HELD_OUT
    ids = TUNED_IDS if tuned else HELD_OUT_IDS

    def national_id():
        if source.random.random() < 0.5:
            locale = pick(FAKER_IDS[tuned])
            return source.faker(locale).ssn
        module = pick(list(ids))
        return lambda: stdnum(source, module, ids[module])

    def email():
        f = source.faker(pick(locales))
        return pick([f.email, f.ascii_company_email, f.ascii_free_email, lambda: f.ascii_safe_email().upper()])

    def ip():
        f = source.faker("en_US")
        return pick([f.ipv4, f.ipv4_private, f.ipv4_public, f.ipv6, lambda: f"{f.ipv4()}:{source.random.randint(1024, 65535)}"])

    def mac():
        f = source.faker("en_US")
        return pick([f.mac_address, lambda: f.mac_address().upper().replace(":", "-"), lambda: source.filled("xxxx.xxxx.xxxx")])

    def iban():
        f = source.faker(pick(locales))
        return pick([f.iban, lambda: " ".join(batched(f.iban(), 4))])

    def url():
        f = source.faker(pick(locales))
        return pick([f.url, f.uri, lambda: f"www.{f.domain_name()}", lambda: f"{f.domain_name()}/{f.uri_path()}"])

    def one(make):
        locale = pick(locales)
        return lambda: make(source, locale)

    return {
        "pii.email": email, "pii.phone": lambda: one(phone), "pii.name": lambda: names(source, pick(locales)),
        "pii.address": lambda: addresses(source, pick(locales)), "pii.iban": iban, "pii.card": lambda: cards(source),
        "pii.national_id": national_id, "pii.ip": ip, "pii.mac": mac, "pii.birth_date": lambda: births(source),
        "pii.location": lambda: places(source), "pii.url": url, "pii.user_name": lambda: user_names(source, pick(locales)),
        "pii.text": lambda: texts(source, pick(locales)),
    }


def harmless(source, tuned):
    """Makers of a generator for columns that hold nothing personal, by the kind that gives them a name."""
    r, f = source.random, source.faker("en_US")
    g = source.faker(r.choice(TUNED if tuned else HELD_OUT))

    def counter(start, step=1):
        numbers = itertools.count(start, step)
        return lambda: str(next(numbers))

    shelf = [f"{a} {b} {c}" for a in "Rustic Sleek Ergonomic Handmade Gentle Smart".split() for b in "Steel Wooden Cotton Granite Rubber".split()
             for c in "Chair Table Mouse Keyboard Shirt Lamp Shoes Hat".split()]
    seen = {
        "order": lambda: counter(r.choice([1000, 100_000, 4_000_000_000, 4_000_000_000_000_000])), "sku": lambda: lambda: source.filled("AAA-9999-A"),
        "product": lambda: lambda: r.choice(shelf), "created": lambda: lambda: f.date_time_between("-4y").isoformat(" "),
        "hash": lambda: f.md5, "city": lambda: g.city, "price": lambda: lambda: f"{r.uniform(1, 900):.2f}",
        "hired": lambda: lambda: str(f.date_between("-12y")), "company": lambda: g.company, "uuid": lambda: f.uuid4,
        "code": lambda: lambda: source.filled("99999999"), "amount": lambda: lambda: str(r.randint(-5000, 900_000)),
        "status": lambda: lambda: r.choice(["open", "closed", "in progress", "on hold"]), "flag": lambda: lambda: r.choice(["true", "false"]),
        "remark": lambda: lambda: f.sentence(nb_words=12),
        "version": lambda: lambda: ".".join(str(r.randint(0, 20)) for _ in range(r.choice([3, 4, 4]))), "job": lambda: g.job,
        "plate": lambda: lambda: source.filled("AA-AA 999"), "useragent": lambda: f.user_agent, "host": lambda: f.hostname,
        "ratio": lambda: lambda: f"{r.random():.6f}", "serial": lambda: lambda: source.filled("9999999999"),
        "padded": lambda: (lambda n: lambda: f"{next(n):010}")(itertools.count(r.randint(1, 5000))), "postcode": lambda: g.postcode,
        "slug": lambda: f.slug, "measure": lambda: lambda: f"{r.gauss(20, 8):.4f}", "slogan": lambda: f.catch_phrase,
        "ticket": lambda: lambda: source.filled("PROJ-9999"), "cost": lambda: lambda: f"{r.uniform(0, 5000):,.2f}",
        "id9": lambda: lambda: source.filled("999999999"), "base64": lambda: lambda: source.filled("xxxxxxxx") + "==",
        "review": lambda: lambda: f.paragraph(nb_sentences=2), "imei": lambda: lambda: luhn(source, "3599999999999"),
        "model": lambda: lambda: f"{r.choice(['Boeing', 'Airbus', 'Galaxy', 'Windows', 'Golf', 'Studio', 'Section'])} {r.randint(1, 900)}",
        "siret": lambda: lambda: luhn(source, "9999999999999"), "brand": lambda: lambda: r.choice("Ford Tesla Opel Mercedes Seat Kia Fiat BMW Volvo".split()),
    }
    unseen = {
        "isbn": lambda: r.choice([f.isbn13, f.isbn10]), "country": lambda: g.country, "ean": lambda: f.ean13,
        "file": lambda: lambda: f.file_path(depth=2), "colour": lambda: f.color_name,
        "epoch": lambda: lambda: str(r.randint(1_500_000_000, 1_760_000_000)), "long": lambda: lambda: source.filled("9999999999999999"),
        "released": lambda: lambda: str(f.date_between("-9y")), "bic": lambda: f.swift, "currency": lambda: f.currency_code,
        "settings": lambda: lambda: json.dumps({"theme": f.color_name(), "size": r.randint(8, 20)}), "time": lambda: f.time,
        "year": lambda: lambda: str(r.randint(1990, 2025)), "mime": lambda: f.mime_type, "id11": lambda: lambda: source.filled("99999999999"),
        "duration": lambda: lambda: f"{r.randint(0, 23):02}:{r.randint(0, 59):02}:{r.randint(0, 59):02}",
    }
    return seen if tuned else unseen
