/// Text as a terminal shows it.
enum DisplayText {
    /// How many columns `text` takes: two for a wide character of East Asia or an emoji, none for a combining mark.
    static func width(of text: String) -> Int {
        if text.utf8.allSatisfy({ $0 < 0x80 }) { return text.utf8.count }
        return text.reduce(0) { $0 + width(of: $1) }
    }

    private static func width(of character: Character) -> Int {
        let scalars = character.unicodeScalars
        guard let first = scalars.first else { return 0 }
        if first.value < 0x80 { return scalars.contains("\u{fe0f}") ? 2 : 1 }
        switch first.properties.generalCategory {
        case .nonspacingMark, .enclosingMark, .format: return 0
        default: break
        }
        let isPair = scalars.count > 1 && (0x1f1e6...0x1f1ff).contains(first.value)
        return isWide(first) || isPair || scalars.contains("\u{fe0f}") ? 2 : 1
    }

    /// East Asian Width W and F (Unicode Standard Annex 11), by blocks, and what is shown as an emoji.
    private static func isWide(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0x1100...0x115f, 0x2e80...0x303e, 0x3041...0x33ff, 0x3400...0x4dbf, 0x4e00...0x9fff, 0xa000...0xa4cf,
            0xa960...0xa97f, 0xac00...0xd7a3, 0xf900...0xfaff, 0xfe10...0xfe19, 0xfe30...0xfe6f, 0xff00...0xff60,
            0xffe0...0xffe6, 0x16fe0...0x18cff, 0x1b000...0x1b2ff, 0x20000...0x3fffd:
            true
        default: scalar.properties.isEmojiPresentation
        }
    }

    /// The longest beginning that fits into `columns` with the mark `…` at its end, or the whole text if that fits.
    static func cut(_ text: String, to columns: Int) -> String {
        guard width(of: text) > columns else { return text }
        var room = columns - 1
        let kept = text.prefix { character in
            room -= width(of: character)
            return room >= 0
        }
        return kept + "…"
    }

    /// `text` and blanks, `columns` wide.
    static func padded(_ text: String, to columns: Int, right: Bool = false) -> String {
        let blanks = String(repeating: " ", count: max(0, columns - width(of: text)))
        return right ? blanks + text : text + blanks
    }

    /// Without what would move a terminal's cursor, change its colours or the order of what it shows: those characters
    /// as `\u{1b}`.
    static func escaped(_ text: String) -> String {
        guard text.unicodeScalars.contains(where: isUnsafe) else { return text }
        return text.unicodeScalars.map { isUnsafe($0) ? $0.escaped(asASCII: true) : String($0) }.joined()
    }

    private static func isUnsafe(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        // Most text has nothing else.
        case 0x20...0x7e: false
        case 0x2028...0x202e, 0x2066...0x2069: true
        default: scalar.properties.generalCategory == .control
        }
    }
}
