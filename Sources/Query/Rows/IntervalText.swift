/// Intervals in the two spellings that mean the same under every `IntervalStyle`.
enum IntervalText {
    static func isInterval(_ text: String) -> Bool {
        guard text.utf8.count <= 100 else { return false }
        return text.hasPrefix("P") ? isDuration(text.dropFirst()) : isPhrase(text)
    }

    /// ISO 8601 after its P: `1Y2M3W4DT5H6M7.5S`, at least one part, in this order.
    private static func isDuration(_ text: Substring) -> Bool {
        let halves = text.split(separator: "T", maxSplits: 1, omittingEmptySubsequences: false)
        guard let days = halves.first, isParts(days, units: "YMWD") else { return false }
        if halves.count == 1 { return !days.isEmpty }
        return !halves[1].isEmpty && isParts(halves[1], units: "HMS")
    }

    /// Counts with units, each unit at most once and in the order of `units`.
    private static func isParts(_ text: Substring, units: Substring) -> Bool {
        var rest = text
        var units = units
        while !rest.isEmpty {
            let count = rest.prefix { !$0.isLetter }
            rest = rest[count.endIndex...]
            guard isCount(count), let unit = rest.popFirst(), let place = units.firstIndex(of: unit) else {
                return false
            }
            units = units[units.index(after: place)...]
        }
        return true
    }

    /// `1 day 2 hours -3.5 seconds`
    private static func isPhrase(_ text: String) -> Bool {
        let words = text.split(separator: " ", omittingEmptySubsequences: false)
        guard !words.isEmpty, words.count.isMultiple(of: 2) else { return false }
        let units: Set<Substring> = ["year", "month", "week", "day", "hour", "minute", "second"]
        return stride(from: 0, to: words.count, by: 2).allSatisfy { index in
            let unit = words[index + 1]
            return isCount(words[index]) && units.contains(unit.hasSuffix("s") ? unit.dropLast() : unit)
        }
    }

    /// `-3.5`; few enough digits for every unit.
    private static func isCount(_ text: Substring) -> Bool {
        let digits = text.hasPrefix("-") ? text.dropFirst() : text
        let parts = digits.split(separator: ".", maxSplits: 1, omittingEmptySubsequences: false)
        return parts.allSatisfy { part in
            (1...6).contains(part.utf8.count)
                && part.utf8.allSatisfy { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
        }
    }
}
