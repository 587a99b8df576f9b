internal import JSON

/// A time of the API's, to the microsecond: enough to tell how long something took.
struct Moment: Equatable {
    private var microseconds: Int64

    /// Reads `2026-11-21T02:00:00.412133Z`; `nil` for anything else.
    init?(_ value: JSONValue?) {
        guard let text = value?.stringValue, text.hasSuffix("Z") else { return nil }
        let parts = text.dropLast().split { !$0.isNumber }
        let numbers = parts.prefix(6).compactMap { Int64($0) }
        guard numbers.count == 6, parts.count <= 7 else { return nil }
        let fraction = parts.count == 7 ? Int64((parts[6] + "000000").prefix(6)) ?? 0 : 0
        let days = Self.days(numbers[0], numbers[1], numbers[2])
        microseconds = (((days * 24 + numbers[3]) * 60 + numbers[4]) * 60 + numbers[5]) * 1_000_000 + fraction
    }

    /// Reads `Sun, 06 Nov 1994 08:49:37 GMT` (RFC 9110 §5.6.7, the preferred form).
    init?(httpDate text: String) {
        let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
        let words = text.split(separator: " ")
        guard words.count == 6, words[5] == "GMT", let month = months.firstIndex(of: String(words[2])) else {
            return nil
        }
        self.init(.string("\(words[3])-\(month + 1)-\(words[1])T\(words[4])Z"))
    }

    init(secondsSince1970 seconds: Int64) { microseconds = seconds * 1_000_000 }

    static func - (later: Moment, earlier: Moment) -> Duration {
        .microseconds(later.microseconds - earlier.microseconds)
    }

    /// Since 1970-01-01 in the Gregorian calendar; years begin in March, so that the leap day is their last.
    private static func days(_ year: Int64, _ month: Int64, _ day: Int64) -> Int64 {
        let shifted = month <= 2 ? year - 1 : year
        let dayOfYear = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1
        return shifted * 365 + shifted / 4 - shifted / 100 + shifted / 400 + dayOfYear - 719_468
    }
}
