/// Takes dates and times in their RFC 3339 spelling off a text, piece by piece.
public struct DateTimeReader {
    private var rest: ArraySlice<UInt8>

    public init(_ text: String) {
        rest = Array(text.utf8)[...]
    }

    public var isAtEnd: Bool { rest.isEmpty }

    /// Takes a number of exactly `digits` digits that lies in `range`; `nil`: there is none.
    public mutating func number(_ digits: Int, _ range: ClosedRange<Int>) -> Int? {
        guard rest.count >= digits else { return nil }
        var value = 0
        for byte in rest.prefix(digits) {
            guard Self.digits.contains(byte) else { return nil }
            value = value * 10 + Int(byte - UInt8(ascii: "0"))
        }
        rest = rest.dropFirst(digits)
        return range.contains(value) ? value : nil
    }

    /// Takes one of the ASCII characters of `allowed`.
    public mutating func take(_ allowed: String) -> UInt8? {
        guard let byte = rest.first, allowed.utf8.contains(byte) else { return nil }
        rest = rest.dropFirst()
        return byte
    }

    /// Takes as many digits as there are and says how many.
    public mutating func fraction() -> Int {
        let fraction = rest.prefix { Self.digits.contains($0) }
        rest = rest.dropFirst(fraction.count)
        return fraction.count
    }

    /// Takes a day that exists, from the year 1 on: `2028-02-29`.
    public mutating func date() -> Bool {
        guard let year = number(4, 1...9999), take("-") != nil, let month = number(2, 1...12), take("-") != nil else {
            return false
        }
        return number(2, 1...Self.days(in: month, of: year)) != nil
    }

    private static let digits = UInt8(ascii: "0")...UInt8(ascii: "9")

    private static func days(in month: Int, of year: Int) -> Int {
        switch month {
        case 2: year.isMultiple(of: 4) && (!year.isMultiple(of: 100) || year.isMultiple(of: 400)) ? 29 : 28
        case 4, 6, 9, 11: 30
        default: 31
        }
    }
}
