import JSON
import Testing

@testable import sluice

@Suite struct TextTableTests {
    private func table(_ columns: [String], _ rows: JSONValue) -> String {
        let table = TextTable(["columns": .array(columns.map { ["name": .string($0)] }), "rows": rows])
        return table.text() + table.count
    }

    private func fitted(_ columns: [String], _ rows: JSONValue, width: Int) -> (text: String, isCut: Bool) {
        TextTable(["columns": .array(columns.map { ["name": .string($0)] }), "rows": rows])
            .fitted(to: Terminal(isTerminal: true, width: width))
    }

    @Test func wideCharactersAreCountedAsTheTerminalShowsThem() {
        #expect(
            table(["city", "n"], [["東京", 1], ["Linz", 22]]) == """
                city   n
                ----  --
                東京   1
                Linz  22
                (2 rows)

                """)
    }

    @Test func longTextsGiveWayToTheTerminalAndNumbersDoNot() {
        let long = String(repeating: "x", count: 100)
        let (text, isCut) = fitted(["id", "note", "n"], [[1, .string(long), 1234567]], width: 40)
        #expect(isCut)
        #expect(text.split(separator: "\n").allSatisfy { DisplayText.width(of: String($0)) == 40 }, "\(text)")
        #expect(text.contains("xxx…  1234567"))
        #expect(!fitted(["id", "note"], [[1, "short"]], width: 40).isCut)
    }

    @Test func rowsThatAreTooWideForTheTerminalBecomeRecords() {
        let columns = (1...12).map { "column_\($0)" }
        let row = JSONValue.array(columns.map { .string("value of \($0)") })
        let (text, isCut) = fitted(columns, [row], width: 60)
        #expect(!isCut)
        #expect(text.hasPrefix("-[ 1 ]-\ncolumn_1   value of column_1\n"))
        #expect(text.hasSuffix("column_12  value of column_12\n"))
    }

    @Test func nothingIsWiderThanTheTerminal() {
        for width in 20...90 {
            let row: JSONValue = [
                1, .string(String(repeating: "東", count: 30)), .string(String(repeating: "b", count: 40)),
            ]
            let (text, _) = fitted(["id", "a", "b"], [row], width: width)
            guard !text.hasPrefix("-[") else { continue }
            for line in text.split(separator: "\n") {
                #expect(DisplayText.width(of: String(line)) <= width, "width \(width)")
            }
        }
    }

    @Test func coloursAreForTerminalsThatHaveThem() {
        let answer: JSONValue = ["columns": [["name": "a"]], "rows": [[.null]]]
        #expect(
            TextTable(answer).text(on: Terminal(isTerminal: true, hasColour: true)).contains("\u{1b}[2mNULL\u{1b}[0m"))
        #expect(!TextTable(answer).text(on: Terminal(isTerminal: true)).contains("\u{1b}"))
    }

    @Test func numbersStandRightAndTextLeft() {
        #expect(
            table(["n", "name"], [[1, "Ann"], [100, .null]]) == """
                  n  name
                ---  ----
                  1  Ann
                100  NULL
                (2 rows)

                """)
    }

    @Test func aColumnOfNullsOrOfMixedValuesIsText() {
        #expect(table(["a", "b"], [[.null, 1], [.null, "x"]]).hasSuffix("NULL  1\nNULL  x\n(2 rows)\n"))
    }

    @Test func noRowsAndNoColumns() {
        #expect(table(["a"], []) == "a\n-\n(0 rows)\n")
        #expect(table([], []).hasSuffix("(0 rows)\n"))
    }

    @Test func nothingInADatumMovesTheCursor() {
        let text = table(["c"], [["\u{1b}[2J\nx\u{9b}y"]])
        #expect(text.unicodeScalars.allSatisfy { $0 == "\n" || $0.properties.generalCategory != .control })
        #expect(text.contains("\\u{1B}[2J\\nx\\u{009B}y"), "\(text)")
    }

    @Test func valuesThatAreNoTextAreShownAsJSON() {
        #expect(table(["j", "b"], [[["a": [1]], true]]).contains("{\"a\":[1]}  true"))
    }
}

@Suite struct ResultFormatTests {
    @Test func aTerminalGetsATableAPipeCSV() throws {
        #expect(try ResultFormat(nil, isJSON: false, isTerminal: true) == .table)
        #expect(try ResultFormat(nil, isJSON: false, isTerminal: false) == .csv)
        #expect(try ResultFormat(nil, isJSON: true, isTerminal: true) == .json)
        #expect(try ResultFormat("ndjson", isJSON: false, isTerminal: true) == .ndjson)
        #expect(throws: UsageError.self) { try ResultFormat("xml", isJSON: false, isTerminal: true) }
        #expect(throws: UsageError.self) { try ResultFormat("csv", isJSON: true, isTerminal: true) }
    }
}
