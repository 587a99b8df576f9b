/// A `numeric` of any length, comparable without rounding.
struct DecimalValue {
    /// -infinity, the finite numbers, infinity and NaN, in Postgres' order.
    private enum Rank: Int { case negativeInfinity, finite, infinity, notANumber }

    private var rank = Rank.finite
    private var isNegative = false
    /// Of the first digit: the number is 0.d1d2d3… · 10^magnitude.
    private var magnitude = 0
    /// Without zeros at either end; empty for zero.
    private var digits: [UInt8] = []

    init?(_ text: Span<UInt8>) {
        guard let parts = DecimalParts(text) else {
            if text.equalsIgnoringCase("nan") {
                rank = .notANumber
            } else {
                guard NumberSyntax.isInfinity(text) else { return nil }
                rank = text.first == UInt8(ascii: "-") ? .negativeInfinity : .infinity
            }
            return
        }
        guard let magnitude = parts.magnitude(text) else { return }
        isNegative = text.first == UInt8(ascii: "-")
        self.magnitude = magnitude
        for index in parts.integer { append(text[index]) }
        for index in parts.fraction { append(text[index]) }
        while digits.last == UInt8(ascii: "0") { digits.removeLast() }
    }

    init(mantissa: Int64, scale: Int) {
        let text = Array("\(mantissa.magnitude)".utf8)
        guard mantissa != 0 else { return }
        isNegative = mantissa < 0
        magnitude = text.count - scale
        digits = text
        while digits.last == UInt8(ascii: "0") { digits.removeLast() }
    }

    private mutating func append(_ digit: UInt8) {
        guard !digits.isEmpty || digit != UInt8(ascii: "0") else { return }
        digits.append(digit)
    }

    /// A plain number of at most 18 digits, without exponent: most of them.
    static func short(_ text: Span<UInt8>) -> (mantissa: Int64, scale: Int)? {
        var index = 0
        let isNegative = text.first == UInt8(ascii: "-")
        if isNegative || text.first == UInt8(ascii: "+") { index = 1 }
        guard text.count - index <= 19, index < text.count else { return nil }
        var mantissa: Int64 = 0
        var digits = 0
        var point: Int?
        while index < text.count {
            let byte = text[index]
            if isDigit(byte) {
                mantissa = mantissa &* 10 &+ Int64(byte &- UInt8(ascii: "0"))
                digits += 1
            } else {
                guard byte == UInt8(ascii: "."), point == nil else { return nil }
                point = digits
            }
            index += 1
        }
        guard (1...18).contains(digits) else { return nil }
        return (isNegative ? -mantissa : mantissa, digits - (point ?? digits))
    }

    /// Below, equal (0) or above zero.
    func comparison(with other: DecimalValue) -> Int {
        guard rank == other.rank else { return rank.rawValue - other.rank.rawValue }
        let (sign, otherSign) = (self.sign, other.sign)
        guard sign == otherSign else { return sign - otherSign }
        guard sign != 0 else { return 0 }
        if magnitude != other.magnitude { return magnitude < other.magnitude ? -sign : sign }
        return sign * digits.span.comparison(with: other.digits).signum()
    }

    private var sign: Int { digits.isEmpty ? 0 : isNegative ? -1 : 1 }

    /// A text that equal numbers share.
    var canonical: [UInt8] {
        guard rank == .finite else { return [UInt8(rank.rawValue)] }
        return Array("\(sign),\(digits.isEmpty ? 0 : magnitude),".utf8) + digits
    }
}
