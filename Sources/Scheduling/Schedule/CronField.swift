/// One field of a cron expression as a set of numbers below 64.
struct CronField: Sendable, Hashable {
    private(set) var bits: UInt64 = 0
    /// Written with a leading `*`: then it does not count as a restriction of days (Vixie cron's rule).
    var beginsWithStar = false

    mutating func insert(_ number: Int) { bits |= 1 << UInt64(number) }
    func contains(_ number: Int) -> Bool { bits & (1 << UInt64(number)) != 0 }
    var isEmpty: Bool { bits == 0 }

    /// The first member at or after `number`.
    func next(from number: Int) -> Int? {
        guard number < 64 else { return nil }
        let rest = bits >> UInt64(number)
        return rest == 0 ? nil : number + rest.trailingZeroBitCount
    }
}

/// What a field may hold.
struct CronFieldKind: Sendable {
    var name: String
    var range: ClosedRange<Int>
    /// Names of numbers from `range.lowerBound` on, in upper case.
    var names: [String] = []

    static let second = CronFieldKind(name: "second", range: 0...59)
    static let minute = CronFieldKind(name: "minute", range: 0...59)
    static let hour = CronFieldKind(name: "hour", range: 0...23)
    static let dayOfMonth = CronFieldKind(name: "day of month", range: 1...31)
    static let month = CronFieldKind(
        name: "month", range: 1...12,
        names: ["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"])
    /// 7 is Sunday too.
    static let dayOfWeek = CronFieldKind(
        name: "day of week", range: 0...7, names: ["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"])

    /// Reads a list of `*`, `a`, `a-b`, each with `/step`; `a/step` goes to the end of the range.
    func parse(_ text: Substring, into field: inout CronField) throws(CronError) {
        for item in text.split(separator: ",", omittingEmptySubsequences: false) { try parse(item: item, into: &field) }
    }

    func parse(item: Substring, into field: inout CronField) throws(CronError) {
        let parts = item.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
        var step = 1
        if parts.count == 2 {
            guard let number = Self.number(parts[1]), number >= 1, number <= range.upperBound else {
                throw CronError("the step \(quoted(parts[1])) of the \(name) is not in 1…\(range.upperBound)")
            }
            step = number
        }
        let bounds = parts[0].split(separator: "-", maxSplits: 1, omittingEmptySubsequences: false)
        let first: Int
        let last: Int
        if parts[0] == "*" {
            (first, last) = (range.lowerBound, self.isDayOfWeek ? 6 : range.upperBound)
        } else if bounds.count == 2 {
            (first, last) = (try member(bounds[0]), try member(bounds[1]))
            guard first <= last else { throw CronError("the range \(quoted(item)) of the \(name) goes backward") }
        } else {
            first = try member(bounds[0])
            last = parts.count == 2 ? (isDayOfWeek ? 6 : range.upperBound) : first
        }
        for number in stride(from: first, through: max(first, last), by: step) {
            field.insert(isDayOfWeek && number == 7 ? 0 : number)
        }
    }

    /// A number or a name.
    func member(_ text: Substring) throws(CronError) -> Int {
        if let index = names.firstIndex(of: text.uppercased()) { return range.lowerBound + index }
        guard let number = Self.number(text), range.contains(number) else {
            throw CronError("\(quoted(text)) is no \(name): \(range.lowerBound)…\(range.upperBound)\(words)")
        }
        return number
    }

    private var isDayOfWeek: Bool { range.upperBound == 7 }

    private var words: String { names.isEmpty ? "" : " or \(names[0])…\(names[names.count - 1])" }

    /// One to three decimal digits.
    static func number(_ text: Substring) -> Int? {
        guard (1...3).contains(text.utf8.count), text.utf8.allSatisfy({ (48...57).contains($0) }) else { return nil }
        return Int(text)
    }
}

/// A cron expression that is none; the message is for whoever wrote it.
public struct CronError: Error, Sendable, Hashable, CustomStringConvertible {
    public var message: String

    init(_ message: String) {
        self.message = message
    }

    public var description: String { message }
}

/// At most 40 characters of what was written, in quotation marks.
func quoted(_ text: some StringProtocol) -> String {
    let text = String(text)
    return (text.count > 40 ? String(text.prefix(40)) + "…" : text).debugDescription
}
