/// Text for people in which personal data occurs: looked for in each piece between spaces, and in runs of digits and
/// words.
struct FreeText: Recogniser {
    let entity = Entity.freeText

    func find(in column: ColumnStatistics) -> Finding? {
        let texts = column.values.filter(Self.isText)
        guard texts.count >= 2, texts.count * 2 >= column.values.count else { return nil }
        let hits = texts.count(where: Self.holdsPersonalData)
        let share = Double(hits) / Double(texts.count)
        // Two that hold some are no accident; a name alone may be.
        guard hits >= 2, share >= 0.02 else { return nil }
        return Finding(
            confidence: min(0.95, 0.6 + share) * column.weight, share: share, recogniser: "text: personal data inside")
    }

    func plausibility(of column: ColumnStatistics) -> Double { 0 }

    /// Sentences or documents, not a few words.
    static func isText(_ value: SampledValue) -> Bool {
        value.bytes.count >= 24 && value.spaceCount >= 3 && value.words.count >= 4
            || value.bytes.count >= 24 && (value.bytes[0] == UInt8(ascii: "{") || value.bytes[0] == UInt8(ascii: "["))
    }

    static func holdsPersonalData(_ value: SampledValue) -> Bool {
        let pieces = value.bytes.split { $0.isSpace || "\",;<>()[]{}=".utf8.contains($0) }
        for piece in pieces where piece.count >= 6 {
            let text = stripped(piece)
            if Email.isAddress(text) || WebAddress.isURL(text) { return true }
            let bytes = Array(text)
            if NetworkAddress.octets(bytes) != nil || BankAccount.isIBAN(bytes)
                || HardwareAddress().matches(SampledValue(bytes))
            {
                return true
            }
        }
        return holdsNumber(value.bytes) || value.words.count >= 6 && holdsName(value.words)
    }

    private static func stripped(_ piece: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
        var piece = piece
        while let last = piece.last, ".:!?'".utf8.contains(last) { piece = piece.dropLast() }
        while let first = piece.first, "'".utf8.contains(first) { piece = piece.dropFirst() }
        return piece
    }

    /// A run of digits and separators that is a telephone number beyond doubt, a card or an identity number.
    private static func holdsNumber(_ text: [UInt8]) -> Bool {
        var start = 0
        while start < text.count {
            guard text[start].isDigit || text[start] == UInt8(ascii: "+") || text[start] == UInt8(ascii: "("),
                start == 0 || text[start - 1].isSpace || "(:,;\"'#".utf8.contains(text[start - 1])
            else {
                start += 1
                continue
            }
            var end = start
            while end < text.count, end - start < 34, text[end].isDigit || " -./()+".utf8.contains(text[end]) {
                end += 1
            }
            let run = ByteText.trimmed(Array(text[start..<end].reversed().drop { !$0.isDigit }.reversed()))
            let value = SampledValue(run)
            if value.digitCount >= 8 {
                let isSure = !DateText.isDate(run) && (PhoneText(run)?.score ?? 0) >= 0.9
                if isSure || PaymentCard.isCard(run) || NationalIDSchemes.isSure(run) { return true }
            }
            start = max(end, start + 1)
        }
        return false
    }

    /// A given name before a family name, both capitalised, neither of them a word.
    private static func holdsName(_ words: [Word]) -> Bool {
        zip(words, words.dropFirst()).contains { first, second in
            first.isCapitalised && second.isCapitalised && first.kinds.contains(.given)
                && second.kinds.contains(.family)
                && !first.kinds.contains(.common) && !second.kinds.contains(.common) && first.letterCount >= 3
                && second.letterCount >= 3
        }
    }
}
