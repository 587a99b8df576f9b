/// The words of a column's name: `custFirstName2`, `CUST_FIRST-NAME`, `Cust. first name` are all *cust first name*.
struct ColumnWords: Sendable {
    private(set) var words: [String] = []

    init(_ name: String) {
        var current = ""
        var before: Unicode.Scalar?
        let scalars = Array(name.unicodeScalars.prefix(128))
        for (index, scalar) in scalars.enumerated() {
            guard scalar.isLetter else {
                flush(&current)
                before = nil
                continue
            }
            let next = index + 1 < scalars.count ? scalars[index + 1] : " "
            let isUpper = scalar.properties.isUppercase
            // A capital begins a word after a small letter, and before one when capitals precede it: `IPAddress`.
            if let before, isUpper, !before.properties.isUppercase || next.isLetter && next.properties.isLowercase {
                // `PLZs` and `eMail` are one word each.
                if current.unicodeScalars.count > 1 { flush(&current) }
            }
            current.unicodeScalars.append(scalar)
            before = scalar
        }
        flush(&current)
    }

    private mutating func flush(_ word: inout String) {
        if !word.isEmpty { words.append(WordList.shared.folding.fold(word[...])) }
        word = ""
    }

    /// Without anything that a person chose: `col1`, `field_3`, `x`, `column_12`.
    var isEmpty: Bool {
        words.allSatisfy {
            $0.utf8.count < 2
                || ["col", "column", "field", "var", "feld", "spalte", "attr", "val", "value"].contains($0)
        }
    }
}
