import Catalog
import TestSupport
import Testing

@testable import Ingestion

@Suite struct InspectionTests {
    private func inspect(
        _ text: String, size: Inspection.SampleSize = .init(), declared: [DeclaredColumn]? = nil,
        edit: (inout FileSource) -> Void = { _ in }
    ) async throws -> [String] {
        let folder = try TemporaryFolder()
        try folder.write(Array(text.utf8), to: "rows")
        var file = FileSource(connection: "c", path: "rows", format: .csv)
        edit(&file)
        let reader = try SourceReader.open(file, folder: folder.path, roots: FileRoots([folder.path]))
        return try await Inspection.columns(of: reader, declared: declared, size).map { "\($0.name) \($0.type)" }
    }

    struct Case: Sendable, CustomTestStringConvertible {
        var values: [String]
        var type: String
        var testDescription: String { "\(values) → \(type)" }

        init(_ values: [String], _ type: String) { (self.values, self.type) = (values, type) }
    }

    @Test(arguments: [
        Case(["1", "-2", "0"], "bigint"), Case(["1", "9223372036854775807"], "bigint"),
        Case(["1", "9223372036854775808"], "numeric"), Case(["1", "2.50"], "numeric"), Case(["1e+05", "7"], "numeric"),
        Case(["1e300", "7"], "double precision"), Case(["1.5", "NaN"], "double precision"), Case(["NaN"], "text"),
        Case(["007"], "text"), Case(["1", "007"], "text"), Case(["+43"], "text"), Case(["1,5"], "text"),
        Case(["true", "FALSE"], "boolean"), Case(["t"], "text"), Case(["true", "1"], "text"),
        Case(["2026-11-21"], "date"), Case(["2026-11-21", "2026-02-30"], "text"), Case(["2026", "2026-11-21"], "text"),
        Case(["2026-11-21", "2026-11-21 02:03"], "timestamp without time zone"),
        Case(["2026-11-21T02:03:04Z"], "timestamp with time zone"),
        Case(["2026-11-21T02:03:04Z", "2026-11-21 02:03"], "text"), Case([""], "text"), Case(["", "1"], "bigint"),
        Case(["NA", "1"], "bigint"), Case([" 1", "2 "], "bigint"), Case(["\"\"", "1"], "text"),
        Case(["\"1\""], "bigint"),
    ])
    func types(_ row: Case) async throws {
        let text = "v,w\n" + row.values.map { ($0.contains(",") ? "\"\($0)\"" : $0) + ",x\n" }.joined()
        #expect(try await inspect(text) { $0.nullText = "NA" } == ["v \(row.type)", "w text"])
    }

    @Test(arguments: [
        Case(["1", "null"], "bigint"), Case(["1", "1.5"], "numeric"), Case(["\"1\""], "text"),
        Case(["true"], "boolean"),
        Case(["\"2026-11-21\"", "\"2026-11-21T00:00:00\""], "timestamp without time zone"), Case(["{}"], "jsonb"),
        Case(["[1]", "null"], "jsonb"), Case(["1", "\"x\""], "jsonb"), Case(["true", "1"], "jsonb"),
        Case(["\"x\"", "\"2026-11-21\""], "text"), Case(["null"], "text"),
    ])
    func typesOfJSON(_ row: Case) async throws {
        let text = row.values.map { "{\"v\":\($0)}\n" }.joined()
        #expect(try await inspect(text) { $0.format = .ndjson } == ["v \(row.type)"])
    }

    @Test func theOrderOfRowsDoesNotMatter() async throws {
        let values = [
            "1", "", "2.5", "2026-11-21", "2026-11-21T01:02:03", "x", "true", "NaN", "00", "1e400",
            "2026-11-21T01:02:03Z",
        ]
        for seed in 0..<60 {
            var generator = SeededGenerator(seed: seed)
            let rows = (0..<6).map { _ in (0..<3).map { _ in values.randomElement(using: &generator) ?? "" } }
            let objects = rows.map { row in
                zip(["a", "b", "c"], row).shuffled(using: &generator).map { "\"\($0)\":\"\($1)\"" }.joined(
                    separator: ",")
            }
            func csv(_ rows: [[String]]) -> String {
                "a,b,c\n" + rows.map { $0.joined(separator: ",") + "\n" }.joined()
            }
            func json(_ objects: [String]) -> String { objects.map { "{\($0)}\n" }.joined() }
            let (first, firstJSON) = (
                try await inspect(csv(rows)), try await inspect(json(objects)) { $0.format = .ndjson }
            )
            for _ in 0..<3 {
                let again = try await inspect(csv(rows.shuffled(using: &generator)))
                let againJSON = try await inspect(json(objects.shuffled(using: &generator))) { $0.format = .ndjson }
                #expect(again == first && againJSON == firstJSON, "seed \(seed)")
            }
        }
    }

    @Test func namesBecomeNamesOfColumns() {
        let names = [
            "id", "Flight No.", "ID", "", "3rd", "Größe", "ctid", "pg_x", "flight_no", "  a  b ", "日本",
            String(repeating: "x", count: 70), String(repeating: "X", count: 70),
        ]
        let expected = [
            "id", "flight_no_2", "id_2", "column_4", "c_3rd", "gr_e", "ctid_", "c_pg_x", "flight_no", "a_b",
            "column_11", String(repeating: "x", count: 62), String(repeating: "x", count: 61) + "_2",
        ]
        #expect(ColumnNames.of(names) == expected)
        #expect(expected.allSatisfy { ObjectName.fault(in: $0) == nil })
    }

    @Test func headerlessFilesAndDeclarations() async throws {
        #expect(try await inspect("1,x\n2,y\n") { $0.header = false } == ["column_1 bigint", "column_2 text"])
        #expect(try await inspect("", declared: try declared("a int")) { $0.header = false } == ["a integer"])
        #expect(try await inspect("a,b\n1,2\n", declared: try declared("a text")) == ["a text", "b bigint"])
    }

    @Test func wrongRecordsDoNotCount() async throws {
        #expect(try await inspect("a,b\n1,2\nx\n3,\"4\"y\n5,6,7\n8,9\n") == ["a bigint", "b bigint"])
        #expect(try await inspect("{\"a\":1}\n{\"a\":\"x\"\n[]\n") { $0.format = .ndjson } == ["a bigint"])
    }

    @Test func ofALargeFileBlocksAreLookedAt() async throws {
        let size = Inspection.SampleSize(bytes: 40_000, firstBytes: 10_000, blockBytes: 1000)
        let rows = (1...20_000).map { $0 == 19_999 ? "x,2\n" : "\($0),\($0 > 10_000 ? "1.5" : "1")\n" }
        // The end is looked at, the middle too.
        #expect(try await inspect("a,b\n" + rows.joined(), size: size) == ["a text", "b numeric"])
        let objects = rows.map { "{\"a\":\"\($0.dropLast())\"}\n" }.joined() + "{\"z\":1}\n"
        #expect(try await inspect(objects, size: size) { $0.format = .ndjson } == ["a text", "z bigint"])
    }

    @Test func whatCannotBeReadIsToldApart() async throws {
        await #expect(throws: SourceFailure.self) { try await inspect("a,b,a\n") }
        await #expect(throws: SourceFailure.self) { try await inspect("") }
        let wide = (1...1601).map { "c\($0)" }.joined(separator: ",") + "\n"
        await #expect(throws: SourceFailure.self) { try await inspect(wide) }
    }
}
