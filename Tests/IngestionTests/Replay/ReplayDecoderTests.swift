import Catalog
import JSON
import Testing

@testable import Ingestion

@Suite struct ReplayDecoderTests {
    static let columns = [
        TargetColumn(name: "id", type: ColumnType(.bigint), isNullable: false),
        TargetColumn(name: "note", type: ColumnType(.text)),
    ]

    struct Case: Sendable, CustomTestStringConvertible {
        var testDescription: String
        var bytes: [UInt8]
        /// The row without its line break, or the rule for which the record stays.
        var becomes: String

        init(_ name: String, _ text: String, _ becomes: String) {
            (testDescription, bytes, self.becomes) = (name, Array(text.utf8), becomes)
        }

        init(_ name: String, bytes: [UInt8], _ becomes: String) {
            (testDescription, self.bytes, self.becomes) = (name, bytes, becomes)
        }
    }

    /// What becomes of records, one after the other, by one decoder.
    private static func outcomes(
        _ cases: [Case], reading: RecordReading, source: SourceSpec, onNewColumn: NewColumnPolicy = .add
    ) throws -> [String] {
        let plan = RecordPlan(target: columns, onNewColumn: onNewColumn)
        var decoder = try ReplayDecoder(plan, source: source)
        try decoder.begin(reading, of: "rows")
        return try cases.enumerated().map { index, row in
            let record = KeptRecord(
                id: Int64(index), run: 1, source: "rows", line: 2, bytes: row.bytes)
            var output = Array("id\t".utf8)
            switch try decoder.decode(record, into: &output) {
            case .row: return String(decoding: output.dropFirst(3).dropLast(), as: UTF8.self)
            case .kept(let rule, _, _):
                #expect(output == Array("id\t".utf8), "nothing of it stays: \(row.testDescription)")
                return rule
            case .dropped: return "dropped"
            }
        }
    }

    private static let csv = SourceSpec.file(FileSource(connection: "c", path: "a.csv", format: .csv, nullText: "-"))
    private static let ndjson = SourceSpec.file(FileSource(connection: "c", path: "a.ndjson", format: .ndjson))
    private static let table = SourceSpec.table(TableSource(connection: "c", schema: "s", table: "t"))

    @Test func recordsOfCSVAreReadAloneByTheNamesOfTheirHeader() throws {
        let cases = [
            Case("plain", "a,1\n", "1\ta"),
            Case("an open quote, which the next record would close", "\"a,1\n", "unclosed_quote"),
            Case("the next record", "b\",2\n", "misplaced_quote"),
            Case("the last line of a file", "c,3", "3\tc"),
            Case("a line break inside", "\"d\r\ne\",4\r\n", "4\td\\r\\ne"),
            Case("NULL as the step says now", "-,5\n", "5\t\\N"),
            Case("a field too many", "a,6,7\n", "too_many_fields"),
            Case("looks like UTF-16", bytes: [0xFF, 0xFE, 0x2C, 0x00, 0x0A], "invalid_value"),
            Case("an empty line", "\n", "misplaced_quote"),
            Case("still good after all of them", "f,8\n", "8\tf"),
        ]
        let reading = RecordReading(form: .csv, names: ["note", "id"])
        let found = try Self.outcomes(cases, reading: reading, source: Self.csv)
        for (row, outcome) in zip(cases, found) { #expect(outcome == row.becomes, "\(row.testDescription)") }
    }

    @Test func recordsOfNDJSONNeedNoNames() throws {
        let cases = [
            Case("plain", "{\"id\":1,\"note\":\"a\"}\n", "1\ta"), Case("half", "{\"id\":\n", "malformed_json"),
            Case("the last line", "{\"id\":2}", "2\t\\N"),
        ]
        #expect(
            try Self.outcomes(cases, reading: RecordReading(form: .ndjson), source: Self.ndjson)
                == cases.map(\.becomes))
    }

    @Test func linesOfATableGoByTheColumnsOfTheirDay() throws {
        let cases = [
            Case("plain", "x\ta\\tb\t1\n", "1\ta\\tb"), Case("NULL", "x\t\\N\t2\n", "2\t\\N"),
            Case("no integer", "x\ta\tb\n", "invalid_value"), Case("a field short", "x\t3\n", "too_few_fields"),
        ]
        let reading = RecordReading(form: .copy, names: ["gone", "note", "id"])
        #expect(try Self.outcomes(cases, reading: reading, source: Self.table) == cases.map(\.becomes))
    }

    @Test func namesThatDoNotFitEndTheReplay() {
        let unnamed = RecordReading(form: .csv, isNamedByStep: true)
        for (reading, source) in [
            (unnamed, Self.csv), (RecordReading(form: .csv, names: ["note"]), Self.csv),
            (RecordReading(form: .csv, names: ["id", "new"]), Self.csv),
            (RecordReading(form: .ndjson), Self.csv), (RecordReading(form: .copy, names: ["id"]), Self.ndjson),
        ] {
            let failure = #expect(throws: SourceFailure.self) {
                try Self.outcomes([], reading: reading, source: source)
            }
            #expect(failure?.code == .columnsDiffer)
            #expect(failure?.isRetryable == false)
        }
    }

    @Test func aReadingIsReadAsItWasWritten() throws {
        for reading in [
            RecordReading(form: .csv, names: ["a\"b", ""], isNamedByStep: true), RecordReading(form: .ndjson),
            RecordReading(form: .copy, names: []),
        ] {
            #expect(try RecordReading.parse(String(decoding: reading.json.encoded(), as: UTF8.self)) == reading)
        }
    }
}
