import JSON
import Testing

@testable import sluice

@Suite struct TextTableTests {
    private func table(_ columns: [String], _ rows: JSONValue) -> String {
        TextTable(["columns": .array(columns.map { ["name": .string($0)] }), "rows": rows]).text
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
