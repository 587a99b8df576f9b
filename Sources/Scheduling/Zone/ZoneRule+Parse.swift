extension ZoneRule {
    /// Reads the footer of a TZif file; `nil` when it is none.
    init?(parsing text: String) {
        var reader = RuleReader(Array(text.utf8))
        guard reader.skipName(), let standard = reader.time(hours: 24) else { return nil }
        standardOffset = -standard
        guard !reader.isAtEnd else { return }
        guard reader.skipName() else { return nil }
        var offset = standardOffset + 3600
        if reader.next != UInt8(ascii: ",") {
            guard let written = reader.time(hours: 24) else { return nil }
            offset = -written
        }
        guard let begin = reader.change(), let end = reader.change(), reader.isAtEnd else { return nil }
        daylight = (offset, begin, end)
    }
}

private struct RuleReader {
    private var rest: ArraySlice<UInt8>

    init(_ bytes: [UInt8]) {
        rest = bytes[...]
    }

    var isAtEnd: Bool { rest.isEmpty }
    var next: UInt8? { rest.first }

    /// Three letters or more, or anything between `<` and `>`.
    mutating func skipName() -> Bool {
        if take("<") {
            let name = rest.prefix { $0 != UInt8(ascii: ">") }
            rest = rest.dropFirst(name.count)
            return name.count >= 3 && take(">")
        }
        let name = rest.prefix { (65...90).contains($0 & 0xDF) }
        rest = rest.dropFirst(name.count)
        return name.count >= 3
    }

    /// `[+-]h[h[h]][:mm[:ss]]` in seconds.
    mutating func time(hours limit: Int) -> Int? {
        let isNegative = take("-")
        if !isNegative { _ = take("+") }
        guard var seconds = number(upTo: limit).map({ $0 * 3600 }) else { return nil }
        if take(":") {
            guard let minutes = number(upTo: 59) else { return nil }
            seconds += minutes * 60
            if take(":") {
                guard let rest = number(upTo: 59) else { return nil }
                seconds += rest
            }
        }
        return isNegative ? -seconds : seconds
    }

    /// `,date[/time]`; without a time it is 02:00.
    mutating func change() -> ZoneRule.Change? {
        guard take(","), let day = day() else { return nil }
        guard take("/") else { return .init(day: day, time: 7200) }
        return time(hours: 167).map { .init(day: day, time: $0) }
    }

    private mutating func day() -> ZoneRule.Change.Day? {
        if take("J") {
            return number(upTo: 365).flatMap { $0 >= 1 ? .julian($0) : nil }
        }
        guard take("M") else { return number(upTo: 365).map { .zeroBased($0) } }
        guard let month = number(upTo: 12), month >= 1, take("."), let week = number(upTo: 5), week >= 1, take("."),
            let day = number(upTo: 6)
        else { return nil }
        return .weekday(month: month, week: week, day: day)
    }

    private mutating func number(upTo limit: Int) -> Int? {
        let digits = rest.prefix { (48...57).contains($0) }
        guard (1...3).contains(digits.count) else { return nil }
        rest = rest.dropFirst(digits.count)
        let value = digits.reduce(0) { $0 * 10 + Int($1 - 48) }
        return value <= limit ? value : nil
    }

    private mutating func take(_ character: Unicode.Scalar) -> Bool {
        guard rest.first == UInt8(ascii: character) else { return false }
        rest = rest.dropFirst()
        return true
    }
}
