extension NationalIDSchemes {
    /// Austria to Iceland. Sources: the states' own descriptions, as the OECD lists them (Tax Identification Numbers).
    static let northWest: [NationalIDScheme] = [
        NationalIDScheme("AT", "Sozialversicherungsnummer", chance: 0.004, digits: 10...10) { d in
            d[0] != 0 && IDDigits.isDayMonthYear(d, at: 4)
                && IDDigits.sum(d, [3, 7, 9, 0, 5, 8, 4, 2, 1, 6]) % 11 == d[3]
        },
        NationalIDScheme("DE", "Steuer-ID", chance: 0.01, digits: 11...11) { d in
            guard d[0] != 0, IDDigits.isModulo11By10(d) else { return false }
            let counts = (0...9).map { digit in d.dropLast().count { $0 == digit } }
            let missing = counts.count { $0 == 0 }
            return counts.max() == 2 && missing == 1 || counts.max() == 3 && missing == 2
        },
        NationalIDScheme("FR", "NIR", chance: 0.008, digits: 15...15) { d in
            guard (1...8).contains(d[0]),
                (1...12).contains(IDDigits.number(d, 3..<5)) || IDDigits.number(d, 3..<5) >= 20
            else {
                return false
            }
            return 97 - IDDigits.number(d, 0..<13) % 97 == IDDigits.number(d, 13..<15)
        },
        NationalIDScheme("NL", "BSN", chance: 0.091, digits: 9...9) { d in
            !IDDigits.isRepdigit(d) && IDDigits.sum(d, [9, 8, 7, 6, 5, 4, 3, 2, -1]) % 11 == 0
        },
        NationalIDScheme("BE", "Rijksregisternummer", chance: 0.002, digits: 11...11) { d in
            guard IDDigits.isYearMonthDay(d) || IDDigits.number(d, 2..<6) == 0 else { return false }
            let (number, check) = (IDDigits.number(d, 0..<9), IDDigits.number(d, 9..<11))
            // Those born since 2000 have a 2 before.
            return 97 - number % 97 == check || 97 - (2_000_000_000 + number) % 97 == check
        },
        NationalIDScheme("SE", "personnummer", chance: 0.008, digits: 10...12) { d in
            let short = Array(d.suffix(10))
            guard d.count != 11, d.count == 10 || [19, 20].contains(IDDigits.number(d, 0..<2)) else { return false }
            let day = IDDigits.number(short, 4..<6)
            // 60 more on the day: a number for who is not registered.
            return IDDigits.isDay(month: IDDigits.number(short, 2..<4), day: day > 60 ? day - 60 : day)
                && Luhn.isValid(short)
        },
        NationalIDScheme("DK", "CPR", chance: 0.037, form: ["999999-9999"], digits: 10...10) {
            IDDigits.isDayMonthYear($0)
        },
        NationalIDScheme("NO", "fødselsnummer", chance: 0.001, digits: 11...11) { d in
            // D numbers have 40 more on the day.
            let day = IDDigits.number(d, 0..<2)
            return IDDigits.isDay(month: IDDigits.number(d, 2..<4), day: day > 40 ? day - 40 : day)
                && IDDigits.sum(d, [3, 7, 6, 1, 8, 9, 4, 5, 2, 1]) % 11 == 0
                && IDDigits.sum(d, [5, 4, 3, 2, 7, 6, 5, 4, 3, 2, 1]) % 11 == 0
        },
        NationalIDScheme("IS", "kennitala", chance: 0.001, digits: 10...10) { d in
            [8, 9, 0].contains(d[9]) && IDDigits.isDayMonthYear(d)
                && IDDigits.sum(d, [3, 2, 7, 6, 5, 4, 3, 2, 1]) % 11 == 0
        },
        NationalIDScheme("CH", "AHV-Nummer", chance: 0.001, digits: 13...13) { d in
            IDDigits.number(d, 0..<3) == 756 && IDDigits.sum(d, [1, 3, 1, 3, 1, 3, 1, 3, 1, 3, 1, 3, 1]) % 10 == 0
        },
        NationalIDScheme("GB", "NHS number", chance: 0.03, digits: 10...10) { d in
            // The others are of Scotland, or ISBN-10, whose check digit is the same.
            [4, 6, 7].contains(d[0]) && IDDigits.sum(d, [10, 9, 8, 7, 6, 5, 4, 3, 2, 1]) % 11 == 0
        },
        NationalIDScheme("PT", "NIF", chance: 0.04, digits: 9...9) { d in
            guard (1...4).contains(d[0]) else { return false }
            let check = 11 - IDDigits.sum(d, [9, 8, 7, 6, 5, 4, 3, 2]) % 11
            return (check > 9 ? 0 : check) == d[8]
        },
    ]
}
