internal import Calendar

/// What a TZif file says about the time after its last transition: a POSIX `TZ` string such as `EST5EDT,M3.2.0,M11.1.0`,
/// with the hours of RFC 8536 section 3.3.1 (`-167…167`).
struct ZoneRule: Sendable, Hashable {
    /// A day of the year and a time on it, by the wall clock that ends there.
    struct Change: Sendable, Hashable {
        enum Day: Sendable, Hashable {
            /// `J59`: in 1…365, 29 February is never counted.
            case julian(Int)
            /// `59`: in 0…365, 29 February is counted.
            case zeroBased(Int)
            /// `M3.2.0`: month, week (5: the last one), weekday from Sunday.
            case weekday(month: Int, week: Int, day: Int)
        }

        var day: Day
        /// Seconds after midnight.
        var time: Int
    }

    /// Seconds to add to UTC.
    var standardOffset: Int
    var daylight: (offset: Int, begin: Change, end: Change)?

    static func == (left: ZoneRule, right: ZoneRule) -> Bool {
        left.standardOffset == right.standardOffset && left.daylight?.offset == right.daylight?.offset
            && left.daylight?.begin == right.daylight?.begin && left.daylight?.end == right.daylight?.end
    }

    func hash(into hasher: inout Hasher) {
        hasher.combine(standardOffset)
        hasher.combine(daylight?.offset)
    }

    /// The changes of a year, in order: the moment, and the offset from there on.
    func transitions(in year: Int) -> [(at: Int64, offset: Int)] {
        guard let daylight else { return [] }
        let begin = daylight.begin.wallTime(in: year).seconds - Int64(standardOffset)
        let end = daylight.end.wallTime(in: year).seconds - Int64(daylight.offset)
        return [(begin, daylight.offset), (end, standardOffset)].sorted { $0.0 < $1.0 }
    }
}

extension ZoneRule.Change {
    func wallTime(in year: Int) -> WallTime {
        let date: Int
        switch day {
        case .julian(let number):
            let leapDay = CivilDate.isLeap(year) && number >= 60 ? 1 : 0
            date = CivilDate(year: year, month: 1, day: 1).dayNumber + number - 1 + leapDay
        case .zeroBased(let number):
            date = CivilDate(year: year, month: 1, day: 1).dayNumber + number
        case .weekday(let month, let week, let weekday):
            let first = CivilDate(year: year, month: month, day: 1).dayNumber
            let toWeekday = (weekday - CivilDate.weekday(ofDayNumber: first) + 7) % 7
            let days = CivilDate.days(inMonth: month, of: year)
            var offset = toWeekday + (week - 1) * 7
            while offset >= days { offset -= 7 }
            date = first + offset
        }
        return WallTime(Int64(date) * WallTime.secondsPerDay + Int64(time))
    }
}
