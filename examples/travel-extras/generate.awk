# Writes partners.csv, offers.csv and bookings.csv of an invented marketplace for travel extras into `directory`.
# The same `seed` and `rows` give the same bytes with every POSIX awk; run it through generate.sh, which sets LC_ALL=C.

# Park and Miller's minimal standard generator: every product stays below 2^53, so all awks agree on it.
function draw() { state = (state * 16807) % 2147483647; return state }
function below(n) { return int(draw() / 2147483647 * n) }
function chance(percent) { return below(100) < percent }

function digits(count,    text) {
    text = ""
    while (count-- > 0) text = text below(10)
    return text
}

# RFC 4180: quoted only where it must be; an empty field stays bare, which reads as NULL.
function field(text) {
    if (text !~ /[",]/) return text
    gsub(/"/, "\"\"", text)
    return "\"" text "\""
}

# ISO 7064 mod 97-10 over the account's digits, the country's letters as numbers and two zeros.
function iban(country, length_,    account, text, rest, i) {
    account = digits(length_)
    text = account letter_number[substr(country, 1, 1)] letter_number[substr(country, 2, 1)] "00"
    rest = 0
    for (i = 1; i <= length(text); i++) rest = (rest * 10 + substr(text, i, 1)) % 97
    return country sprintf("%02d", 98 - rest) account
}

# Days since 1970-01-01 as a date of the Gregorian calendar.
function date(days,    era, day, year_of_era, day_of_year, month, year) {
    days += 719468
    era = int(days / 146097)
    day = days - era * 146097
    year_of_era = int((day - int(day / 1460) + int(day / 36524) - int(day / 146096)) / 365)
    day_of_year = day - (365 * year_of_era + int(year_of_era / 4) - int(year_of_era / 100))
    month = int((5 * day_of_year + 2) / 153)
    day = day_of_year - int((153 * month + 2) / 5) + 1
    month = month < 10 ? month + 3 : month - 9
    year = year_of_era + era * 400 + (month <= 2)
    return sprintf("%04d-%02d-%02d", year, month, day)
}

function money(cents) { return sprintf("%d.%02d", int(cents / 100), cents % 100) }

# Picks somebody of a country: sets `name`, `login` (the name in ASCII) and `phone`.
function somebody(country,    first, last) {
    first = below(first_count)
    last = below(last_count)
    name = first_name[first] " " last_name[last]
    login = first_login[first] "." last_login[last]
    phone = prefix[country] " " digits(2) " 555 " digits(4)
}

function list(text, into,    count, i, parts) {
    count = split(text, parts, "|")
    for (i = 1; i <= count; i++) into[i - 1] = parts[i]
    return count
}

BEGIN {
    state = seed % 2147483646 + 1
    for (i = 0; i < 16; i++) draw()

    for (i = 0; i < 26; i++) letter_number[substr("ABCDEFGHIJKLMNOPQRSTUVWXYZ", i + 1, 1)] = i + 10

    first_count = list("Ana|Björn|Chloé|Dimitri|Emília|François|Grażyna|Håkon|Inès|José|Katarína|Léa|Miloš|Nora|Özlem|Paul|Róisín|Søren|Tomáš|Ute|Vera|Wei|Xenia|Yuki|Zoë", first_name)
    list("ana|bjoern|chloe|dimitri|emilia|francois|grazyna|hakon|ines|jose|katarina|lea|milos|nora|oezlem|paul|roisin|soeren|tomas|ute|vera|wei|xenia|yuki|zoe", first_login)
    last_count = list("Andersen|Bergström|Costa|Dvořák|Egger|Fernández|García|Haddad|Ito|Jónsdóttir|Kowalska|Lefèvre|Müller|Nguyễn|O'Brien|Petrović|Quinn|Rossi|Şahin|Tanaka|Ulrich|Van Dijk|Weiß|Young|Žižek", last_name)
    list("andersen|bergstroem|costa|dvorak|egger|fernandez|garcia|haddad|ito|jonsdottir|kowalska|lefevre|mueller|nguyen|obrien|petrovic|quinn|rossi|sahin|tanaka|ulrich|vandijk|weiss|young|zizek", last_login)
    mail_count = list("example.org|example.com|example.net|mail.example", mail)

    country_count = list("AT|DE|ES|PL|PT|FR|GB|US|CA|JP|AU|BR", country)
    list("EU|EU|EU|EU|EU|EU|UK|US|US|APAC|APAC|LATAM", region_of)
    list("+43|+49|+34|+48|+351|+33|+44|+1|+1|+81|+61|+55", country_prefix)
    # Digits of an account where it has digits only; elsewhere there is no IBAN here.
    list("16|18|20|24|21|0|0|0|0|0|0|0", account_length)
    for (i = 0; i < country_count; i++) {
        region[country[i]] = region_of[i]
        prefix[country[i]] = country_prefix[i]
        account[country[i]] = account_length[i]
    }

    kind_count = list("airport transfer|museum ticket|wine tasting|city walk|cooking class|boat trip|spa day|bike rental|ski pass|cable car|travel insurance|lounge access", kind)
    city_count = list("Wien|Salzburg|München|Kraków|Lisboa|Sevilla|Besançon|London|Århus|New York|Montréal|Kyoto|São Paulo|Sydney", city)
    firm_count = list("Travel Extras|Tours & Tickets|Guides, Walks and More|Mobility|Experiences|\"Hidden Gems\" Tours|Stay & See|Outdoor", firm)
    note_count = list("late arrival, after 22:00|vegetarian|needs a child seat|asked for the \"quiet\" room|birthday, please bring a cake|wheelchair|speaks français only", note)

    partner_count = 240
    offer_count = 600
    write_partners(directory "/partners.csv")
    write_offers(directory "/offers.csv")
    write_bookings(directory "/bookings.csv")
}

function write_partners(file,    id, home) {
    print "id,name,country,contact_name,contact_email,contact_phone,payout_iban,commission_percent,joined_on" > file
    for (id = 1; id <= partner_count; id++) {
        home = country[below(country_count)]
        somebody(home)
        print id "," field(city[below(city_count)] " " firm[below(firm_count)]) "," home "," field(name) "," \
            login "@partner" id ".example," phone "," (account[home] ? iban(home, account[home]) : "") "," \
            money(500 + 25 * below(61)) "," date(17167 + below(2900)) > file
    }
    close(file)
}

function write_offers(file,    id, what, place, stars) {
    print "id,partner_id,title,category,city,price,active" > file
    for (id = 1; id <= offer_count; id++) {
        what = kind[below(kind_count)]
        place = city[below(city_count)]
        stars = chance(15) ? ", \"premium\"" : ""
        cents[id] = 900 + 50 * below(500)
        print id "," (1 + below(partner_count)) "," field(place ": " what stars) "," what "," place "," \
            money(cents[id]) "," (chance(92) ? "true" : "false") > file
    }
    close(file)
}

function write_bookings(file,    id, home, offer, guests, booked) {
    print "id,offer_id,guest_name,guest_email,guest_phone,guest_iban,birth_date,region,country,guests,amount," \
        "starts_on,booked_at,note" > file
    for (id = 1; id <= rows; id++) {
        home = country[below(country_count)]
        somebody(home)
        offer = 1 + below(offer_count)
        guests = 1 + below(4)
        # Two years from 2024-11-01, a second apart at least.
        booked = 1730419200 + below(63072000)
        print id "," offer "," field(name) "," login id "@" mail[below(mail_count)] "," \
            (chance(90) ? phone : "") "," (account[home] && chance(80) ? iban(home, account[home]) : "") "," \
            date(-7305 + below(21000)) "," region[home] "," home "," guests "," money(cents[offer] * guests) "," \
            date(int(booked / 86400) + 1 + below(120)) "," \
            date(int(booked / 86400)) sprintf("T%02d:%02d:%02dZ", int(booked / 3600) % 24, int(booked / 60) % 60, \
            booked % 60) "," (chance(12) ? field(note[below(note_count)]) : "") > file
    }
    close(file)
}
