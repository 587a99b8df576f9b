/// Names that people log in with: one word of letters, digits, `.`, `_` and `-` in which names of people occur.
struct UserName: Recogniser {
    let entity = Entity.userName

    func find(in column: ColumnStatistics) -> Finding? {
        let share = column.share { Self.isMadeOfNames($0.bytes) }
        let form = column.share { Self.hasForm($0.bytes) }
        // Names alone are names: some carry digits, initials or two names in one word.
        let joined = column.share { Self.isJoined($0) }
        guard form > 0.85, share > 0.3, joined > 0.25, !column.isCategory else { return nil }
        let confidence = min(0.92, share * 0.9 + joined * 0.2)
        return Finding(confidence: confidence * column.weight, share: share, recogniser: "user name: made of names")
    }

    func plausibility(of column: ColumnStatistics) -> Double {
        let form = column.share { Self.hasForm($0.bytes) || Email.isAddress($0.bytes[...]) }
        return column.share { $0.letterCount > 0 } < 0.5 ? 0 : form
    }

    static func hasForm(_ text: [UInt8]) -> Bool {
        (2...40).contains(text.count) && text.contains(where: { $0.isLetter || $0 >= 0x80 })
            && text.allSatisfy { $0.isLetter || $0.isDigit || $0 >= 0x80 || "._-@".utf8.contains($0) }
    }

    /// Whether it is no plain word: digits behind it, parts that are joined, an initial before a name.
    private static func isJoined(_ value: SampledValue) -> Bool {
        guard hasForm(value.bytes), isMadeOfNames(value.bytes) else { return false }
        return value.words.count != 1 || value.digitCount > 0 || value.words[0].kinds.isDisjoint(with: .personal)
    }

    /// Whether it is a name, two names, or a name with initials, apart from digits and separators.
    static func isMadeOfNames(_ text: [UInt8]) -> Bool {
        guard hasForm(text), text.count(where: \.isDigit) <= 6 else { return false }
        var body = text.map { $0.isUpper ? $0 + 0x20 : $0 }[...]
        if body.first == UInt8(ascii: "@") { body = body.dropFirst() }
        let parts = body.split { !$0.isLower }
        guard (1...3).contains(parts.count), let longest = parts.max(by: { $0.count < $1.count }) else { return false }
        guard longest.count >= 3, parts.allSatisfy({ $0.count <= 20 }) else { return false }
        if parts.count > 1 {
            let names = parts.count(where: isName)
            return names == parts.count || names >= 1 && parts.contains { $0.count == 1 }
        }
        return isName(longest) || hasNameBehindInitial(longest) || isTwoNames(longest)
    }

    private static func isName(_ word: ArraySlice<UInt8>) -> Bool {
        word.count >= 3 && !WordList.shared.kinds(of: word).isDisjoint(with: .personal)
    }

    private static func hasNameBehindInitial(_ word: ArraySlice<UInt8>) -> Bool {
        word.count >= 5 && (isName(word.dropFirst()) && word.count >= 6 || isName(word.dropLast()) && word.count >= 6)
    }

    private static func isTwoNames(_ word: ArraySlice<UInt8>) -> Bool {
        guard word.count >= 6 else { return false }
        for middle in (word.startIndex + 3)...(word.endIndex - 3) where isName(word[..<middle]) && isName(word[middle...]) {
            return true
        }
        return false
    }
}
