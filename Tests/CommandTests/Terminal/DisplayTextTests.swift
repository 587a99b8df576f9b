import Testing

@testable import sluice

@Suite struct DisplayTextTests {
    struct Case: Sendable, CustomTestStringConvertible {
        var testDescription: String
        var text: String
        var width: Int
    }

    @Test(arguments: [
        Case(testDescription: "Latin", text: "Ann", width: 3),
        Case(testDescription: "nothing", text: "", width: 0),
        Case(testDescription: "composed and decomposed accents", text: "é" + "e\u{301}", width: 2),
        Case(testDescription: "Chinese", text: "東京", width: 4),
        Case(testDescription: "Korean", text: "서울", width: 4),
        Case(testDescription: "full-width letters", text: "ＡＢ", width: 4),
        Case(testDescription: "half-width kana", text: "ｱｲ", width: 2),
        Case(testDescription: "an emoji", text: "🎉", width: 2),
        Case(testDescription: "a family of joined emojis", text: "👩‍👩‍👧", width: 2),
        Case(testDescription: "a flag", text: "🇦🇹", width: 2),
        Case(testDescription: "a zero-width space", text: "a\u{200b}b", width: 2),
        Case(testDescription: "Cyrillic and Greek", text: "Жλ", width: 2),
    ])
    func columnsOfAText(_ row: Case) {
        #expect(DisplayText.width(of: row.text) == row.width)
    }

    @Test func aTextIsCutBetweenCharactersAndNeverWiderThanItsRoom() {
        #expect(DisplayText.cut("abcdef", to: 6) == "abcdef")
        #expect(DisplayText.cut("abcdef", to: 4) == "abc…")
        #expect(DisplayText.cut("東京都庁", to: 6) == "東京…")
        for seed in 0..<200 {
            let text = String((0..<seed % 17).map { Character(["a", "東", "é", "🎉", "e\u{301}"][($0 * 7 + seed) % 5]) })
            for room in 1...12 {
                #expect(DisplayText.width(of: DisplayText.cut(text, to: room)) <= room, "seed \(seed)")
            }
        }
    }

    @Test func whatMovesTheCursorOrTurnsTheTextIsWrittenOut() {
        #expect(DisplayText.escaped("a\u{1b}[2J\r\n\u{9b}") == "a\\u{1B}[2J\\r\\n\\u{009B}")
        #expect(DisplayText.escaped("\u{202e}gpj") == "\\u{202E}gpj")
        #expect(DisplayText.escaped("é 東京 🎉") == "é 東京 🎉")
    }
}
