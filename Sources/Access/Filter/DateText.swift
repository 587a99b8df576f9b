internal import Catalog

/// Dates and times in the one spelling that no setting of Postgres reads otherwise (RFC 3339, years 1 to 9999).
enum DateText {
    static func isDate(_ text: String) -> Bool {
        var reader = DateTimeReader(text)
        return reader.date() && reader.isAtEnd
    }

    static func isTime(_ text: String) -> Bool {
        var reader = DateTimeReader(text)
        return reader.time() && reader.isAtEnd
    }

    /// A date alone is midnight, but only where no time zone has to be known.
    static func isTimestamp(_ text: String, withZone: Bool) -> Bool {
        var reader = DateTimeReader(text)
        guard reader.date() else { return false }
        if reader.isAtEnd { return !withZone }
        guard reader.take("T ") != nil, reader.time() else { return false }
        return withZone ? reader.zone() && reader.isAtEnd : reader.isAtEnd
    }
}

extension DateTimeReader {
    /// `09:30`, `09:30:00` or `09:30:00.123456`.
    fileprivate mutating func time() -> Bool {
        guard number(2, 0...23) != nil, take(":") != nil, number(2, 0...59) != nil else { return false }
        guard take(":") != nil else { return true }
        guard number(2, 0...59) != nil else { return false }
        return take(".") == nil || (1...6).contains(fraction())
    }

    /// `Z`, `+01:00`, `-0330` or `+01`.
    fileprivate mutating func zone() -> Bool {
        if take("Z") != nil { return true }
        guard take("+-") != nil, number(2, 0...14) != nil else { return false }
        if isAtEnd { return true }
        _ = take(":")
        return number(2, 0...59) != nil
    }
}
