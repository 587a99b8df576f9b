extension NationalIDSchemes {
    /// Outside of Europe.
    static let world: [NationalIDScheme] = [
        // Without a check digit: nothing but the hyphens tells it from other numbers.
        NationalIDScheme("US", "SSN", chance: 0.2, form: ["999-99-9999", "999 99 9999"], digits: 9...9) { d in
            let area = IDDigits.number(d, 0..<3)
            return area != 0 && area != 666 && IDDigits.number(d, 3..<5) != 0 && IDDigits.number(d, 5..<9) != 0
        },
        NationalIDScheme("CA", "SIN", chance: 0.1, digits: 9...9) { $0[0] != 0 && $0[0] != 8 && Luhn.isValid($0) },
        NationalIDScheme("BR", "CPF", chance: 0.012, digits: 11...11) { d in
            guard !IDDigits.isRepdigit(d) else { return false }
            let first = IDDigits.sum(d, [10, 9, 8, 7, 6, 5, 4, 3, 2]) * 10 % 11 % 10
            return first == d[9] && IDDigits.sum(d, [11, 10, 9, 8, 7, 6, 5, 4, 3, 2]) * 10 % 11 % 10 == d[10]
        },
        NationalIDScheme("AR", "CUIL", chance: 0.005, digits: 11...11) { d in
            [20, 23, 24, 25, 26, 27].contains(IDDigits.number(d, 0..<2))
                // A remainder of 1 would want 10, and gets 9.
                && [0, 9, 9, 8, 7, 6, 5, 4, 3, 2, 1][IDDigits.sum(d, [5, 4, 3, 2, 7, 6, 5, 4, 3, 2]) % 11] == d[10]
        },
        NationalIDScheme(
            "CL", "RUT", chance: 0.091, form: ["99.999.999-9", "9.999.999-9", "99999999-9", "9999999-9"], digits: 8...9
        ) { d in
            let weights = [2, 3, 4, 5, 6, 7, 2, 3]
            return 11 - IDDigits.sum(d.dropLast().reversed(), weights) % 11
                == (d[d.count - 1] == 0 ? 11 : d[d.count - 1])
        },
        NationalIDScheme("ZA", "identity number", chance: 0.008, digits: 13...13) { d in
            IDDigits.isYearMonthDay(d) && d[10] <= 2 && Luhn.isValid(d)
        },
        NationalIDScheme("IN", "Aadhaar", chance: 0.08, digits: 12...12) { $0[0] > 1 && Verhoeff.isValid($0) },
        NationalIDScheme("JP", "My Number", chance: 0.1, digits: 12...12) { d in
            let remainder = IDDigits.sum(d, [6, 5, 4, 3, 2, 7, 6, 5, 4, 3, 2]) % 11
            return (remainder <= 1 ? 0 : 11 - remainder) == d[11]
        },
        // Since 2020 without a check digit.
        NationalIDScheme("KR", "resident registration number", chance: 0.037, form: ["999999-9999999"], digits: 13...13)
        { d in
            IDDigits.isYearMonthDay(d)
        },
        NationalIDScheme("MY", "MyKad", chance: 0.037, form: ["999999-99-9999"], digits: 12...12) {
            IDDigits.isYearMonthDay($0)
        },
        NationalIDScheme("TH", "identity card number", chance: 0.08, digits: 13...13) { d in
            (1...8).contains(d[0])
                && (11 - IDDigits.sum(d, [13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2]) % 11) % 10 == d[12]
        },
        NationalIDScheme("CN", "resident identity number", chance: 0.001, digits: 18...18) {
            isChinese($0, check: $0[17])
        },
        NationalIDScheme("AU", "TFN", chance: 0.091, digits: 9...9) { d in
            IDDigits.sum(d, [1, 4, 3, 7, 5, 8, 6, 9, 10]) % 11 == 0 && !IDDigits.isRepdigit(d)
        },
    ]

    /// ISO 7064, MOD 11-2, over an address code, a day and a serial number.
    static func isChinese(_ digits: [Int], check: Int) -> Bool {
        let year = IDDigits.number(digits, 6..<10)
        guard (1880...2100).contains(year) else { return false }
        guard IDDigits.isDay(month: IDDigits.number(digits, 10..<12), day: IDDigits.number(digits, 12..<14)) else {
            return false
        }
        let sum = IDDigits.sum(digits.prefix(17), [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2])
        return (12 - sum % 11) % 11 == check
    }
}

/// The check digit of Verhoeff (1969), in the dihedral group of ten elements.
enum Verhoeff {
    private static let permutation = [1, 5, 7, 6, 2, 8, 3, 0, 9, 4]

    static func isValid(_ digits: [Int]) -> Bool {
        var check = 0
        for (place, digit) in digits.reversed().enumerated() {
            let permuted = (0..<(place % 8)).reduce(digit) { digit, _ in permutation[digit] }
            check = product(check, permuted)
        }
        return check == 0
    }

    private static func product(_ left: Int, _ right: Int) -> Int {
        switch (left < 5, right < 5) {
        case (true, true): (left + right) % 5
        case (true, false): 5 + (left + right) % 5
        case (false, true): 5 + (left - right) % 5
        case (false, false): (left - right + 5) % 5
        }
    }
}
