internal import Calendar

/// What a clock on the wall shows, without saying where: a date of the Gregorian calendar and a time of day.
///
/// Counted as the seconds that a clock in UTC would have counted since 1970, so sums and comparisons are integers'.
struct WallTime: Sendable, Hashable, Comparable, CustomStringConvertible {
    static let secondsPerDay: Int64 = 86_400

    var seconds: Int64

    init(_ seconds: Int64) {
        self.seconds = seconds
    }

    init(_ year: Int, _ month: Int, _ day: Int, _ hour: Int = 0, _ minute: Int = 0, _ second: Int = 0) {
        let time = Int64(hour * 3600 + minute * 60 + second)
        seconds = Int64(CivilDate(year: year, month: month, day: day).dayNumber) * Self.secondsPerDay + time
    }

    static func < (left: WallTime, right: WallTime) -> Bool { left.seconds < right.seconds }

    /// Days since 1970-01-01, rounded down.
    var dayNumber: Int {
        Int(seconds >= 0 ? seconds / Self.secondsPerDay : (seconds + 1) / Self.secondsPerDay - 1)
    }

    /// In `0..<86400`.
    var secondOfDay: Int { Int(seconds - Int64(dayNumber) * Self.secondsPerDay) }

    var description: String {
        func padded(_ number: Int, _ width: Int = 2) -> String {
            let digits = String(number)
            return String(repeating: "0", count: max(0, width - digits.count)) + digits
        }
        let date = CivilDate(dayNumber: dayNumber)
        let time = secondOfDay
        return "\(padded(date.year, 4))-\(padded(date.month))-\(padded(date.day))"
            + "T\(padded(time / 3600)):\(padded(time / 60 % 60)):\(padded(time % 60))"
    }
}
