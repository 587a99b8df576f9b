internal import Catalog

/// A decimal number taken apart: sign, digits around a point, exponent.
struct DecimalParts {
    /// Positions of the digits before and after the point.
    private(set) var integer = 0..<0
    private(set) var fraction = 0..<0
    private(set) var exponent = 0
    /// Whether there are digits alone, behind a sign or not.
    private(set) var isInteger = true

    /// Exponents beyond this are no number's that Postgres takes; the limit keeps sums from overflowing.
    private static let maxExponent = 999_999_999

    /// `nil` when `text` is no decimal number. `5.`, `.5` and a leading `+` are, as in Postgres.
    init?(_ text: Span<UInt8>) {
        var index = 0
        if index < text.count, text[index] == UInt8(ascii: "-") || text[index] == UInt8(ascii: "+") { index += 1 }
        integer = Self.digits(text, &index)
        if index < text.count, text[index] == UInt8(ascii: ".") {
            index += 1
            isInteger = false
            fraction = Self.digits(text, &index)
        }
        guard !integer.isEmpty || !fraction.isEmpty else { return nil }
        if index < text.count, text[index] | 0x20 == UInt8(ascii: "e") {
            index += 1
            isInteger = false
            let isNegative = index < text.count && text[index] == UInt8(ascii: "-")
            if index < text.count, isNegative || text[index] == UInt8(ascii: "+") { index += 1 }
            let range = Self.digits(text, &index)
            guard !range.isEmpty else { return nil }
            for position in range where exponent <= Self.maxExponent {
                exponent = exponent * 10 + Int(text[position] - UInt8(ascii: "0"))
            }
            exponent = isNegative ? -min(exponent, Self.maxExponent) : min(exponent, Self.maxExponent)
        }
        guard index == text.count else { return nil }
    }

    private static func digits(_ text: Span<UInt8>, _ index: inout Int) -> Range<Int> {
        let start = index
        while index < text.count, isDigit(text[index]) { index += 1 }
        return start..<index
    }

    /// The power of ten just above the number, `10^(m-1) <= |x| < 10^m`; `nil` for zero.
    func magnitude(_ text: Span<UInt8>) -> Int? {
        for index in integer where text[index] != UInt8(ascii: "0") { return integer.upperBound - index + exponent }
        for index in fraction where text[index] != UInt8(ascii: "0") { return fraction.lowerBound - index + exponent }
        return nil
    }

    /// Digits after the point when written without exponent, as Postgres counts them (zeros too).
    var scale: Int { max(0, fraction.count - exponent) }

    /// Whether the first `count` significant digits are all 9 and the next one rounds up.
    func carries(_ text: Span<UInt8>, afterNines count: Int) -> Bool {
        var seen = 0
        var isSignificant = false
        for range in [integer, fraction] {
            for index in range {
                let digit = text[index]
                isSignificant = isSignificant || digit != UInt8(ascii: "0")
                guard isSignificant else { continue }
                if seen == count { return digit >= UInt8(ascii: "5") }
                guard digit == UInt8(ascii: "9") else { return false }
                seen += 1
            }
        }
        return false
    }
}

/// Checks numbers as Postgres' input functions do, without rounding them.
enum NumberSyntax {
    static func checkInteger(_ text: Span<UInt8>, bits: Int) throws(FieldError) {
        var index = 0
        var isNegative = false
        if index < text.count, text[index] == UInt8(ascii: "-") || text[index] == UInt8(ascii: "+") {
            isNegative = text[index] == UInt8(ascii: "-")
            index += 1
        }
        guard index < text.count else { throw .invalid("is not an integer") }
        var magnitude: UInt64 = 0
        var overflows = false
        while index < text.count {
            guard isDigit(text[index]) else { throw .invalid("is not an integer") }
            let (product, tooBig) = magnitude.multipliedReportingOverflow(by: 10)
            let (sum, carries) = product.addingReportingOverflow(UInt64(text[index] &- UInt8(ascii: "0")))
            overflows = overflows || tooBig || carries
            magnitude = sum
            index += 1
        }
        let limit = (UInt64(1) << UInt64(bits - 1)) - (isNegative ? 0 : 1)
        guard !overflows, magnitude <= limit else { throw .outOfRange("is out of the range of a \(bits)-bit integer") }
    }

    /// The value of an integer that `checkInteger` accepts; `nil` beyond 64 bits.
    static func integer(_ text: Span<UInt8>) -> Int64? {
        var index = 0
        let isNegative = text.first == UInt8(ascii: "-")
        if isNegative || text.first == UInt8(ascii: "+") { index = 1 }
        guard index < text.count else { return nil }
        var value: Int64 = 0
        while index < text.count {
            guard isDigit(text[index]) else { return nil }
            let (product, isTooBig) = value.multipliedReportingOverflow(by: 10)
            // Downwards, since there is one negative number more.
            let (sum, overflows) = product.subtractingReportingOverflow(Int64(text[index] &- UInt8(ascii: "0")))
            guard !isTooBig, !overflows else { return nil }
            value = sum
            index += 1
        }
        if isNegative { return value }
        return value == .min ? nil : -value
    }

    static func checkNumeric(_ text: Span<UInt8>, _ bounds: ColumnType.NumericPrecision?) throws(FieldError) {
        guard let parts = DecimalParts(text) else {
            if text.equalsIgnoringCase("nan") { return }
            guard isInfinity(text) else { throw .invalid("is not a number") }
            if bounds != nil { throw .outOfRange("is infinite, which a numeric with precision cannot hold") }
            return
        }
        // numeric.h: 16,383 digits after the point, 131,072 before it.
        guard parts.scale <= 16_383 else { throw .outOfRange("has more digits after the point than numeric can hold") }
        guard let magnitude = parts.magnitude(text) else { return }
        guard magnitude <= 131_072 else { throw .outOfRange("is greater than numeric can hold") }
        guard let bounds else { return }
        let limit = bounds.precision - bounds.scale
        guard magnitude < limit || magnitude == limit && !parts.carries(text, afterNines: bounds.precision) else {
            throw .outOfRange("is out of the range of numeric(\(bounds.precision),\(bounds.scale))")
        }
    }

    /// `Double` and `Float` read as strtod and strtof do, which is what Postgres goes by.
    static func checkFloat(_ text: Span<UInt8>, isDouble: Bool) throws(FieldError) {
        guard let parts = DecimalParts(text) else {
            guard isInfinity(text) || text.equalsIgnoringCase("nan") else { throw .invalid("is not a number") }
            return
        }
        guard let magnitude = parts.magnitude(text) else { return }
        if (isDouble ? -306...308 : -36...38).contains(magnitude) { return }
        let string = text.withUnsafeBufferPointer { String(decoding: $0, as: UTF8.self) }
        let value = isDouble ? Double(string) : Float(string).map(Double.init)
        guard let value, value.isFinite, value != 0 else {
            throw .outOfRange("is out of the range of \(isDouble ? "double precision" : "real")")
        }
    }

    static func isInfinity(_ text: Span<UInt8>) -> Bool {
        var text = text
        if text.count > 1, text[0] == UInt8(ascii: "-") || text[0] == UInt8(ascii: "+") {
            text = text.extracting(1..<text.count)
        }
        return text.equalsIgnoringCase("inf") || text.equalsIgnoringCase("infinity")
    }
}
