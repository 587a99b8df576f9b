extension ReferenceType {
    /// What `text` is as a value of this type; `nil`: it is none. Knows the spellings the tests use, no others.
    func cast(_ text: String) -> ReferenceValue? {
        switch self {
        case .text, .shortText: return .text(text)
        case .integer: return Self.integer(Self.trimmed(text)).map(ReferenceValue.integer)
        case .numeric: return Self.decimal(Self.trimmed(text)).map(ReferenceValue.number)
        case .boolean: return Self.truth(Self.trimmed(text)).map(ReferenceValue.truth)
        case .date:
            // Of a moment, the date as it is written.
            guard Self.instant(text) != nil else { return nil }
            return Self.day(text.prefix { $0 != "T" && $0 != " " }).map(ReferenceValue.day)
        case .instant: return Self.instant(text).map(ReferenceValue.instant)
        }
    }

    private static func trimmed(_ text: String) -> Substring {
        var rest = Substring(text)
        while rest.first == " " { rest.removeFirst() }
        while rest.last == " " { rest.removeLast() }
        return rest
    }

    private static func digits(_ text: some StringProtocol) -> Int? {
        guard !text.isEmpty, text.utf8.allSatisfy({ (48...57).contains($0) }) else { return nil }
        return Int(text)
    }

    private static func signed(_ text: Substring) -> (sign: Int, rest: Substring) {
        if text.hasPrefix("-") { return (-1, text.dropFirst()) }
        return (1, text.hasPrefix("+") ? text.dropFirst() : text)
    }

    private static func integer(_ text: Substring) -> Int? {
        let (sign, rest) = signed(text)
        return digits(rest).flatMap { Int(Int32(exactly: sign * $0) ?? 0) == sign * $0 ? sign * $0 : nil }
    }

    private static func decimal(_ text: Substring) -> Int? {
        let (sign, rest) = signed(text)
        let parts = rest.split(separator: ".", maxSplits: 1, omittingEmptySubsequences: false)
        guard let whole = digits(parts[0]) else { return nil }
        guard parts.count == 2 else { return sign * whole * ReferenceValue.scale }
        guard parts[1].utf8.count <= 4, let rest = digits(parts[1]) else { return nil }
        var units = rest
        for _ in parts[1].utf8.count..<4 { units *= 10 }
        return sign * (whole * ReferenceValue.scale + units)
    }

    private static func truth(_ text: Substring) -> Bool? {
        let word = text.lowercased()
        if word.isEmpty { return nil }
        if "true".hasPrefix(word) || "yes".hasPrefix(word) || word == "on" || word == "1" { return true }
        if "false".hasPrefix(word) || "no".hasPrefix(word) || word == "of" || word == "off" || word == "0" {
            return false
        }
        return nil
    }

    private static func day(_ text: some StringProtocol) -> Int? {
        let parts = text.split(separator: "-", omittingEmptySubsequences: false)
        guard parts.count == 3, parts[0].utf8.count == 4, let year = digits(parts[0]), let month = digits(parts[1]),
            let day = digits(parts[2])
        else { return nil }
        let days = Calendar.days(year: year, month: month, day: day)
        let back = Calendar.civil(days)
        return back == (year, month, day) ? days : nil
    }

    /// `2024-05-01`, `2024-05-01T12:30:00Z`, `2024-05-01 12:30:00+02`, and without zone: UTC.
    private static func instant(_ text: String) -> Int? {
        let parts = text.split(separator: text.contains("T") ? "T" : " ", maxSplits: 1)
        guard let first = parts.first, let day = day(first) else { return nil }
        guard parts.count == 2 else { return day * ReferenceValue.microsecondsPerDay }
        var clock = parts[1]
        var offset = 0
        if clock.hasSuffix("Z") {
            clock.removeLast()
        } else if let plus = clock.firstIndex(of: "+") {
            guard let hours = digits(clock[clock.index(after: plus)...]) else { return nil }
            offset = hours * 3600
            clock = clock[..<plus]
        }
        let fields = clock.split(separator: ":").map { digits($0) }
        guard fields.count == 3, let hour = fields[0], let minute = fields[1], let second = fields[2], hour < 24,
            minute < 60, second < 60
        else { return nil }
        return day * ReferenceValue.microsecondsPerDay + (hour * 3600 + minute * 60 + second - offset) * 1_000_000
    }
}
