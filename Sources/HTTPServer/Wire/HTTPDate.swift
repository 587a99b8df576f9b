internal import Calendar

/// `Sun, 06 Nov 1994 08:49:37 GMT`: the preferred form of dates in HTTP (RFC 9110 §5.6.7).
public enum HTTPDate {
    private static let days = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"]
    private static let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]

    /// - Parameter seconds: Since 1970-01-01T00:00:00Z, not negative.
    public static func format(unixSeconds seconds: Int64) -> String {
        let (day, time) = max(0, seconds).quotientAndRemainder(dividingBy: 86_400)
        let date = CivilDate(dayNumber: Int(day))
        return """
            \(days[Int(day % 7)]), \(pad(Int64(date.day))) \(months[date.month - 1]) \(date.year) \
            \(pad(time / 3600)):\(pad(time / 60 % 60)):\(pad(time % 60)) GMT
            """
    }
}

/// Two digits.
func pad(_ value: Int64) -> String { value < 10 ? "0\(value)" : "\(value)" }
