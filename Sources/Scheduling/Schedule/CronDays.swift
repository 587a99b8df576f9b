internal import Calendar

/// Which days a cron expression names: day of month and day of week with their special forms.
struct CronDays: Sendable, Hashable {
    private var daysOfMonth = CronField()
    /// `L`: the last day of the month.
    private var takesLastDay = false
    private var daysOfWeek = CronField()
    /// `5#2`: the second Friday. Index: week of the month from 1.
    private var nthWeekdays = [CronField](repeating: CronField(), count: 6)
    /// `5L`: the last Friday.
    private var lastWeekdays = CronField()

    init(dayOfMonth: Substring, dayOfWeek: Substring) throws(CronError) {
        daysOfMonth.beginsWithStar = dayOfMonth.hasPrefix("*")
        for item in dayOfMonth.split(separator: ",", omittingEmptySubsequences: false) {
            if item.uppercased() == "L" {
                takesLastDay = true
            } else {
                try CronFieldKind.dayOfMonth.parse(item: item, into: &daysOfMonth)
            }
        }
        daysOfWeek.beginsWithStar = dayOfWeek.hasPrefix("*")
        for item in dayOfWeek.split(separator: ",", omittingEmptySubsequences: false) {
            try parse(weekday: item)
        }
    }

    private mutating func parse(weekday item: Substring) throws(CronError) {
        let kind = CronFieldKind.dayOfWeek
        let nth = item.split(separator: "#", maxSplits: 1, omittingEmptySubsequences: false)
        if nth.count == 2 {
            guard let week = CronFieldKind.number(nth[1]), (1...5).contains(week) else {
                throw CronError("\(quoted(item)) is no day of week: # is followed by 1…5")
            }
            nthWeekdays[week].insert(try kind.member(nth[0]) % 7)
        } else if item.utf8.count > 1, item.uppercased().hasSuffix("L"), item.uppercased() != "L" {
            lastWeekdays.insert(try kind.member(item.dropLast()) % 7)
        } else if item.uppercased() == "L" {
            throw CronError("\"L\" is no day of week: write a day before it, as in \"5L\" for the last Friday")
        } else {
            try kind.parse(item: item, into: &daysOfWeek)
        }
    }

    /// Whether a day is one of them.
    ///
    /// As in Vixie cron: when neither field begins with `*`, a day that fits either is taken; else it must fit both.
    func contains(_ date: CivilDate, weekday: Int) -> Bool {
        let inMonth =
            daysOfMonth.contains(date.day)
            || (takesLastDay && date.day == CivilDate.days(inMonth: date.month, of: date.year))
        let inWeek =
            daysOfWeek.contains(weekday) || nthWeekdays[(date.day + 6) / 7].contains(weekday)
            || (lastWeekdays.contains(weekday) && date.day + 7 > CivilDate.days(inMonth: date.month, of: date.year))
        return daysOfMonth.beginsWithStar || daysOfWeek.beginsWithStar ? inMonth && inWeek : inMonth || inWeek
    }
}
