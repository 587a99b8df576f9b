/// A day as it is written: ISO 8601, with the day or the month first, with the month's English name.
struct DateText: Sendable {
    var year: Int
    /// In `1...12`; where day and month could be either, the later one is the day.
    var month: Int
    var day: Int
    /// Whether a time of day follows that is not midnight.
    var hasTime = false

    static func isDate(_ text: [UInt8]) -> Bool { DateText(text) != nil }

    init?(_ text: [UInt8]) {
        guard text.count >= 6, text.count <= 32 else { return nil }
        var body = text[...]
        if text.count > 10, text[10] == UInt8(ascii: "T") || text[10] == UInt8(ascii: " ") {
            if text[4] == UInt8(ascii: "-") || text[2] == UInt8(ascii: "/") || text[2] == UInt8(ascii: ".") {
                body = text[..<10]
                let time = text[11...]
                guard time.first?.isDigit == true, time.contains(UInt8(ascii: ":")) else { return nil }
                hasTime = time.prefix(8).contains { $0.isDigit && $0 != UInt8(ascii: "0") }
            }
        }
        let parts = body.split(whereSeparator: { " -./,".utf8.contains($0) }).map(Array.init)
        if parts.count == 1, parts[0].count == 8, parts[0].allSatisfy(\.isDigit) {
            let digits = parts[0]
            (year, month, day) = (
                ByteText.number(digits[..<4]), ByteText.number(digits[4..<6]), ByteText.number(digits[6...])
            )
        } else if parts.count == 3, let date = Self.date(parts) {
            (year, month, day) = date
        } else {
            return nil
        }
        if month > 12, day <= 12 { (month, day) = (day, month) }
        guard (1000...2999).contains(year), (1...12).contains(month), (1...31).contains(day) else { return nil }
    }

    private static func date(_ parts: [[UInt8]]) -> (Int, Int, Int)? {
        guard let name = parts.firstIndex(where: { $0.first!.isLetter }) else {
            guard parts.allSatisfy({ $0.count <= 4 && $0.allSatisfy(\.isDigit) }) else { return nil }
            let numbers = parts.map { ByteText.number($0[...]) }
            if parts[0].count == 4, parts[1].count <= 2, parts[2].count <= 2 {
                return (numbers[0], numbers[1], numbers[2])
            }
            guard parts[0].count <= 2, parts[1].count <= 2 else { return nil }
            return switch parts[2].count {
            case 4: (numbers[2], numbers[1], numbers[0])
            // Two digits of a year: more are of the last century.
            case 2: (numbers[2] + (numbers[2] > 30 ? 1900 : 2000), numbers[1], numbers[0])
            default: nil
            }
        }
        guard name < 2, let month = Self.month(parts[name]) else { return nil }
        let others = parts.indices.filter { $0 != name }.map { parts[$0] }
        guard others.allSatisfy({ $0.allSatisfy(\.isDigit) }), others[0].count <= 2, others[1].count == 4 else {
            return nil
        }
        return (ByteText.number(others[1][...]), month, ByteText.number(others[0][...]))
    }

    private static let months = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"]

    private static func month(_ word: [UInt8]) -> Int? {
        guard word.count >= 3, word.count <= 9 else { return nil }
        let start = String(decoding: word.prefix(3).map { $0.isUpper ? $0 + 0x20 : $0 }, as: UTF8.self)
        return months.firstIndex(of: start).map { $0 + 1 }
    }
}
