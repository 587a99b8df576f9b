/// The shape of a decimal number such as `-12.50e3`: `[+-] (digits [. digits] | . digits) [e [+-] digits]`.
struct DecimalText {
    /// The power of ten as written; 0 without one.
    private(set) var exponent = 0
    /// Whether every digit before the exponent is 0.
    private(set) var isZero = true
    /// The power of ten of the last digit that is not 0: -2 for `1.250`, 3 for `12e3` and `12000`; 0 for zero.
    var lastPlace: Int { isZero ? 0 : exponent - decimals + trailingZeros }

    private var decimals = 0
    private var trailingZeros = 0

    /// `nil` when `text` is no decimal number, or its exponent has more than 9 digits.
    init?(_ text: String) {
        var rest = Substring(text).utf8
        if let sign = rest.first, sign == UInt8(ascii: "-") || sign == UInt8(ascii: "+") { rest.removeFirst() }
        var digits = takeDigits(&rest)
        if rest.first == UInt8(ascii: ".") {
            rest.removeFirst()
            decimals = takeDigits(&rest)
            digits += decimals
        }
        guard digits > 0 else { return nil }
        guard let mark = rest.first else { return }
        guard mark == UInt8(ascii: "e") || mark == UInt8(ascii: "E") else { return nil }
        let written = Substring(rest.dropFirst())
        guard written.utf8.count <= 10, let value = Int(written) else { return nil }
        exponent = value
    }

    private mutating func takeDigits(_ rest: inout Substring.UTF8View) -> Int {
        let digits = rest.prefix { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
        if digits.contains(where: { $0 != UInt8(ascii: "0") }) {
            isZero = false
            trailingZeros = 0
        }
        trailingZeros += digits.reversed().prefix { $0 == UInt8(ascii: "0") }.count
        rest = rest[digits.endIndex...]
        return digits.count
    }
}
