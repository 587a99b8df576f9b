/// `Sun, 06 Nov 1994 08:49:37 GMT`: the preferred form of dates in HTTP (RFC 9110 §5.6.7).
public enum HTTPDate {
    private static let days = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"]
    private static let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]

    /// - Parameter seconds: Since 1970-01-01T00:00:00Z, not negative.
    public static func format(unixSeconds seconds: Int64) -> String {
        let (day, time) = max(0, seconds).quotientAndRemainder(dividingBy: 86_400)
        let date = CivilDate(daysSince1970: day)
        return """
            \(days[Int(day % 7)]), \(pad(date.day)) \(months[Int(date.month) - 1]) \(date.year) \
            \(pad(time / 3600)):\(pad(time / 60 % 60)):\(pad(time % 60)) GMT
            """
    }
}

/// Year, month and day of the proleptic Gregorian calendar.
struct CivilDate: Sendable, Hashable {
    let year: Int64
    /// 1…12
    let month: Int64
    /// 1…31
    let day: Int64

    /// Howard Hinnant's `civil_from_days`, for days from 1970 on.
    init(daysSince1970 days: Int64) {
        let shifted = days + 719_468
        let (era, dayOfEra) = shifted.quotientAndRemainder(dividingBy: 146_097)
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let shiftedMonth = (5 * dayOfYear + 2) / 153
        day = dayOfYear - (153 * shiftedMonth + 2) / 5 + 1
        month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
        year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
    }
}

/// Two digits.
func pad(_ value: Int64) -> String { value < 10 ? "0\(value)" : "\(value)" }
