/// Whether Postgres will read a text as a value of a type, decided before Postgres sees it.
///
/// Stricter than Postgres where its reading depends on a setting (`DateStyle`, `TimeZone`) or on the day (`today`), so a
/// policy means the same everywhere and always.
package enum LiteralCheck {
    /// What is wrong with `text` as a literal of `type`; `nil` when nothing is.
    package static func problem(with text: String, as type: FilterType) -> String? {
        let isFine =
            switch type.kind {
            case .integer(let bits): isInteger(text, bits: bits)
            case .numeric: isNumeric(text)
            case .real: isFloat(text, Float.init)
            case .double: isFloat(text, Double.init)
            case .text, .paddedText, .unknown: true
            case .boolean: ["true", "false"].contains(text)
            case .uuid: isUUID(text)
            case .bytes:
                text.hasPrefix(#"\x"#) && text.utf8.count.isMultiple(of: 2) && text.utf8.dropFirst(2).allSatisfy(isHex)
            case .date: DateText.isDate(text)
            case .time: DateText.isTime(text)
            case .timestamp: DateText.isTimestamp(text, withZone: false)
            case .timestampWithTimeZone: DateText.isTimestamp(text, withZone: true)
            case .opaque: false
            }
        return isFine ? nil : expectation(of: type)
    }

    private static func expectation(of type: FilterType) -> String {
        switch type.kind {
        case .boolean: "a boolean is TRUE or FALSE"
        case .date: "a date is written '2026-11-21'"
        case .time: "a time is written '09:30:00'"
        case .timestamp: "a timestamp is written '2026-11-21 09:30:00'"
        case .timestampWithTimeZone: "a timestamp with time zone is written '2026-11-21T09:30:00Z'"
        case .bytes: #"bytes are written '\x00ff'"#
        case .uuid: "a uuid is written 'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'"
        default: "it is no value of type \(type.spelling)"
        }
    }

    private static func isInteger(_ text: String, bits: Int) -> Bool {
        // Int takes a leading "+", as Postgres does, and no spaces.
        guard let value = Int(text) else { return false }
        let limit = Int.max >> (64 - bits)
        return (-limit - 1...limit).contains(value)
    }

    /// Bounded far below what numeric holds: nobody's policy needs more.
    private static func isNumeric(_ text: String) -> Bool {
        guard text.utf8.count <= 200, let number = DecimalText(text) else { return false }
        return abs(number.exponent) <= 1000
    }

    /// A finite decimal that the type can hold without becoming infinite or zero, both of which Postgres refuses.
    private static func isFloat<Value: BinaryFloatingPoint>(_ text: String, _ read: (String) -> Value?) -> Bool {
        guard text.utf8.count <= 200, let number = DecimalText(text), let value = read(text) else { return false }
        return value.isFinite && (value != 0 || number.isZero)
    }

    private static func isUUID(_ text: String) -> Bool {
        let parts = text.utf8.split(separator: UInt8(ascii: "-"), omittingEmptySubsequences: false)
        return parts.map(\.count) == [8, 4, 4, 4, 12] && parts.allSatisfy { $0.allSatisfy(isHex) }
    }

    private static func isHex(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "f"),
            UInt8(ascii: "A")...UInt8(ascii: "F"):
            true
        default: false
        }
    }
}
