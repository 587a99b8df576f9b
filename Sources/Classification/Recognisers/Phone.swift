/// A telephone number: international with `+` or `00`, or national as people write it.
struct Phone: Recogniser {
    let entity = Entity.phone

    func find(in column: ColumnStatistics) -> Finding? {
        // Beside numbers that are beyond doubt, bare digits are numbers of the same sort.
        let isSure = column.share { Self.score($0) >= 0.95 } > 0.25
        let scores = column.mean { value in
            let score = Self.score(value)
            return isSure && score < 0.75 && value.isDigits && (7...13).contains(value.digitCount) ? 0.75 : score
        }
        let share = column.share { Self.score($0) >= 0.5 }
        guard share > 0.2 else { return nil }
        // Without separators nothing but the first digits speaks for it: not enough for a counter.
        let confidence = column.isDense ? 0.2 : min(0.95, scores * 1.15)
        return Finding(confidence: confidence * column.weight, share: share, recogniser: "phone")
    }

    func plausibility(of column: ColumnStatistics) -> Double {
        column.share { value in
            guard !DateText.isDate(value.bytes) else { return false }
            return (6...18).contains(value.digitCount) && value.letterCount <= 6 && value.bytes.allSatisfy { $0 < 0x80 }
                && !(value.isNumber && value.bytes.contains(UInt8(ascii: ".")))
        }
    }

    /// How much a value looks like a number to call, 0 to 1.
    static func score(_ value: SampledValue) -> Double {
        guard value.bytes.count >= 6, value.bytes.count <= 32, value.digitCount >= 6 else { return 0 }
        guard let number = PhoneText(value.bytes) else { return 0 }
        return number.score
    }
}

/// A text of digits in groups, as telephone numbers are written, with an extension or without.
struct PhoneText {
    var isInternational = false
    var hasParentheses = false
    /// Digits between separators, the extension left out.
    var groups: [[UInt8]] = []
    var separators: Set<UInt8> = []

    init?(_ text: [UInt8]) {
        var body = text[...]
        if ByteText.starts(text, with: "tel:") { body = body.dropFirst(4) }
        // `x123`, `ext. 123`, `#123`
        if let mark = body.firstIndex(where: {
            $0 == UInt8(ascii: "x") || $0 == UInt8(ascii: "e") || $0 == UInt8(ascii: "#")
        }) {
            let rest = body[mark...].drop { !$0.isDigit }
            guard rest.count <= 6, rest.allSatisfy(\.isDigit), !rest.isEmpty else { return nil }
            body = body[..<mark]
        }
        while body.last?.isSpace == true { body = body.dropLast() }
        if body.starts(with: "(+".utf8) { body = body.dropFirst() }
        if body.first == UInt8(ascii: "+") {
            isInternational = true
            body = body.dropFirst()
        }
        var group: [UInt8] = []
        for byte in body {
            if byte.isDigit {
                group.append(byte)
                continue
            }
            guard " -./()".utf8.contains(byte) else { return nil }
            if byte == UInt8(ascii: "(") { hasParentheses = true }
            separators.insert(byte)
            if !group.isEmpty { groups.append(group) }
            group = []
        }
        if !group.isEmpty { groups.append(group) }
        if groups.first.map({ $0.starts(with: "00".utf8) && $0.count <= 5 }) == true, groups.count > 1 {
            isInternational = true
        }
        guard let last = body.last, last.isDigit, !groups.isEmpty else { return nil }
    }

    private var digitCount: Int { groups.reduce(0) { $0 + $1.count } }
    private var lengths: [Int] { groups.map(\.count) }

    var score: Double {
        guard (6...15).contains(digitCount) || isInternational && digitCount <= 18, groups.count <= 7 else { return 0 }
        if isInternational { return digitCount >= 8 ? 1 : 0.3 }
        if isOtherForm { return 0 }
        if hasParentheses { return digitCount >= 8 ? 1 : 0.5 }
        let first = groups[0]
        if groups.count == 1 { return Self.scoreOfCompact(first) }
        // North America: area, exchange, line.
        if lengths == [3, 3, 4] || lengths == [1, 3, 3, 4] && first == [UInt8(ascii: "1")] { return 0.95 }
        if first[0] == UInt8(ascii: "0"), digitCount >= 8, digitCount <= 12, first.count <= 6 { return 0.95 }
        // Local ones of North America look like postal codes of Japan.
        if lengths == [3, 4] { return 0.3 }
        // Groups of the same kind of separator: `12 34 56 78`, `123 456 789`, `11 1234-5678`.
        guard digitCount >= 7, digitCount <= 12, first.count <= 5, lengths.allSatisfy({ $0 <= 5 }) else { return 0 }
        return separators == [UInt8(ascii: "/")] ? 0.2 : separators.contains(UInt8(ascii: " ")) ? 0.65 : 0.55
    }

    /// What else is digits in groups: dates, addresses of networks, decimals, social security numbers, ISBN, ZIP+4,
    /// cards.
    private var isOtherForm: Bool {
        let dots: Set<UInt8> = [UInt8(ascii: ".")]
        if groups.count == 2, separators == dots { return true }
        // ISBN-10 and other numbers with a check digit at the end.
        if groups.count > 1, lengths.last == 1 { return true }
        if groups.count == 4, separators == dots, lengths.allSatisfy({ $0 <= 3 }) { return true }
        if groups[0].starts(with: "978".utf8) || groups[0].starts(with: "979".utf8), digitCount == 13 { return true }
        return switch lengths {
        case [4, 2, 2], [2, 2, 4], [1, 2, 4], [2, 1, 4], [1, 1, 4], [2, 2, 2], [4, 2], [2, 4]: true
        case [3, 2, 4], [5, 4], [2, 7], [4, 4, 4, 4], [4, 4, 4]: true
        default: false
        }
    }

    private static func scoreOfCompact(_ digits: [UInt8]) -> Double {
        // A trunk prefix and an area; a counter padded with zeros has more of them.
        if digits[0] == UInt8(ascii: "0"), digits[1] != UInt8(ascii: "0"), (9...11).contains(digits.count) {
            return 0.6
        }
        if digits.starts(with: "00".utf8), digits[2] != UInt8(ascii: "0"), (11...15).contains(digits.count) {
            return 0.7
        }
        // Mobile numbers of China.
        if digits.count == 11, digits[0] == UInt8(ascii: "1"), digits[1] >= UInt8(ascii: "3") { return 0.65 }
        return (8...12).contains(digits.count) ? 0.1 : 0
    }
}
