internal import Catalog

/// What the values of a column were found to be, and the narrowest type that takes them all.
///
/// A union: the order of the values does not matter.
struct ValueKinds: OptionSet {
    let rawValue: UInt16

    /// Of at most 64 bits, written without `+` and leading zeros, which are no part of a number.
    static let integer = ValueKinds(rawValue: 1)
    /// Any other number that `numeric` keeps as it is.
    static let decimal = ValueKinds(rawValue: 2)
    /// A number with so great an exponent that it is meant to be rounded.
    static let float = ValueKinds(rawValue: 4)
    /// `NaN`, `Infinity`: numbers only beside others.
    static let numberWord = ValueKinds(rawValue: 8)
    /// `true` and `false`; `t`, `yes` and 1 may mean anything.
    static let boolean = ValueKinds(rawValue: 16)
    static let date = ValueKinds(rawValue: 32)
    static let timestamp = ValueKinds(rawValue: 64)
    static let timestamptz = ValueKinds(rawValue: 128)
    static let text = ValueKinds(rawValue: 256)
    /// An object or an array of JSON.
    static let structure = ValueKinds(rawValue: 512)

    private static let times: ValueKinds = [.date, .timestamp, .timestamptz]
    private static let numbers: ValueKinds = [.integer, .decimal, .float, .numberWord]

    /// Exponents up to which a number is written out: what a printer chose to shorten, such as R's `1e+05`.
    private static let writtenOut = -40...40

    /// The type of a CSV column. What has no values, or values of several kinds, is text.
    var columnType: ColumnType {
        if isEmpty { return ColumnType(.text) }
        if self == .integer { return ColumnType(.bigint) }
        if isSubset(of: [.integer, .decimal]) { return ColumnType(.numeric(nil)) }
        if isSubset(of: Self.numbers), self != .numberWord { return ColumnType(.doublePrecision) }
        if self == .boolean { return ColumnType(.boolean) }
        if self == .date { return ColumnType(.date) }
        if isSubset(of: [.date, .timestamp]) { return ColumnType(.timestamp(precision: nil)) }
        if self == .timestamptz { return ColumnType(.timestamptz(precision: nil)) }
        return ColumnType(.text)
    }

    /// The type of a column of JSON values, where a string is never a number: several kinds are `jsonb`.
    var jsonColumnType: ColumnType {
        let strings: ValueKinds = [.date, .timestamp, .timestamptz, .text]
        let families = [Self.numbers, .boolean, strings, .structure].filter { !isDisjoint(with: $0) }
        if families.count > 1 || contains(.structure) { return ColumnType(.jsonb) }
        return columnType
    }

    /// The kind of one value that is not NULL.
    static func kind(of field: Span<UInt8>) -> ValueKinds {
        let text = field.extracting(field.trimmedRange)
        guard let first = text.first else { return .text }
        if isDigit(first) || first == UInt8(ascii: "-") || first == UInt8(ascii: ".") {
            if let number = number(text) { return number }
            return first == UInt8(ascii: "-") && isWord(text) ? .numberWord : time(text)
        }
        if text.equalsIgnoringCase("true") || text.equalsIgnoringCase("false") { return .boolean }
        return isWord(text) ? .numberWord : .text
    }

    private static func isWord(_ text: Span<UInt8>) -> Bool {
        text.equalsIgnoringCase("nan") || NumberSyntax.isInfinity(text)
    }

    private static func number(_ text: Span<UInt8>) -> ValueKinds? {
        guard let parts = DecimalParts(text) else { return nil }
        if parts.integer.count > 1, text[parts.integer.lowerBound] == UInt8(ascii: "0") { return .text }
        if parts.isInteger { return NumberSyntax.integer(text) == nil ? .decimal : .integer }
        return Self.writtenOut.contains(parts.exponent) ? .decimal : .float
    }

    /// The kind of a text that holds no number.
    static func time(_ text: Span<UInt8>) -> ValueKinds {
        guard let first = text.first, isDigit(first) else { return .text }
        if accepts(text, .date) { return .date }
        if accepts(text, .timestamp) { return .timestamp }
        return accepts(text, .timestamptz) ? .timestamptz : .text
    }

    private static func accepts(_ text: Span<UInt8>, _ kind: DateTimeSyntax.Kind) -> Bool {
        do {
            try DateTimeSyntax.check(text, kind)
            return true
        } catch { return false }
    }
}
