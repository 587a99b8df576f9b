/// A column's type as the reference knows it.
enum ReferenceType: String, CaseIterable, Sendable {
    case text = "text"
    case shortText = "character varying(60)"
    case integer = "integer"
    case numeric = "numeric(12,2)"
    case boolean = "boolean"
    case date = "date"
    case instant = "timestamp with time zone"

    var isText: Bool { self == .text || self == .shortText }
    var isNumber: Bool { self == .integer || self == .numeric }
    var isMoment: Bool { self == .date || self == .instant }
}

/// A value as the reference computes with it, far from any SQL.
enum ReferenceValue: Hashable, Sendable {
    case null
    case text(String)
    /// In units of 1/10,000.
    case number(Int)
    case truth(Bool)
    /// Days since 1970-01-01.
    case day(Int)
    /// Microseconds since 1970-01-01T00:00Z.
    case instant(Int)

    static let scale = 10_000
    static let microsecondsPerDay = 86_400_000_000

    static func integer(_ value: Int) -> ReferenceValue { .number(value * scale) }
    static func cents(_ value: Int) -> ReferenceValue { .number(value * scale / 100) }
}

extension ReferenceValue {
    /// The order of two values of one type; `nil` when either is NULL.
    static func order(_ left: ReferenceValue, _ right: ReferenceValue) -> Int? {
        switch (left, right) {
        case (.text(let a), .text(let b)):
            // C.UTF-8 sorts by code point, which is the order of the bytes.
            if a.utf8.elementsEqual(b.utf8) { return 0 }
            return a.utf8.lexicographicallyPrecedes(b.utf8) ? -1 : 1
        case (.number(let a), .number(let b)), (.day(let a), .day(let b)), (.instant(let a), .instant(let b)):
            return a < b ? -1 : a == b ? 0 : 1
        case (.truth(let a), .truth(let b)):
            return a == b ? 0 : a ? 1 : -1
        default:
            return nil
        }
    }

    /// How the value is written in SQL text and in attributes; `nil` is NULL.
    var spelling: String? {
        switch self {
        case .null: nil
        case .text(let text): text
        case .number(let units): Self.decimal(units)
        case .truth(let truth): truth ? "true" : "false"
        case .day(let days): Calendar.text(day: days)
        case .instant(let microseconds): Calendar.text(instant: microseconds)
        }
    }

    private static func decimal(_ units: Int) -> String {
        let (whole, rest) = abs(units).quotientAndRemainder(dividingBy: scale)
        var digits = String(rest + scale).dropFirst()
        while digits.last == "0" { digits.removeLast() }
        return (units < 0 ? "-" : "") + "\(whole)" + (digits.isEmpty ? "" : ".\(digits)")
    }

    /// An SQL literal of `type`.
    func literal(_ type: ReferenceType) -> String {
        guard let spelling else { return "NULL::\(type.rawValue)" }
        return Self.quoted(spelling) + "::\(type.rawValue)"
    }

    /// The text between quotes, as SQL reads it back.
    static func quoted(_ text: String) -> String {
        var quoted = String.UnicodeScalarView("'".unicodeScalars)
        for scalar in text.unicodeScalars {
            quoted.append(scalar)
            if scalar == "'" { quoted.append(scalar) }
        }
        quoted.append("'")
        return String(quoted)
    }
}

/// The proleptic Gregorian calendar (H. Hinnant, "chrono-compatible low-level date algorithms").
enum Calendar {
    static func days(year: Int, month: Int, day: Int) -> Int {
        let shifted = month <= 2 ? year - 1 : year
        let era = (shifted >= 0 ? shifted : shifted - 399) / 400
        let yearOfEra = shifted - era * 400
        let dayOfYear = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1
        return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
    }

    static func civil(_ days: Int) -> (year: Int, month: Int, day: Int) {
        let shifted = days + 719_468
        let era = (shifted >= 0 ? shifted : shifted - 146_096) / 146_097
        let dayOfEra = shifted - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let shiftedMonth = (5 * dayOfYear + 2) / 153
        let month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
        return (yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, dayOfYear - (153 * shiftedMonth + 2) / 5 + 1)
    }

    static func dayOf(instant microseconds: Int) -> Int {
        let (days, rest) = microseconds.quotientAndRemainder(dividingBy: ReferenceValue.microsecondsPerDay)
        return rest < 0 ? days - 1 : days
    }

    static func text(day days: Int) -> String {
        let (year, month, day) = civil(days)
        return "\(padded(year, 4))-\(padded(month, 2))-\(padded(day, 2))"
    }

    static func text(instant microseconds: Int) -> String {
        let day = dayOf(instant: microseconds)
        let seconds = (microseconds - day * ReferenceValue.microsecondsPerDay) / 1_000_000
        let clock = [seconds / 3600, seconds / 60 % 60, seconds % 60].map { padded($0, 2) }.joined(separator: ":")
        return "\(text(day: day)) \(clock)+00"
    }

    private static func padded(_ number: Int, _ width: Int) -> String {
        let digits = String(number)
        return String(repeating: "0", count: max(0, width - digits.utf8.count)) + digits
    }
}
