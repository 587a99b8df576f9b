/// Names that people log in with: one word of letters, digits, `.`, `_` and `-` in which names of people occur.
struct UserName: Recogniser {
    let entity = Entity.userName

    func find(in column: ColumnStatistics) -> Finding? {
        let form = column.share { Self.hasForm($0.bytes) }
        guard form > 0.85, !column.isCategory else { return nil }
        let handles = column.share { $0.bytes[0] == UInt8(ascii: "@") }
        let share = column.mean { Self.score($0.bytes) }
        // Names alone are names: some carry digits, initials or two names in one word.
        let joined = column.share { Self.isJoined($0) }
        guard share > 0.3 && joined > 0.25 || handles > 0.5 else { return nil }
        // Where people write names with capitals, they log in without.
        let capitals = column.share { $0.bytes.contains(where: \.isUpper) }
        let confidence = max(handles * 0.9, min(0.92, share * 0.9 + joined * 0.25) * (capitals > 0.5 ? 0.6 : 1))
        return Finding(
            confidence: confidence * column.weight, share: column.share { Self.score($0.bytes) > 0.5 },
            recogniser: handles > 0.5 ? "user name: handle" : "user name: made of names")
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
        guard score(value.bytes) > 0.5 else { return false }
        return value.words.count != 1 || value.digitCount > 0 || value.words[0].kinds.isDisjoint(with: .personal)
    }

    /// How much it is a name, two names, or a name with initials, apart from digits and separators, 0 to 1.
    static func score(_ text: [UInt8]) -> Double {
        guard hasForm(text), text.count(where: \.isDigit) <= 6 else { return 0 }
        var body = text.map { $0.isUpper ? $0 + 0x20 : $0 }[...]
        if body.first == UInt8(ascii: "@") { body = body.dropFirst() }
        let parts = body.split { !$0.isLower }
        guard (1...3).contains(parts.count), let longest = parts.max(by: { $0.count < $1.count }) else { return 0 }
        guard longest.count >= 3, parts.allSatisfy({ $0.count <= 20 }) else { return 0 }
        if parts.count > 1 {
            let names = parts.count(where: isName)
            guard parts.contains(where: isNoWord) else { return 0 }
            return names == parts.count || names >= 1 && parts.contains { $0.count == 1 } ? 1 : 0
        }
        if isName(longest) || hasNameBehindInitial(longest) || isTwoNames(longest) { return 1 }
        return hasGivenName(longest) ? 0.7 : 0
    }

    /// Whether it begins or ends with a given name, and the rest, a family name that no list has, is no short ending
    /// of a word.
    private static func hasGivenName(_ word: ArraySlice<UInt8>) -> Bool {
        guard word.count >= 8, WordList.shared.kinds(of: word).isEmpty else { return false }
        return (4...(word.count - 4)).contains { length in
            WordList.shared.kinds(of: word.prefix(length)).contains(.given)
                || WordList.shared.kinds(of: word.suffix(length)).contains(.given)
        }
    }

    /// Whether it is a name, and no word of a language besides.
    private static func isNoWord(_ word: ArraySlice<UInt8>) -> Bool {
        isName(word) && !WordList.shared.kinds(of: word).contains(.common)
    }

    private static func isName(_ word: ArraySlice<UInt8>) -> Bool {
        word.count >= 3 && !WordList.shared.kinds(of: word).isDisjoint(with: .personal)
    }

    private static func hasNameBehindInitial(_ word: ArraySlice<UInt8>) -> Bool {
        word.count >= 5 && (isName(word.dropFirst()) && word.count >= 6 || isName(word.dropLast()) && word.count >= 6)
    }

    private static func isTwoNames(_ word: ArraySlice<UInt8>) -> Bool {
        guard word.count >= 6 else { return false }
        for middle in (word.startIndex + 3)...(word.endIndex - 3)
        where isName(word[..<middle]) && isName(word[middle...]) {
            if isNoWord(word[..<middle]) || isNoWord(word[middle...]) { return true }
        }
        return false
    }
}
