/// Dates and times in the one spelling that no setting of Postgres reads otherwise (RFC 3339, years 1 to 9999).
enum DateText {
    static func isDate(_ text: String) -> Bool {
        var rest = ArraySlice(text.utf8)
        return takeDate(&rest) && rest.isEmpty
    }

    static func isTime(_ text: String) -> Bool {
        var rest = ArraySlice(text.utf8)
        return takeTime(&rest) && rest.isEmpty
    }

    /// A date alone is midnight, but only where no time zone has to be known.
    static func isTimestamp(_ text: String, withZone: Bool) -> Bool {
        var rest = ArraySlice(text.utf8)
        guard takeDate(&rest) else { return false }
        if rest.isEmpty { return !withZone }
        guard let separator = rest.popFirst(), separator == UInt8(ascii: "T") || separator == UInt8(ascii: " ") else {
            return false
        }
        guard takeTime(&rest) else { return false }
        return withZone ? takeZone(&rest) && rest.isEmpty : rest.isEmpty
    }

    private static func takeDate(_ rest: inout ArraySlice<UInt8>) -> Bool {
        guard let year = takeNumber(4, &rest), take("-", &rest), let month = takeNumber(2, &rest), take("-", &rest),
            let day = takeNumber(2, &rest)
        else { return false }
        guard year >= 1, (1...12).contains(month) else { return false }
        let isLeap = year.isMultiple(of: 4) && (!year.isMultiple(of: 100) || year.isMultiple(of: 400))
        let days = [31, isLeap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31][month - 1]
        return (1...days).contains(day)
    }

    /// `09:30`, `09:30:00` or `09:30:00.123456`.
    private static func takeTime(_ rest: inout ArraySlice<UInt8>) -> Bool {
        guard let hour = takeNumber(2, &rest), hour < 24, take(":", &rest), let minute = takeNumber(2, &rest),
            minute < 60
        else { return false }
        guard take(":", &rest) else { return true }
        guard let second = takeNumber(2, &rest), second < 60 else { return false }
        guard take(".", &rest) else { return true }
        let fraction = rest.prefix { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
        rest = rest.dropFirst(fraction.count)
        return (1...6).contains(fraction.count)
    }

    /// `Z`, `+01:00`, `-0330` or `+01`.
    private static func takeZone(_ rest: inout ArraySlice<UInt8>) -> Bool {
        if take("Z", &rest) { return true }
        guard take("+", &rest) || take("-", &rest), let hours = takeNumber(2, &rest), hours < 15 else { return false }
        if rest.isEmpty { return true }
        _ = take(":", &rest)
        guard let minutes = takeNumber(2, &rest) else { return false }
        return minutes < 60
    }

    private static func take(_ character: Unicode.Scalar, _ rest: inout ArraySlice<UInt8>) -> Bool {
        guard let first = rest.first, first == UInt8(ascii: character) else { return false }
        rest.removeFirst()
        return true
    }

    private static func takeNumber(_ digits: Int, _ rest: inout ArraySlice<UInt8>) -> Int? {
        guard rest.count >= digits else { return nil }
        var value = 0
        for byte in rest.prefix(digits) {
            guard (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) else { return nil }
            value = value * 10 + Int(byte - UInt8(ascii: "0"))
        }
        rest = rest.dropFirst(digits)
        return value
    }
}
