extension NationalIDSchemes {
    /// Estonia to Turkey.
    static let southEast: [NationalIDScheme] = [
        NationalIDScheme("PL", "PESEL", chance: 0.02, digits: 11...11) { d in
            // The century is in the month: 80 more for the 19th, 20 for the 21st.
            IDDigits.isDay(month: IDDigits.number(d, 2..<4) % 20, day: IDDigits.number(d, 4..<6))
                && IDDigits.sum(d, [1, 3, 7, 9, 1, 3, 7, 9, 1, 3, 1]) % 10 == 0
        },
        NationalIDScheme("CZ", "rodné číslo", chance: 0.02, digits: 10...10) { d in
            // 50 more on the month for women, 20 where numbers have run out.
            let month = IDDigits.number(d, 2..<4)
            let isMonth = [0, 20, 50, 70].contains { IDDigits.isDay(month: month - $0, day: IDDigits.number(d, 4..<6)) }
            return isMonth
                && (IDDigits.number(d, 0..<10) % 11 == 0 || IDDigits.number(d, 0..<9) % 11 == 10 && d[9] == 0)
        },
        NationalIDScheme("RO", "CNP", chance: 0.004, digits: 13...13) { d in
            let remainder = IDDigits.sum(d, [2, 7, 9, 1, 4, 6, 3, 5, 8, 2, 7, 9]) % 11
            return d[0] != 0 && IDDigits.isYearMonthDay(d, at: 1) && (remainder == 10 ? 1 : remainder) == d[12]
        },
        NationalIDScheme("BG", "EGN", chance: 0.012, digits: 10...10) { d in
            let (month, day) = (IDDigits.number(d, 2..<4), IDDigits.number(d, 4..<6))
            return [0, 20, 40].contains { IDDigits.isDay(month: month - $0, day: day) }
                && IDDigits.sum(d, [2, 4, 8, 5, 10, 9, 7, 3, 6]) % 11 % 10 == d[9]
        },
        NationalIDScheme("EE", "isikukood", chance: 0.004, digits: 11...11, isBaltic),
        NationalIDScheme("LV", "personas kods", chance: 0.004, digits: 11...11) { d in
            IDDigits.isDayMonthYear(d)
                && (1101 - IDDigits.sum(d, [1, 6, 3, 7, 9, 10, 5, 8, 4, 2])) % 11 % 10 == d[10]
        },
        NationalIDScheme("HR", "OIB", chance: 0.1, digits: 11...11, IDDigits.isModulo11By10),
        NationalIDScheme("RS", "JMBG", chance: 0.004, digits: 13...13) { d in
            guard IDDigits.isDayMonthYear(d) else { return false }
            let check = 11 - IDDigits.sum(d, [7, 6, 5, 4, 3, 2, 7, 6, 5, 4, 3, 2]) % 11
            return check != 10 && check % 11 == d[12]
        },
        NationalIDScheme("GR", "AMKA", chance: 0.004, digits: 11...11) {
            IDDigits.isDayMonthYear($0) && Luhn.isValid($0)
        },
        NationalIDScheme("HU", "személyi szám", chance: 0.003, digits: 11...11) { d in
            (1...8).contains(d[0]) && IDDigits.isYearMonthDay(d, at: 1)
                && (IDDigits.sum(d, [1, 2, 3, 4, 5, 6, 7, 8, 9, 10]) % 11 == d[10]
                    || IDDigits.sum(d, [10, 9, 8, 7, 6, 5, 4, 3, 2, 1]) % 11 == d[10])
        },
        NationalIDScheme("UA", "RNOKPP", chance: 0.1, digits: 10...10) { d in
            let sum = IDDigits.sum(d, [-1, 5, 7, 9, 4, 6, 10, 5, 7])
            return ((sum % 11) + 11) % 11 % 10 == d[9]
        },
        NationalIDScheme("RU", "SNILS", chance: 0.012, digits: 11...11) { d in
            IDDigits.sum(d, [9, 8, 7, 6, 5, 4, 3, 2, 1]) % 101 % 100 == IDDigits.number(d, 9..<11)
        },
        NationalIDScheme("RU", "INN", chance: 0.012, digits: 12...12) { d in
            IDDigits.sum(d, [7, 2, 4, 10, 3, 5, 9, 4, 6, 8]) % 11 % 10 == d[10]
                && IDDigits.sum(d, [3, 7, 2, 4, 10, 3, 5, 9, 4, 6, 8]) % 11 % 10 == d[11]
        },
        NationalIDScheme("KZ", "IIN", chance: 0.004, digits: 12...12) { d in
            guard IDDigits.isYearMonthDay(d), (1...6).contains(d[6]) else { return false }
            let first = IDDigits.sum(d, Array(1...11)) % 11
            return (first == 10 ? IDDigits.sum(d, [3, 4, 5, 6, 7, 8, 9, 10, 11, 1, 2]) % 11 : first) == d[11]
        },
        NationalIDScheme("TR", "T.C. kimlik no", chance: 0.012, digits: 11...11) { d in
            let (odd, even) = (d[0] + d[2] + d[4] + d[6] + d[8], d[1] + d[3] + d[5] + d[7])
            return d[0] != 0 && (((odd * 7 - even) % 10) + 10) % 10 == d[9] && d[..<10].reduce(0, +) % 10 == d[10]
        },
    ]

    /// Estonia and Lithuania: century and sex, `yymmdd`, three digits, a check digit in two tries.
    private static func isBaltic(_ digits: [Int]) -> Bool {
        guard (1...8).contains(digits[0]), IDDigits.isYearMonthDay(digits, at: 1) else { return false }
        let first = IDDigits.sum(digits, [1, 2, 3, 4, 5, 6, 7, 8, 9, 1]) % 11
        let check = first < 10 ? first : IDDigits.sum(digits, [3, 4, 5, 6, 7, 8, 9, 1, 2, 3]) % 11 % 10
        return check == digits[10]
    }
}
