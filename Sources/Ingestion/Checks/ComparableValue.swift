internal import Catalog

/// What orders the values of a column, as Postgres orders them (text by its bytes, as in the collation C.UTF-8).
enum ValueOrder: Hashable {
    case integer, decimal, float, boolean, date, time, timestamp, timestamptz, text, paddedText, uuid

    /// `nil` for types whose values this program cannot compare.
    init?(_ type: ColumnType) {
        guard !type.isArray else { return nil }
        switch type.scalar {
        case .smallint, .integer, .bigint: self = .integer
        case .numeric: self = .decimal
        case .real, .doublePrecision: self = .float
        case .boolean: self = .boolean
        case .date: self = .date
        case .time: self = .time
        case .timestamp: self = .timestamp
        case .timestamptz: self = .timestamptz
        case .text, .varchar: self = .text
        case .char: self = .paddedText
        case .uuid: self = .uuid
        case .interval, .json, .jsonb, .bytea, .inet: return nil
        }
    }

    /// Whether `text` is a value of `type`.
    func accepts(_ text: Span<UInt8>, _ type: ColumnType) -> Bool {
        var output: [UInt8] = []
        do {
            try FieldEncoder(maxJSONDepth: 0).append(text: text, as: type, to: &output)
            return true
        } catch { return false }
    }

    /// The value that `text`, of the column's type, stands for.
    func read(_ text: Span<UInt8>) -> ComparableValue? {
        let plain = text.extracting(text.trimmedRange)
        switch self {
        case .integer: return NumberSyntax.integer(plain).map(ComparableValue.integer)
        case .decimal: return ComparableValue(decimal: plain)
        case .float: return Self.float(plain).map(ComparableValue.float)
        case .boolean: return plain.first.map { .integer("tTyY1".utf8.contains($0) || Self.isOn(plain) ? 1 : 0) }
        case .date: return DateTimeSyntax.value(plain, .date).map(ComparableValue.integer)
        case .time: return DateTimeSyntax.value(plain, .time).map(ComparableValue.integer)
        case .timestamp: return DateTimeSyntax.value(plain, .timestamp).map(ComparableValue.integer)
        case .timestamptz: return DateTimeSyntax.value(plain, .timestamptz).map(ComparableValue.integer)
        case .text: return .text(text.array)
        case .paddedText: return .text(text.array.trimmingBlanks())
        case .uuid: return .text(text.array.compactMap { isHexDigit($0) ? $0 | 0x20 : nil })
        }
    }

    /// Exact by one division where mantissa and power of ten are exact themselves, as most are (Clinger 1990).
    private static func float(_ text: Span<UInt8>) -> Double? {
        if let (mantissa, scale) = DecimalValue.short(text), mantissa.magnitude < 1 << 53 {
            return mantissa == 0 ? 0 : Double(mantissa) / powersOfTen[scale]
        }
        return text.withUnsafeBufferPointer { Double(String(decoding: $0, as: UTF8.self)) }
    }

    private static let powersOfTen: [Double] = [
        1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18,
    ]

    /// `on`, which begins as `off` does.
    private static func isOn(_ text: Span<UInt8>) -> Bool { text.equalsIgnoringCase("on") }
}

/// One value, comparable with those of the same column.
enum ComparableValue {
    /// An integer; also 0 and 1 for booleans, days or microseconds for dates and times.
    case integer(Int64)
    /// `mantissa` · 10^-`scale`, of at most 18 digits each.
    case short(mantissa: Int64, scale: Int)
    case decimal(DecimalValue)
    case float(Double)
    case text([UInt8])

    init?(decimal text: Span<UInt8>) {
        if let short = DecimalValue.short(text) {
            self = .short(mantissa: short.mantissa, scale: short.scale)
        } else if let value = DecimalValue(text) {
            self = .decimal(value)
        } else {
            return nil
        }
    }

    /// Below, equal (0) or above zero.
    func comparison(with other: ComparableValue) -> Int {
        switch (self, other) {
        case (.integer(let left), .integer(let right)): left < right ? -1 : left > right ? 1 : 0
        case (.float(let left), .float(let right)): Self.comparison(left, right)
        case (.text(let left), .text(let right)): left.span.comparison(with: right)
        case (.short(let left, let leftScale), .short(let right, let rightScale)):
            Self.comparison(left, leftScale, right, rightScale)
        default: decimalValue.comparison(with: other.decimalValue)
        }
    }

    /// Postgres takes NaN for equal to itself and above every other number.
    private static func comparison(_ left: Double, _ right: Double) -> Int {
        if left.isNaN || right.isNaN { return left.isNaN ? right.isNaN ? 0 : 1 : -1 }
        return left < right ? -1 : left > right ? 1 : 0
    }

    private static func comparison(_ left: Int64, _ leftScale: Int, _ right: Int64, _ rightScale: Int) -> Int {
        if leftScale == rightScale { return left < right ? -1 : left > right ? 1 : 0 }
        let scale = max(leftScale, rightScale)
        // At most 36 digits.
        let wideLeft = Int128(left) * powersOfTen[scale - leftScale]
        let wideRight = Int128(right) * powersOfTen[scale - rightScale]
        return wideLeft < wideRight ? -1 : wideLeft > wideRight ? 1 : 0
    }

    private static let powersOfTen: [Int128] = (0...18).map { (0..<$0).reduce(Int128(1)) { power, _ in power * 10 } }

    private var decimalValue: DecimalValue {
        switch self {
        case .decimal(let value): value
        case .short(let mantissa, let scale): DecimalValue(mantissa: mantissa, scale: scale)
        default: DecimalValue(mantissa: 0, scale: 0)
        }
    }
}

extension Span where Element == UInt8 {
    var first: UInt8? { isEmpty ? nil : self[0] }
    var array: [UInt8] { withUnsafeBufferPointer { Array($0) } }

    /// Byte by byte, a text before every longer one that begins with it.
    func comparison(with other: [UInt8]) -> Int {
        for index in 0..<Swift.min(count, other.count) where self[index] != other[index] {
            return self[index] < other[index] ? -1 : 1
        }
        return count - other.count
    }
}

extension [UInt8] {
    fileprivate func trimmingBlanks() -> [UInt8] {
        var copy = self
        while copy.last == 0x20 { copy.removeLast() }
        return copy
    }
}
