internal import Calendar

/// A cron expression: `minute hour day-of-month month day-of-week`, or six fields with the seconds first.
///
/// Fields are lists of `*`, numbers, names (`MON`, `jan`), ranges `a-b` and steps `/n`; `L` is the last day of a month,
/// `5L` the last Friday, `5#2` the second one; 0 and 7 are Sunday. `@hourly`, `@daily` (`@midnight`), `@weekly`,
/// `@monthly` and `@yearly` (`@annually`) stand for what crontab(5) says.
public struct Cron: Sendable, Hashable {
    /// The longest expression, in bytes.
    public static let maxLength = 256

    /// As it was written.
    public let text: String
    private let seconds: CronField
    private let minutes: CronField
    private let hours: CronField
    private let months: CronField
    private let days: CronDays

    private static let nicknames = [
        "@hourly": "0 * * * *", "@daily": "0 0 * * *", "@midnight": "0 0 * * *", "@weekly": "0 0 * * 0",
        "@monthly": "0 0 1 * *", "@yearly": "0 0 1 1 *", "@annually": "0 0 1 1 *",
    ]

    /// Reads an expression; refuses one that never comes, such as `0 0 31 2 *`.
    public init(parsing text: String) throws(CronError) {
        guard text.utf8.count <= Self.maxLength else {
            throw CronError("the expression is longer than \(Self.maxLength) bytes")
        }
        var expanded = text
        if text.hasPrefix("@") {
            guard let nickname = Self.nicknames[text.lowercased()] else {
                throw CronError("\(quoted(text)) is not known: \(Self.nicknames.keys.sorted().joined(separator: ", "))")
            }
            expanded = nickname
        }
        var fields = expanded.split { $0 == " " || $0 == "\t" }
        if fields.count == 5 { fields.insert("0", at: 0) }
        guard fields.count == 6 else {
            throw CronError("there are \(fields.count) fields: write 5, or 6 with the seconds first")
        }
        self.text = text
        seconds = try Self.field(.second, fields[0])
        minutes = try Self.field(.minute, fields[1])
        hours = try Self.field(.hour, fields[2])
        months = try Self.field(.month, fields[4])
        days = try CronDays(dayOfMonth: fields[3], dayOfWeek: fields[5])
        // The calendar repeats after 400 years, weekdays included.
        let begin = CivilDate(year: 2000, month: 1, day: 1).dayNumber
        guard nextDay(from: begin, before: begin + 146_097) != nil else {
            throw CronError("there is no such day: \(fields[3]) \(fields[4]) \(fields[5])")
        }
    }

    private static func field(_ kind: CronFieldKind, _ text: Substring) throws(CronError) -> CronField {
        var field = CronField()
        try kind.parse(text, into: &field)
        return field
    }

    /// The first time on the wall at or after `start` and before `end`, if there is one.
    func next(from start: WallTime, before end: WallTime) -> WallTime? {
        guard start < end else { return nil }
        let lastDay = WallTime(end.seconds - 1).dayNumber
        var day = start.dayNumber
        if isMatching(day), let time = nextTime(from: start.secondOfDay) {
            let found = WallTime(Int64(day) * WallTime.secondsPerDay + Int64(time))
            return found < end ? found : nil
        }
        day += 1
        guard let next = nextDay(from: day, before: lastDay + 1), let time = nextTime(from: 0) else { return nil }
        let found = WallTime(Int64(next) * WallTime.secondsPerDay + Int64(time))
        return found < end ? found : nil
    }

    private func isMatching(_ dayNumber: Int) -> Bool {
        let date = CivilDate(dayNumber: dayNumber)
        return months.contains(date.month)
            && days.contains(date, weekday: CivilDate.weekday(ofDayNumber: dayNumber))
    }

    private func nextDay(from first: Int, before end: Int) -> Int? {
        var day = first
        while day < end {
            let date = CivilDate(dayNumber: day)
            if !months.contains(date.month) {
                day += CivilDate.days(inMonth: date.month, of: date.year) - date.day + 1
            } else if days.contains(date, weekday: CivilDate.weekday(ofDayNumber: day)) {
                return day
            } else {
                day += 1
            }
        }
        return nil
    }

    /// The first matching second of a day at or after `second`.
    private func nextTime(from second: Int) -> Int? {
        let (hour, minute) = (second / 3600, second / 60 % 60)
        if hours.contains(hour) {
            if minutes.contains(minute), let found = seconds.next(from: second % 60) {
                return hour * 3600 + minute * 60 + found
            }
            if let found = minutes.next(from: minute + 1), let first = seconds.next(from: 0) {
                return hour * 3600 + found * 60 + first
            }
        }
        guard let found = hours.next(from: hour + 1), let minute = minutes.next(from: 0),
            let first = seconds.next(from: 0)
        else { return nil }
        return found * 3600 + minute * 60 + first
    }
}
