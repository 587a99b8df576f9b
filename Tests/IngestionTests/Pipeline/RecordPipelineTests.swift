import Catalog
import Ingestion
import JSON
import Testing

@Suite struct RecordPipelineTests {
    @Test func wrongRecordsAreQuarantinedWithTheirBytes() async throws {
        let text = "\u{FEFF}a,b\r\n1,x\r\n\r\nz,y\r\n3,\"p\r\nq\"\r\n4\r\n5,last"
        let outcome = try await load(text, RecordPlan(target: try columns("a int!", "b text")))
        #expect(outcome.copy == "1\tx\n3\tp\\r\\nq\n5\tlast\n")
        #expect(outcome.lines == [2, 5, 8])
        #expect(outcome.faults == ["invalid_value@4+15:a", "too_few_fields@7+30"])
        #expect(outcome.quarantined.map { String(decoding: $0.bytes, as: UTF8.self) } == ["z,y\r\n", "4\r\n"])
        #expect(outcome.quarantined[0].error == "is not an integer")
        #expect(outcome.counts.read == 5 && outcome.counts.accepted == 3 && outcome.counts.quarantined == 2)
    }

    @Test(arguments: [
        ("a lonely quote", "1,\"x\n2,y\n3,z\n", "2\ty\n3\tz\n", ["unclosed_quote@1+0"]),
        ("a lonely quote before quoted fields", "1,\"x\n2,\"y\"\n3,\"z\"\n", "2\ty\n3\tz\n", ["misplaced_quote@1+0"]),
        ("two lonely quotes", "1,\"x\n2,\"y\n3,z\n", "3\tz\n", ["misplaced_quote@1+0", "unclosed_quote@2+5"]),
        ("a quote inside", "1,5\" pipe\n2,y\n", "2\ty\n", ["misplaced_quote@1+0"]),
        ("text behind a quote", "1,\"x\"y\r2,y\r", "2\ty\n", ["misplaced_quote@1+0"]),
        ("too many", "1,x,\n2,y\n", "2\ty\n", ["too_many_fields@1+0"]),
        ("NUL", "1,\0\n2,y\n", "2\ty\n", ["nul_character@1+0:b"]),
        (
            "line breaks in quotes and then a fault", "1,\"x\ny\",\"z\n2,y\n", "2\ty\n",
            ["unclosed_quote@1+0", "misplaced_quote@2+5"]
        ),
    ])
    func structuralFaultsCostTheirLine(_ name: String, _ text: String, _ copy: String, _ faults: [String]) async throws
    {
        let plan = RecordPlan(target: try columns("a int", "b text"), declared: try declared("a int", "b text"))
        let outcome = try await load(text, plan) { $0.header = false }
        #expect(outcome.copy == copy)
        #expect(outcome.faults == faults)
    }

    @Test func anUnclosedQuoteCostsItsLineAndNoMoreMemoryThanAField() async throws {
        var limits = DecodingLimits.ingest
        limits.maxFieldBytes = 1 << 16
        let rows = (2...60_000).map { "\($0),y\n" }.joined()
        let plan = RecordPlan(target: try columns("a int", "b text"))
        let outcome = try await load("a,b\n1,\"x\n" + rows, plan, limits: limits)
        #expect(outcome.faults == ["unclosed_quote@2+4"])
        #expect(outcome.counts.accepted == 59_999)
    }

    @Test func lonelyQuotesCostTheirLinesHoweverManyThereAre() async throws {
        var limits = DecodingLimits.ingest
        limits.maxFieldBytes = 1 << 12
        let rows = (1...60_000).map { $0 % 200 == 0 ? "\($0),\"x\n" : "\($0),y\n" }.joined()
        let plan = RecordPlan(target: try columns("a int", "b text"))
        let outcome = try await load("a,b\n" + rows, plan, limits: limits)
        #expect(outcome.counts.quarantined == 300 && outcome.counts.accepted == 59_700)
        #expect(outcome.quarantined.allSatisfy { $0.line % 200 == 1 })
    }

    @Test func aLineBeyondEveryLimitEndsTheUnit() async throws {
        var limits = DecodingLimits.ingest
        limits.maxFieldBytes = 1000
        limits.maxRecordBytes = 2000
        let plan = RecordPlan(target: try columns("a text"))
        let long = Array("a\nx\n".utf8) + [UInt8](repeating: 0x79, count: 1 << 20)
        let failure = try await failure(long, plan, limits: limits)
        #expect(failure?.code == .limitExceeded)
        #expect(failure?.detail == "rows, line 3: a record is longer than 2000 bytes")
        #expect(
            try await load("a\n" + String(repeating: "y", count: 1500) + "\nz\n", plan, limits: limits).faults == [
                "limit_exceeded@2+2"
            ])
    }

    @Test func nullTextDelimiterAndQuotedEmptiness() async throws {
        let plan = RecordPlan(target: try columns("a int", "b text", "c text"))
        let outcome = try await load("a;b;c\n\\N;\"\";\\N\n1;\"\\N\";x\n", plan) {
            $0.delimiter = UInt8(ascii: ";")
            $0.nullText = "\\N"
        }
        #expect(outcome.copy == "\\N\t\t\\N\n1\t\\N\tx\n")
    }

    @Test func ordinalsCountRecords() async throws {
        let plan = RecordPlan(target: try columns("a int"), hasOrdinal: true)
        #expect(try await load("a\n7\nx\n8\n", plan).copy == "1\t7\n3\t8\n")
    }

    @Test func columnsAreMatchedByTheirNormalisedNames() async throws {
        let plan = RecordPlan(target: try columns("flight_no int", "name text", "extra text"))
        #expect(try await load(" Name ,Flight No.\nx,1\n", plan).copy == "1\tx\t\\N\n")
    }

    @Test(arguments: [
        ("a,a\n", SourceFailure.Code.columnsDiffer, "rows, line 1, column \"a\": occurs twice in the header"),
        ("b\n", .columnsDiffer, "rows, line 1, column \"a\": must not be NULL and is missing in the header"),
        ("a,other\n", .columnsDiffer, "rows, line 1: field 2 of the header names no column of the dataset"),
        ("", .columnsDiffer, "rows, line 1: the text has no header line"),
    ])
    func headersThatDifferAreFatal(_ text: String, _ code: SourceFailure.Code, _ detail: String) async throws {
        let failure = try await failure(Array(text.utf8), RecordPlan(target: try columns("a int!", "b text")))
        #expect(failure?.code == code)
        #expect(failure?.detail == detail)
    }

    @Test func otherEncodings() async throws {
        let plan = RecordPlan(target: try columns("a text"))
        let wide = Array("a\nx\n".utf8).flatMap { byte -> [UInt8] in [byte, 0] }
        #expect(
            try await failure([0xFF, 0xFE] + wide, plan)?.detail == "rows, line 1: the text is UTF-16; save it as UTF-8"
        )
        #expect(try await failure(wide, plan)?.code == .malformedSource)
        #expect(
            try await failure([0x1F, 0x8B, 8, 0], plan)?.detail
                == "rows, line 1: the bytes are compressed with gzip, not text")
        let latin = try await load(Array("a\nok\nK".utf8) + [0xF6] + Array("ln\n".utf8), plan)
        #expect(latin.copy == "ok\n" && latin.faults == ["not_utf8@3+5:a"])
    }

    @Test func newColumnsAreIgnoredOrFail() async throws {
        var plan = RecordPlan(target: try columns("a int"), onNewColumn: .ignore)
        #expect(try await load("x,a\n1,2\n", plan).copy == "2\n")
        #expect(try await load("{\"x\":[1],\"a\":2}\n", plan) { $0.format = .ndjson }.copy == "2\n")
        plan.onNewColumn = .fail
        #expect(try await failure(Array("x,a\n".utf8), plan)?.isRetryable == false)
        plan.onNewColumn = .add
        #expect(try await failure(Array("x,a\n".utf8), plan)?.isRetryable == true)
        let wrong = try await load("{\"a\":1}\n{\"a\":2,\"x\":1}\n", plan) { $0.format = .ndjson }
        #expect(wrong.faults == ["unknown_column@2+8"])
    }

    @Test func linesOfJSON() async throws {
        let text = "{\"id\":1,\"Name\":\"x\"}\n\n{\"id\":\"y\"}\r\n{\"id\":2,}\n[1]\n{\"name\":\"z\",\"id\":3}"
        let outcome = try await load(text, RecordPlan(target: try columns("id int", "name text"))) {
            $0.format = .ndjson
        }
        #expect(outcome.copy == "1\tx\n3\tz\n")
        #expect(outcome.faults == ["invalid_value@3+21:id", "malformed_json@4+33", "wrong_type@5+43"])
        #expect(
            outcome.quarantined.map { String(decoding: $0.bytes, as: UTF8.self) }.joined()
                == "{\"id\":\"y\"}\r\n{\"id\":2,}\n[1]\n")
    }

    @Test func tenThousandColumns() async throws {
        let names = (1...10_000).map { "c\($0)" }.joined(separator: ",")
        let values = (1...10_000).map { "\($0)" }.joined(separator: ",")
        let plan = RecordPlan(target: try columns("c9999 int", "c2 int"), onNewColumn: .ignore)
        #expect(try await load("\(names)\n\(values)\n", plan).copy == "9999\t2\n")
        let wide = (1...20_001).map { "c\($0)" }.joined(separator: ",")
        #expect(try await failure(Array(wide.utf8), plan)?.code == .limitExceeded)
    }

    @Test func aTypeErrorMayFailTheUnit() async throws {
        let plan = RecordPlan(target: try columns("amount int"), onTypeError: .fail)
        let failure = try await failure(Array("amount\n1\nsecret\n".utf8), plan)
        #expect(
            failure
                == SourceFailure(
                    .typeError, "rows, line 3, column \"amount\": is not an integer", line: 3, column: "amount"))
    }
}
