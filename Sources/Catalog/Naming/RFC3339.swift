/// The times of the API: `2027-01-31T00:00:00Z`, with a fraction and an offset if need be (RFC 3339 section 5.6).
public enum RFC3339 {
    /// Whether `text` is such a time and names a day and an hour that exist. A leap second does not.
    public static func isValid(_ text: String) -> Bool {
        var rest = Array(text.utf8)[...]
        func number(_ digits: Int, _ range: ClosedRange<Int>) -> Int? {
            guard rest.count >= digits else { return nil }
            var value = 0
            for byte in rest.prefix(digits) {
                guard (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) else { return nil }
                value = value * 10 + Int(byte - UInt8(ascii: "0"))
            }
            rest = rest.dropFirst(digits)
            return range.contains(value) ? value : nil
        }
        func take(_ allowed: String) -> UInt8? {
            guard let byte = rest.first, allowed.utf8.contains(byte) else { return nil }
            rest = rest.dropFirst()
            return byte
        }
        guard let year = number(4, 1...9999), take("-") != nil, let month = number(2, 1...12), take("-") != nil,
            number(2, 1...days(in: month, of: year)) != nil, take("Tt") != nil, number(2, 0...23) != nil,
            take(":") != nil, number(2, 0...59) != nil, take(":") != nil, number(2, 0...59) != nil
        else { return false }
        if take(".") != nil {
            let fraction = rest.prefix { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
            guard (1...9).contains(fraction.count) else { return false }
            rest = rest.dropFirst(fraction.count)
        }
        guard let zone = take("Zz+-") else { return false }
        if zone == UInt8(ascii: "+") || zone == UInt8(ascii: "-") {
            guard number(2, 0...14) != nil, take(":") != nil, number(2, 0...59) != nil else { return false }
        }
        return rest.isEmpty
    }

    private static func days(in month: Int, of year: Int) -> Int {
        switch month {
        case 2: year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 29 : 28
        case 4, 6, 9, 11: 30
        default: 31
        }
    }
}
