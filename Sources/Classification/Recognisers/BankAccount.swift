/// An IBAN (ISO 13616): a country that has them, and the check digits of ISO 7064, MOD 97-10. Its length is not
/// asked: the check
/// digits are right by chance once in 97 times, and generated test data has other lengths.
struct BankAccount: ValueRecogniser {
    let entity = Entity.iban
    let name = "iban"

    func matches(_ value: SampledValue) -> Bool { Self.isIBAN(value.bytes) }

    /// Accounts of other kinds, or with wrong check digits, when the column says so.
    func plausibility(of column: ColumnStatistics) -> Double {
        column.share { value in
            guard let compact = ByteText.compact(value.bytes, separators: [UInt8(ascii: " "), UInt8(ascii: "-")]) else {
                return false
            }
            return compact.count >= 15 && compact.count <= 34 && compact[0].isUpper && compact[1].isUpper
                && compact[2].isDigit && compact[3].isDigit
        }
    }

    static func isIBAN(_ text: [UInt8]) -> Bool {
        guard text.count >= 15, text.count <= 44 else { return false }
        guard let compact = ByteText.compact(text, separators: [UInt8(ascii: " "), UInt8(ascii: "-")]) else {
            return false
        }
        guard (15...34).contains(compact.count), countries.contains(String(decoding: compact.prefix(2), as: UTF8.self))
        else { return false }
        guard compact[2].isDigit, compact[3].isDigit else { return false }
        var remainder = 0
        for byte in compact[4...] + compact[..<4] {
            remainder = byte.isDigit ? remainder * 10 + byte.digit : remainder * 100 + Int(byte) - 55
            remainder %= 97
        }
        return remainder == 1
    }

    /// Of the SWIFT registry, release 97.
    private static let countries = Set(
        """
        AD AE AL AT AZ BA BE BG BH BI BR BY CH CR CY CZ DE DJ DK DO EE EG ES FI FK FO FR GB GE GI GL GR GT HR HU IE
        IL IQ IS IT JO KW KZ LB LC LI LT LU LV LY MC MD ME MK MN MR MT MU NI NL NO OM PK PL PS PT QA RO RS RU SA SC
        SD SE SI SK SM SO ST SV TL TN TR UA VA VG XK YE
        """.split { $0 == " " || $0 == "\n" }.map(String.init))
}
