/// Words of column names, in the languages of Europe and some of Asia; folded: without marks, in lower case.
enum NameRules {
    static let all: [NameRule] = contact + person + identity + technical

    private static let contact =
        NameRule.rules(
            .email, .strong,
            """
            email, e mail, mail, email address, mail address, emailadresse, mailadresse, courriel, correo, correo
            electronico, correio, posta elettronica, epost, e post, sahkoposti, e posta, eposta, imeyl, электронная
            почта, почта, メール
            """)
        + NameRule.rules(
            .phone, .strong,
            """
            phone, phone number, telephone, tel, telephone number, tel nr, tel no, mobile, mobile number, cell,
            cellphone, cell phone, fax, fax number, telefon, telefonnummer, telefonnr, handy, handynummer, mobil,
            mobiltelefon, mobilnummer, festnetz, rufnummer, portable, gsm, telefono, movil, celular, cellulare,
            fone, telefone, telemovel, telefoon, telefoonnummer, mobiel, puhelin, puhelinnumero, matkapuhelin,
            komorka, msisdn, landline, contact number, whatsapp, ph no, mob no, mob, telf, tlf, tlfnr, telno,
            phoneno, phonenum, телефон, 電話, 电话, 手机
            """)
        + NameRule.rules(.phone, .weak, "contact, ph, kontakt, dial, caller, callee, number to call")
        + NameRule.rules(
            .postalAddress, .strong,
            """
            address, addr, street, street address, address line, addr line, mailing address, billing address,
            shipping address, home address, postal address, residence, strasse, str, strassenname, anschrift,
            adresse, wohnadresse, lieferadresse, rechnungsadresse, adresse postale, rue, voie, direccion, domicilio,
            calle, indirizzo, via, residenza, adres, straat, straatnaam, endereco, morada, logradouro, rua, adress,
            gatuadress, gata, gade, vej, osoite, katuosoite, ulica, adresa, lakcim, cim, dieuthynsi, адрес, улица,
            住所, 地址, ship to, bill to, deliver to, hausanschrift, postanschrift
            """)
        + NameRule.rules(
            .url, .strong,
            """
            url, uri, website, web site, homepage, home page, link, web, webseite, siteweb, site web, sitio web,
            href, permalink, blog
            """)

    private static let person =
        NameRule.rules(
            .personName, .strong,
            """
            first name, fname, f name, given name, forename, firstname, last name, lname, l name, surname, family
            name, lastname, second name, middle name, mname, full name, fullname, maiden name, name first, name
            last, person name, customer name, client name, employee name, contact name, patient name, guest name,
            holder name, cardholder, account holder, recipient, beneficiary, author, vorname, nachname,
            familienname, zuname, geburtsname, rufname, vor und nachname, kundenname, ansprechpartner, inhaber,
            mitarbeiter, sachbearbeiter, bearbeiter, prenom, nom, nom de famille, nom complet, nombre, nombres,
            apellido, apellidos, nombre completo, primer apellido, cognome, nominativo, nome, sobrenome, apelido,
            nome completo, voornaam, achternaam, tussenvoegsel, naam, fornavn, etternavn, efternavn, navn, fornamn,
            efternamn, namn, etunimi, sukunimi, nimi, imie, nazwisko, jmeno, prijmeni, prezime, ime, keresztnev,
            vezeteknev, nev, eesnimi, perenimi, vardas, pavarde, ad soyad, soyad, isim, имя, фамилия, отчество, фио,
            氏名, 姓名, 姓, 名前
            """)
        + NameRule.rules(
            .personName, .weak,
            """
            name, person, customer, client, employee, patient, guest, passenger, contact, owner, manager, assignee,
            reporter, driver, teacher, student, doctor, physician, nurse, tenant, traveller, traveler, attendee,
            participant, member, applicant, insured, signatory, approver, salesperson, sales rep, agent, kunde,
            kontakt, composer, artist, director, actor, player, sender, shipper, payee, payer, buyer, seller,
            nominee, spouse, mother, father, child, kin, created by, updated by, modified by, approved by, requested
            by, submitted by, cust, emp, nm
            """)
        + NameRule.rules(
            .birthDate, .strong,
            """
            birth date, date of birth, birthdate, dob, d o b, birthday, bday, b day, birth, born, born on, birth
            year, year of birth, yob, geburtsdatum, geburtstag, geb datum, geb dat, gebdat, geb, geboren,
            geburtsjahr, date de naissance, date naissance, naissance, dat naiss, ne le, fecha de nacimiento, fecha
            nacimiento, nacimiento, fec nac, fecha nac, data di nascita, data nascita, nascita, data de nascimento,
            data nascimento, nascimento, dt nasc, geboortedatum, geboorte, fodselsdato, fodselsdag, fodt,
            fodelsedatum, fodelsedag, fodd, syntymaaika, syntymapaiva, data urodzenia, urodzenia, urodziny, datum
            narozeni, narozeni, datum rodenja, szuletesi datum, szuletesi ido, sunniaeg, dogum tarihi, дата
            рождения, рождения, 生年月日, 出生日期
            """)
        + NameRule.rules(
            .userName, .strong,
            """
            user name, username, uname, login, login name, loginname, log in, userlogin, user login, nick, nickname,
            nick name, screen name, handle, user handle, twitter handle, account name, benutzername, benutzer,
            anmeldename, nom utilisateur, identifiant, pseudo, nombre de usuario, usuario, nome utente, utente, nome
            de usuario, gebruikersnaam, gebruiker, brukernavn, brugernavn, anvandarnamn, kayttajatunnus,
            kayttajanimi, uzytkownik, nazwa uzytkownika, uzivatel, felhasznalonev, kullanici adi, kasutajanimi,
            логин, sam account name, samaccountname, upn, usr nm
            """)
        + NameRule.rules(
            .userName, .weak,
            """
            user, usr, uid, user id, userid, account, alias, actor login, slack, github, skype, member id
            """)
        + NameRule.rules(
            .freeText, .weak,
            """
            comment, comments, note, notes, remark, remarks, message, body, description, bemerkung, notiz,
            kommentar
            """)

    private static let identity =
        NameRule.rules(.iban, .strong, "iban, iban number, bank account, kontonummer, account iban, rib")
        + NameRule.rules(
            .card, .strong,
            """
            card number, cardnumber, card no, card num, credit card, creditcard, cc number, cc num, cc no, ccn,
            ccnum, debit card, payment card, primary account number, kreditkarte, kreditkartennummer, kartennummer,
            carte bancaire, numero de carte, tarjeta, numero de tarjeta, carta di credito, numero carta, cartao,
            numero do cartao, creditcardnummer, kortnummer, numer karty, cislo karty, luottokortti
            """)
        + NameRule.rules(.card, .weak, "card, cc, pan, karte, carte, kort, karta")
        + NameRule.rules(
            .nationalID, .strong,
            """
            ssn, social security, social security number, soc sec, soc sec no, sozialversicherungsnummer,
            sozialversicherung, svnr, sv nr, sv nummer, vsnr, steuer id, steueridentifikationsnummer, steuernummer,
            idnr, tin, tax id, taxpayer id, rentenversicherungsnummer, nir, numero de securite sociale, num secu,
            insee, dni, nie, nif, dni nie, codice fiscale, cod fisc, cf, bsn, burgerservicenummer, sofinummer,
            rijksregisternummer, rrn, insz, niss, numero national, pesel, personnummer, personnr, pnr,
            henkilotunnus, hetu, cpr, cpr nr, cpr nummer, fodselsnummer, fnr, kennitala, nino, ni number, national
            insurance, nhs number, nhs no, cpf, rg, rodne cislo, rc, cnp, egn, isikukood, asmens kodas, personas
            kods, oib, jmbg, emso, amka, afm, ahv, ahv nummer, ahvnr, avs, tc kimlik, tckn, kimlik no, national id,
            national identifier, national identity, nat id, natid, identity number, id number, id card, identity
            card, id card number, personal number, personal id, personal code, citizen id, aadhaar, aadhar, pan
            number, my number, sin, social insurance number, curp, rfc, rut, run, cuil, cuit, cedula, ppsn, pps
            number, snils, inn, nric, passport, passport number, passport no, passnummer, reisepass, ausweisnummer,
            снилс, инн, 身份证, マイナンバー
            """)
        + NameRule.rules(
            .nationalID, .weak,
            """
            ausweis, identification, id no, id nr, govt id, gov id, document number, legal id, fiscal, fiscal
            code, tax number, tax no
            """)

    private static let technical =
        NameRule.rules(
            .ipAddress, .strong,
            "ip, ip address, ipaddress, ip addr, ipaddr, ip v4, ipv4, ip v6, ipv6, remote addr, remote address, client ip, source ip, src ip, dst ip, host ip"
        )
        + NameRule.rules(.ipAddress, .weak, "host, server, peer, origin, gateway, source address, client address")
        + NameRule.rules(
            .macAddress, .strong,
            """
            mac, mac address, mac addr, hw addr, hardware address, ethernet address, bssid, physical address
            """)
        + NameRule.rules(
            .coordinates, .strong,
            """
            latitude, longitude, lat, lon, lng, long, latlng, lat lon, lat lng, lat long, coordinate, coordinates,
            coords, geo, geolocation, geo location, gps, geo point, geopoint, location point, breitengrad,
            laengengrad, langengrad, breite, laenge, koordinaten, latitud, longitud, coordenadas, latitudine,
            longitudine, coordinate gps, leveysaste, pituusaste, bredde grad, szerokosc geograficzna, dlugosc
            geograficzna, lattitude, lattd, longtd, широта, долгота
            """)
        + NameRule.rules(.coordinates, .weak, "position, location, point, geom, geometry, x coord, y coord, place")

    /// Things that have names, codes and numbers and are no persons.
    static let notPeople: Set<String> = Set(
        words: """
            product item sku company firm firma organisation organization org business brand vendor supplier
            manufacturer file filename path folder host hostname server database team department dept category
            kategorie event song track album movie film game title titel school university store shop model plan
            project campaign tag role group class course currency color colour airline airport carrier aircraft
            order invoice isbn ean upc gtin imei barcode tracking serial version build release hash md5 sha sha256
            checksum uuid guid siren siret duns vat ust lei bic swift service app application device genre media
            playlist produit producto prodotto produkt artikel article entreprise societe empresa azienda bedrijf
            foretag yritys transaction txn batch sensor station tailnum engine port amount price total quantity
            revision asset warehouse metric branch bank language status level material ingredient breed species
            useragent browser vehicle license domain industry sector ref reference case ticket contract policy
            """)

    /// Places alone, which are no person's.
    static let places: Set<String> = Set(
        words: """
            city town village country state province region county district continent stadt ort land bundesland
            ville pays ciudad pais provincia citta comune paese cidade estado gemeente plaats stad miasto kraj mesto
            by kaupunki zip plz postcode postal place timezone tz
            """)

    /// Days that are no birth's.
    static let notBirth: Set<String> = Set(
        words: """
            created updated modified order ordered hire hired start started end ended release released invoice due
            expiry expires expiration valid shipped delivered delivery login posted founded foundation published
            publication issued issue contract event recorded measured built opened closed registered registration
            joined since from until to last first payment paid transaction booking purchase sold signed effective
            established completed inserted loaded deceased death died discovered acquired installed manufactured
            """)

    /// What a thing has, at the end of a column's name.
    static let about: Set<String> = Set(
        words: """
            id key type typ count cnt flag status verified valid confirmed hash length len size at time opt optin
            consent domain code category preference pref score rank index idx format label ts timestamp version
            source sent opened clicked bounced enabled disabled required pct rate ratio total amount avg min max sum
            change changed updated created expiry brand country city state provider subject template carrier
            extension ext prefix suffix region
            """)
}
