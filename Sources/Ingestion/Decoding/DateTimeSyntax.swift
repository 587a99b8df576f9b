/// Checks dates and times in ISO 8601's extended form, as Postgres writes them too, within Postgres' ranges.
///
/// Postgres takes far more (`3 Jan`, `yesterday`, `01/02/03`), which depends on settings or on the day; such values
/// are refused. `infinity`, `-infinity` and years BC as Postgres writes them (`0044-03-15 BC`) are allowed.
struct DateTimeSyntax {
    enum Kind { case date, time, timestamp, timestamptz }

    /// Longer texts are no times; Postgres' own limit is 128 (`MAXDATELEN`).
    private static let maxBytes = 100

    private let kind: Kind
    private var position = 0
    /// What has been read.
    private var days: Int64 = 0
    private var microseconds: Int64 = 0
    private var offsetSeconds: Int64 = 0
    private var isInfinite = false

    static func check(_ text: Span<UInt8>, _ kind: Kind) throws(FieldError) {
        var syntax = DateTimeSyntax(kind: kind)
        guard text.count <= maxBytes else { throw syntax.malformed }
        try syntax.check(text)
    }

    /// Days (of a date) or microseconds (of the others) since 1970 or midnight, in UTC where there is a zone; `nil` when
    /// `check` refuses `text`. Infinity is the greatest integer there is. Digits beyond microseconds count for nothing.
    static func value(_ text: Span<UInt8>, _ kind: Kind) -> Int64? {
        var syntax = DateTimeSyntax(kind: kind)
        guard text.count <= maxBytes else { return nil }
        do { try syntax.check(text) } catch { return nil }
        if syntax.isInfinite { return text.first == UInt8(ascii: "-") ? .min : .max }
        if kind == .date { return syntax.days }
        return syntax.days * 86_400_000_000 + syntax.microseconds - syntax.offsetSeconds * 1_000_000
    }

    private init(kind: Kind) { self.kind = kind }

    private var malformed: FieldError {
        switch kind {
        case .date: .invalid("is not a date like 2026-11-21")
        case .time: .invalid("is not a time of day like 02:03:04.5")
        case .timestamp: .invalid("is not a time like 2026-11-21T02:03:04, without time zone")
        case .timestamptz: .invalid("is not a time like 2026-11-21T02:03:04Z or 2026-11-21T04:03:04+02:00")
        }
    }

    private mutating func check(_ text: Span<UInt8>) throws(FieldError) {
        if kind == .time {
            try time(text)
            guard position == text.count else { throw malformed }
            return
        }
        if text.equalsIgnoringCase("infinity") || text.equalsIgnoringCase("-infinity") {
            isInfinite = true
            return
        }
        let (year, month, day) = try date(text)
        if kind != .date, skip(UInt8(ascii: "T"), text) || skip(UInt8(ascii: "t"), text) || skipBlankBeforeTime(text) {
            try time(text)
            if kind == .timestamptz { try zone(text) }
        }
        var isBC = false
        if position + 3 == text.count, text.extracting(position..<text.count).equalsIgnoringCase(" bc") {
            isBC = true
            position += 3
        }
        guard position == text.count else { throw malformed }
        try checkRange(year: year, month: month, day: day, isBC: isBC)
    }

    private mutating func skip(_ byte: UInt8, _ text: Span<UInt8>) -> Bool {
        guard position < text.count, text[position] == byte else { return false }
        position += 1
        return true
    }

    private mutating func skipBlankBeforeTime(_ text: Span<UInt8>) -> Bool {
        guard position + 1 < text.count, text[position] == 0x20, isDigit(text[position + 1]) else { return false }
        position += 1
        return true
    }

    /// Consumes two digits, the usual case of `number`.
    @inline(__always)
    private mutating func pair(_ text: Span<UInt8>) throws(FieldError) -> Int {
        guard position + 1 < text.count, isDigit(text[position]), isDigit(text[position + 1]) else { throw malformed }
        let value = Int(text[position] &- 0x30) * 10 + Int(text[position + 1] &- 0x30)
        position += 2
        return value
    }

    /// Consumes from `least` to `most` digits.
    private mutating func number(_ text: Span<UInt8>, _ least: Int, _ most: Int) throws(FieldError) -> Int {
        let start = position
        var value = 0
        while position < text.count, position - start < most, isDigit(text[position]) {
            value = value * 10 + Int(text[position] - UInt8(ascii: "0"))
            position += 1
        }
        guard position - start >= least else { throw malformed }
        return value
    }

    private mutating func date(_ text: Span<UInt8>) throws(FieldError) -> (year: Int, month: Int, day: Int) {
        let year = try number(text, 4, 7)
        guard skip(UInt8(ascii: "-"), text) else { throw malformed }
        let month = try pair(text)
        guard skip(UInt8(ascii: "-"), text) else { throw malformed }
        return (year, month, try pair(text))
    }

    private mutating func time(_ text: Span<UInt8>) throws(FieldError) {
        let hour = try pair(text)
        guard skip(UInt8(ascii: ":"), text) else { throw malformed }
        let minute = try pair(text)
        var second = 0
        var hasFraction = false
        if skip(UInt8(ascii: ":"), text) {
            second = try pair(text)
            if skip(UInt8(ascii: "."), text) {
                let start = position
                var unit: Int64 = 100_000
                while position < text.count, isDigit(text[position]) {
                    hasFraction = hasFraction || text[position] != UInt8(ascii: "0")
                    microseconds += Int64(text[position] - UInt8(ascii: "0")) * unit
                    unit /= 10
                    position += 1
                }
                guard position > start else { throw malformed }
            }
        }
        // Postgres takes 24:00:00 and the leap second 60, which it carries into the next minute.
        let isPastMidnight = hour == 24 && (minute > 0 || second > 0 || hasFraction)
        let carriesIntoNextDay = hour == 23 && minute == 59 && second == 60 && hasFraction
        guard hour <= 24, minute <= 59, second <= 60, !isPastMidnight, !carriesIntoNextDay else {
            throw .outOfRange("has no such time of day")
        }
        microseconds += Int64(hour * 3600 + minute * 60 + second) * 1_000_000
    }

    /// `Z`, or an offset of at most 15:59:59; nothing means UTC, the time zone of every session.
    private mutating func zone(_ text: Span<UInt8>) throws(FieldError) {
        if skip(UInt8(ascii: "Z"), text) || skip(UInt8(ascii: "z"), text) { return }
        let start = position
        _ = skip(0x20, text)
        let isWest = position < text.count && text[position] == UInt8(ascii: "-")
        guard skip(UInt8(ascii: "+"), text) || skip(UInt8(ascii: "-"), text) else {
            position = start
            return
        }
        let hours = try pair(text)
        var isInRange = hours <= 15
        var unit: Int64 = 3600
        offsetSeconds = Int64(hours) * unit
        // Colons between all parts or none.
        let hasColons = position < text.count && text[position] == UInt8(ascii: ":")
        for _ in 0..<2 {
            guard hasColons ? skip(UInt8(ascii: ":"), text) : position < text.count && isDigit(text[position]) else {
                break
            }
            let part = try pair(text)
            isInRange = part <= 59 && isInRange
            unit /= 60
            offsetSeconds += Int64(part) * unit
        }
        if isWest { offsetSeconds = -offsetSeconds }
        guard isInRange else { throw .outOfRange("has no such time zone offset") }
    }

    private mutating func checkRange(year: Int, month: Int, day: Int, isBC: Bool) throws(FieldError) {
        let lastYear = kind == .date ? 5_874_897 : 294_276
        let isInRange =
            isBC ? (year, month, day) <= (4714, 12, 31) && (year < 4714 || (month, day) >= (11, 24)) : year <= lastYear
        guard year > 0, isInRange else { throw .outOfRange("is outside the years that Postgres can hold") }
        // The year before 1 is 1 BC, a leap year.
        let leapYear = isBC ? year - 1 : year
        let isLeap = leapYear % 4 == 0 && (leapYear % 100 != 0 || leapYear % 400 == 0)
        let lengths = [31, isLeap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
        guard (1...12).contains(month), (1...lengths[month - 1]).contains(day) else {
            throw .outOfRange("has no such day")
        }
        days = Self.days(isBC ? 1 - year : year, month, day)
    }

    /// Days from 1970-01-01 in the proleptic Gregorian calendar; the year before 1 is 0.
    private static func days(_ year: Int, _ month: Int, _ day: Int) -> Int64 {
        // Years that begin in March, so that the leap day is their last; eras of 400 of them have 146,097 days.
        let year = month <= 2 ? year - 1 : year
        let era = (year >= 0 ? year : year - 399) / 400
        let yearOfEra = year - era * 400
        let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
        let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
        return Int64(era * 146_097 + dayOfEra - 719_468)
    }
}
