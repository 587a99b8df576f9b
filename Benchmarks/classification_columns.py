"""The labelled set of `classification.py`: tables of CSV, column names in several languages, abbreviated or none, dirty values."""

import csv
import os

import classification_values

# Names by entity: the first list is of the tuned half, the second of the other.
NAMES = {
    "pii.email": ("email E-Mail mail_address courriel correo kunde_email", "contactEmail EMAIL_ADDR usr_mail eml e_post_adresse sähköposti mailTo"),
    "pii.phone": ("phone telefon tel_nr mobile telefono Handynummer", "phoneNumber2 PH_NO cell_nbr puhelin matkapuh telef gsm_no contact_no"),
    "pii.name": ("first_name lastname Vorname nachname full_name prenom apellido customer_name", "FIRSTNM lst_nm fornavn EmpName etunimi KundenName holder imie2 contact_person surname1"),
    "pii.address": ("address street strasse adresse direccion indirizzo shipping_address", "ADDR1 addr_line_2 katuosoite gateadresse deliveryAddr strt StreetNm locationAddress lakcím"),
    "pii.iban": ("iban IBAN bank_iban konto_iban", "acct_iban bankverbindung account_number rekening"),
    "pii.card": ("card_number credit_card cc_num kreditkarte", "CardNo PAN pymt_card kortnr cardNbr tarjeta_credito"),
    "pii.national_id": ("ssn tax_id dni pesel steuer_id codice_fiscale bsn cpf", "natl_id NATID persnr identity_no hetu OIB fnr govt_id taxpayer_no aadhaar_no"),
    "pii.ip": ("ip ip_address client_ip remote_addr", "src_ip IPV4 lastLoginIp peer_address ipaddr2"),
    "pii.mac": ("mac mac_address device_mac", "MACADDR hw_address wlan_mac ethernet_addr"),
    "pii.birth_date": ("birth_date dob date_of_birth geburtsdatum fecha_nacimiento", "BIRTHDT bday fodselsdato birthDay syntymäaika D_O_B geb_dat doğum_tarihi"),
    "pii.location": ("latitude longitude lat lon coordinates", "geo_lat LNG gps_position x_coord_deg latlong coord"),
    "pii.url": ("url website homepage link", "profile_link WEB_URL site blog_url webseite"),
    "pii.user_name": ("username login user_name nickname", "usr_nm loginId handle acct_name benutzerkennung screenName"),
    "pii.text": ("comment notes remarks message", "free_text bemerkungen ticket_body descr feedback"),
}
HARMLESS = {
    "order": "order_id bestellnummer invoice_no id", "sku": "sku article_no", "product": "product_name item title", "created": "created_at timestamp ts", "hash": "md5 checksum hash",
    "city": "city ort ville", "price": "price preis amount", "hired": "hire_date start_date", "company": "company firma account", "uuid": "uuid request_id", "code": "code customer_no",
    "amount": "balance delta", "status": "status state", "flag": "active email_verified", "remark": "comment description", "version": "version fw_version", "isbn": "isbn book_no",
    "job": "job_title position", "country": "country land", "plate": "licence_plate kennzeichen", "ean": "ean barcode", "useragent": "user_agent browser", "file": "file_path attachment",
    "host": "host node", "colour": "colour color", "ratio": "ratio score", "epoch": "epoch last_seen", "serial": "serial_no ref", "long": "transaction_id trace", "padded": "doc_no belegnr",
    "released": "release_date valid_from", "postcode": "zip plz", "bic": "bic swift", "slug": "slug permalink_key", "currency": "currency cur", "measure": "temperature reading",
    "settings": "settings payload", "slogan": "slogan tagline", "time": "opening_time at", "ticket": "ticket issue_key", "year": "model_year year", "cost": "cost total", "mime": "mime_type content_type",
    "id9": "customer_key acct", "id11": "meter_id shipment", "base64": "token sig", "duration": "duration elapsed", "review": "review body",
    "imei": "imei device_no", "model": "model type", "siret": "siret company_no", "brand": "brand make",
}
NAMELESS = ["col{}", "field_{}", "x{}", "Spalte {}", "c{:02}", "attr{}", "unnamed: {}", "v{}"]
NOTHING = ["", "", "N/A", "null", "-", "unknown", "?"]
JUNK = ["test", "xxx", "asdf", "0", "deleted", "siehe oben", "tbd.", "1"]


def dirty(source, value, kind):
    r = source.random
    if kind == "empty":
        return r.choice(NOTHING) if r.random() < 0.3 else value
    if kind == "junk":
        return r.choice(JUNK) if r.random() < 0.15 else value
    if kind == "spaces":
        return f"  {value} " if r.random() < 0.4 else value
    if kind == "case":
        return value.upper() if r.random() < 0.3 else value.lower() if r.random() < 0.3 else value
    return value


def column(source, tuned, entity, kind, number, rows):
    """Name and values."""
    r = source.random
    if entity:
        pool = NAMES[entity][0 if tuned else 1].split()
        make = classification_values.personal(source, tuned)[entity]()
    else:
        pool = HARMLESS[kind].split()
        make = classification_values.harmless(source, tuned)[kind]()
    # Two of five columns have no name that says anything.
    name = r.choice(NAMELESS).format(number) if r.random() < 0.4 else r.choice(pool)
    dirt = r.choice(["none", "none", "empty", "junk", "spaces", "case"])
    repeated = [str(make()) for _ in range(rows)]
    if r.random() < 0.15 and kind not in ("order", "padded"):
        repeated = r.choices(repeated[:max(8, rows // 4)], k=rows)
    return name, [dirty(source, value, dirt) for value in repeated]


def write(folder, tuned, columns, rows, seed):
    """Writes tables of 10 columns and labels.csv into `folder`; half of the columns hold personal data."""
    source = classification_values.Source(seed + (0 if tuned else 1_000_003))
    os.makedirs(folder, exist_ok=True)
    entities = list(NAMES)
    kinds = list(classification_values.harmless(source, tuned))
    labels = []
    for table in range(columns // 10):
        made, names = [], set()
        for place in range(10):
            index = table * 10 + place
            entity = entities[index // 2 % len(entities)] if index % 2 == 0 else ""
            name, values = column(source, tuned, entity, kinds[index // 2 % len(kinds)], place + 1, rows)
            while name in names:
                name += "_b"
            names.add(name)
            made.append((name, values))
            labels.append((f"table_{table:03}.csv", name, entity))
        source.random.shuffle(made)
        with open(os.path.join(folder, labels[-1][0]), "w", newline="", encoding="utf-8") as file:
            writer = csv.writer(file)
            writer.writerow([name for name, _ in made])
            writer.writerows(zip(*(values for _, values in made)))
    with open(os.path.join(folder, "labels.csv"), "w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([("file", "column", "entity"), *labels])
