extension NationalIDSchemes {
    /// Those with letters.
    static let lettered: [NationalIDScheme] = [
        NationalIDScheme("ES", "DNI", chance: 0.044, letters: "99999999a") {
            isSpanish(ByteText.number($0[..<8]), $0[8])
        },
        NationalIDScheme("ES", "NIE", chance: 0.005, letters: "a9999999a") { text in
            guard (UInt8(ascii: "X")...UInt8(ascii: "Z")).contains(text[0]) else { return false }
            return isSpanish(Int(text[0] - UInt8(ascii: "X")) * 10_000_000 + ByteText.number(text[1..<8]), text[8])
        },
        NationalIDScheme("IT", "codice fiscale", chance: 0.039, letters: "aaaaaa**a**a***a", isItalian),
        NationalIDScheme("FI", "henkilötunnus", chance: 0.002, letters: "999999999*") {
            isFinnish(Array($0[..<9]), $0[9])
        },
        NationalIDScheme("FI", "henkilötunnus", chance: 0.002, letters: "999999a999*") { text in
            "ABCDEFUVWXY".utf8.contains(text[6]) && isFinnish(Array(text[..<6] + text[7..<10]), text[10])
        },
        NationalIDScheme("GB", "National Insurance number", chance: 0.05, letters: "aa999999a") { isBritish($0) },
        NationalIDScheme("IE", "PPSN", chance: 0.045, letters: "9999999a") { isIrish($0, second: 0) },
        NationalIDScheme("IE", "PPSN", chance: 0.045, letters: "9999999aa") { text in
            isIrish(text, second: text[8] == UInt8(ascii: "W") ? 0 : Int(text[8]) - 64)
        },
        NationalIDScheme("DE", "Rentenversicherungsnummer", chance: 0.01, letters: "99999999a999", isGermanPension),
        NationalIDScheme("FR", "NIR of Corsica", chance: 0.003, letters: "999992a99999999") { text in
            // 2A counts as 19, 2B as 18.
            guard text[6] == UInt8(ascii: "A") || text[6] == UInt8(ascii: "B") else { return false }
            let department: [UInt8] = [
                UInt8(ascii: "1"), text[6] == UInt8(ascii: "A") ? UInt8(ascii: "9") : UInt8(ascii: "8"),
            ]
            return 97 - ByteText.number((text[..<5] + department + text[7..<13])[...]) % 97
                == ByteText.number(text[13...])
        },
        NationalIDScheme("CN", "resident identity number", chance: 0.001, letters: "99999999999999999X") { text in
            isChinese(text.prefix(17).map(\.digit), check: 10)
        },
        NationalIDScheme("CL", "RUT", chance: 0.091, letters: "99999999K") { text in
            IDDigits.sum(text.prefix(8).reversed().map(\.digit), [2, 3, 4, 5, 6, 7, 2, 3]) % 11 == 1
        },
        NationalIDScheme("MX", "CURP", chance: 0.01, letters: "aaaa999999aaaaaa*9") { text in
            "HMX".utf8.contains(text[10]) && IDDigits.isYearMonthDay(text[4..<10].map(\.digit))
        },
        NationalIDScheme("IN", "PAN", chance: 0.04, letters: "aaaaa9999a") { $0[3] == UInt8(ascii: "P") },
        NationalIDScheme("SG", "NRIC", chance: 0.01, letters: "a9999999a", isSingaporean),
        NationalIDScheme("TW", "identity card number", chance: 0.02, letters: "a999999999", isTaiwanese),
    ]

    private static func isSpanish(_ number: Int, _ letter: UInt8) -> Bool {
        Array("TRWAGMYFPDXBNJZSQVHLCKE".utf8)[number % 23] == letter
    }

    private static func isFinnish(_ digits: [UInt8], _ check: UInt8) -> Bool {
        IDDigits.isDayMonthYear(digits.map(\.digit))
            && Array("0123456789ABCDEFHJKLMNPRSTUVWXY".utf8)[ByteText.number(digits[...]) % 31] == check
    }

    private static func isBritish(_ text: [UInt8]) -> Bool {
        let prefix = String(decoding: text[..<2], as: UTF8.self)
        return !"DFIQUV".utf8.contains(text[0]) && !"DFIQUVO".utf8.contains(text[1])
            && !["BG", "GB", "KN", "NK", "NT", "TN", "ZZ"].contains(prefix) && "ABCD".utf8.contains(text[8])
    }

    private static func isIrish(_ text: [UInt8], second: Int) -> Bool {
        guard (0...9).contains(second) else { return false }
        let sum = IDDigits.sum(text.prefix(7).map(\.digit), [8, 7, 6, 5, 4, 3, 2]) + 9 * second
        return Array("WABCDEFGHIJKLMNOPQRSTUV".utf8)[sum % 23] == text[7]
    }

    /// Of the letter of the family name its two digits count; weights 2 1 2 5 7 1 2 1 2 1 2 1, cross sums, modulo 10.
    private static func isGermanPension(_ text: [UInt8]) -> Bool {
        let letter = Int(text[8]) - 64
        let digits = text[..<8].map(\.digit) + [letter / 10, letter % 10] + text[9..<11].map(\.digit)
        let day = IDDigits.number(digits, 2..<4)
        guard IDDigits.isDay(month: IDDigits.number(digits, 4..<6), day: day > 50 ? day - 50 : day) else {
            return false
        }
        let sum = zip(digits, [2, 1, 2, 5, 7, 1, 2, 1, 2, 1, 2, 1]).reduce(0) {
            $0 + $1.0 * $1.1 / 10 + $1.0 * $1.1 % 10
        }
        return sum % 10 == text[11].digit
    }

    /// Name, year, month as a letter, day (40 more for women), place, check; digits may be letters where two codes
    /// would be equal.
    private static func isItalian(_ text: [UInt8]) -> Bool {
        guard "ABCDEHLMPRST".utf8.contains(text[8]) else { return false }
        let odd = [1, 0, 5, 7, 9, 13, 15, 17, 19, 21, 2, 4, 18, 20, 11, 3, 6, 8, 12, 14, 16, 10, 22, 25, 24, 23]
        var sum = 0
        for (index, byte) in text[..<15].enumerated() {
            let value = byte.isDigit ? byte.digit : Int(byte) - 65
            sum += index % 2 == 0 ? odd[value] : value
        }
        return sum % 26 == Int(text[15]) - 65
    }

    private static func isSingaporean(_ text: [UInt8]) -> Bool {
        let sum = IDDigits.sum(text[1..<8].map(\.digit), [2, 7, 6, 5, 4, 3, 2])
        let letters: (offset: Int, table: String)? =
            switch text[0] {
            case UInt8(ascii: "S"): (0, "JZIHGFEDCBA")
            case UInt8(ascii: "T"): (4, "JZIHGFEDCBA")
            case UInt8(ascii: "F"): (0, "XWUTRQPNMLK")
            case UInt8(ascii: "G"): (4, "XWUTRQPNMLK")
            default: nil
            }
        guard let letters else { return false }
        return Array(letters.table.utf8)[(sum + letters.offset) % 11] == text[8]
    }

    /// The letter stands for a place with a number of two digits.
    private static func isTaiwanese(_ text: [UInt8]) -> Bool {
        guard text[1] == UInt8(ascii: "1") || text[1] == UInt8(ascii: "2"),
            let place = Array("ABCDEFGHJKLMNPQRSTUVXYWZIO".utf8).firstIndex(of: text[0])
        else { return false }
        let code = place + 10
        return (code / 10 + code % 10 * 9 + IDDigits.sum(text[1...].map(\.digit), [8, 7, 6, 5, 4, 3, 2, 1, 1])) % 10
            == 0
    }
}
