/// A run of letters in a value, with what ends it.
struct Word: Sendable {
    /// Lower case, without marks.
    var folded: String
    /// Of its letters as they were written.
    var letterCount: Int
    var isCapitalised: Bool
    /// A full stop follows: an initial, a title, an abbreviation.
    var isAbbreviated: Bool
    /// Joined to the word before by a hyphen or an apostrophe.
    var isJoined: Bool
    var kinds: WordKinds
    /// Of Chinese, Japanese or Korean, which put no space between the parts of a name.
    var isIdeographic: Bool
}

extension Word {
    /// The words of a text, in order, at most `limit`.
    static func words(of text: String, limit: Int = 64) -> [Word] {
        let list = WordList.shared
        var words: [Word] = []
        let scalars = text.unicodeScalars
        var index = scalars.startIndex
        while index < scalars.endIndex, words.count < limit {
            guard scalars[index].isLetter else {
                index = scalars.index(after: index)
                continue
            }
            let start = index
            while index < scalars.endIndex, scalars[index].isLetter { index = scalars.index(after: index) }
            let folded = list.folding.fold(Substring(scalars[start..<index]))
            let before = start > scalars.startIndex ? scalars[scalars.index(before: start)] : " "
            words.append(
                Word(
                    folded: folded, letterCount: scalars.distance(from: start, to: index),
                    isCapitalised: scalars[start].properties.isUppercase || !scalars[start].properties.isCased,
                    isAbbreviated: index < scalars.endIndex && scalars[index] == ".",
                    isJoined: !words.isEmpty && (before == "-" || before == "'" || before == "\u{2019}"),
                    kinds: list.kinds(of: folded), isIdeographic: scalars[start].isIdeographic))
        }
        return words
    }
}

extension Unicode.Scalar {
    var isLetter: Bool {
        isASCII ? UInt8(truncatingIfNeeded: value).isLetter : properties.isAlphabetic || value >= 0x300 && value < 0x370
    }

    /// Han, kana, hangul.
    var isIdeographic: Bool {
        (0x3040...0x30FF).contains(value) || (0x3400...0x9FFF).contains(value) || (0xAC00...0xD7AF).contains(value)
    }
}
