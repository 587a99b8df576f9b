internal import Calendar
internal import JSON

/// A time of the API's, to the microsecond: enough to tell how long something took.
struct Moment: Equatable {
    private var microseconds: Int64

    /// Reads `2026-11-21T02:00:00.412133Z`; `nil` for anything else.
    init?(_ value: JSONValue?) {
        guard let text = value?.stringValue, text.hasSuffix("Z") else { return nil }
        let parts = text.dropLast().split { !$0.isNumber }
        let numbers = parts.prefix(6).compactMap { Int($0) }
        guard numbers.count == 6, numbers.allSatisfy({ $0 < 10_000 }), parts.count <= 7 else { return nil }
        let fraction = parts.count == 7 ? Int64((parts[6] + "000000").prefix(6)) ?? 0 : 0
        let days = CivilDate(year: numbers[0], month: numbers[1], day: numbers[2]).dayNumber
        microseconds = Int64(((days * 24 + numbers[3]) * 60 + numbers[4]) * 60 + numbers[5]) * 1_000_000 + fraction
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
}
