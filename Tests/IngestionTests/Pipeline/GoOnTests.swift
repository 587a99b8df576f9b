import Catalog
import Foundation
import JSON
import Testing

@testable import Ingestion

/// Reading that ends between two batches and goes on in another pipeline gives what one reading gives.
@Suite struct GoOnTests {
    struct Source: Sendable, CustomTestStringConvertible {
        var name: String
        var text: String
        var checks: [CheckSpec] = []
        var way = RecordPipeline.GoingOn.skipped
        var edit: @Sendable (inout FileSource) -> Void = { _ in }
        var testDescription: String { name }
    }

    /// Records of every fate: rows, wrong types, checks that fail, faults of structure; lines within fields.
    private static let rows = (0..<60).map { n in
        switch n % 12 {
        case 3: "x\(n),bad"
        case 5: "\(n),\"two\r\nlines \(n)\""
        case 7: "\(n),lonely \" quote"
        case 8: "\(n),a,b"
        case 9: ""
        case 11: "\(n),forbidden"
        default: "\(n),name \(n)"
        }
    }
    private static let csv = "\u{FEFF}id,name\n" + rows.joined(separator: "\n") + "\n\n\n"
    private static let drop = CheckSpec(
        name: "no_forbidden", columns: ["name"], rule: .matches("^(?!forbidden)"), onFailure: .drop)
    private static let warn = CheckSpec(name: "short", columns: ["name"], rule: .matches("^.{0,6}$"), onFailure: .warn)
    private static let unique = CheckSpec(name: "once", columns: ["name"], rule: .unique)

    static let sources: [Source] = [
        Source(name: "CSV", text: csv, checks: [drop, warn]),
        Source(name: "CSV without its last line break", text: String(csv.dropLast(3)), checks: [drop]),
        Source(
            name: "CSV without header", text: rows.joined(separator: "\r\n"), edit: { $0.header = false }),
        Source(
            name: "unique values", text: csv + "70,name 1\n71,name 2\n72,new\n", checks: [unique, drop], way: .readAgain
        ),
        Source(
            name: "NDJSON",
            text: (0..<60).map { n in
                switch n % 8 {
                case 2: "{\"id\": \"x\"}"
                case 4: "{\"id\": \(n)"
                case 6: ""
                default: "{\"name\": \"name \(n)\", \"id\": \(n)}"
                }
            }.joined(separator: "\n"), checks: [drop, warn], edit: { $0.format = .ndjson }),
    ]

    @Test(arguments: sources) func theRestIsWhatOneReadingGives(_ source: Source) async throws {
        let folder = try TemporaryFolder()
        try folder.write(Array(source.text.utf8), to: "rows")
        var limits = DecodingLimits.ingest
        limits.outputBytes = 40
        func open() throws -> RecordPipeline {
            var file = FileSource(connection: "c", path: "rows", format: .csv)
            source.edit(&file)
            let columns = try declared("id bigint", "name text")
            var plan = RecordPlan(target: columns.map { TargetColumn(name: $0.name, type: $0.type) }, hasOrdinal: true)
            plan.declared = columns
            plan.checks = source.checks
            let reader = try SourceReader.open(file, folder: folder.path, roots: FileRoots([folder.path]))
            return try RecordPipeline(reader, plan, limits: limits)
        }
        let whole = try await run(open())
        #expect(whole.counts.read > 30 && whole.counts.accepted > 10)
        #expect(source.checks.isEmpty || !whole.counts.failedChecks.isEmpty)
        var boundaries = 0
        let first = try open()
        var before = Outcome()
        var batch = CopyBatch()
        while try await first.next(into: &batch) {
            boundaries += 1
            before.copy += String(decoding: batch.bytes, as: UTF8.self)
            before.quarantined += batch.quarantined
            let written = first.position.json.encoded()
            let position = try #require(ReadingPosition(try JSONValue.parse(written)))
            #expect(position == first.position)
            let second = try open()
            #expect(try await second.goOn(at: position) == source.way)
            let rest = try await run(second)
            #expect(before.copy + rest.copy == whole.copy, "after batch \(boundaries)")
            #expect(before.quarantined + rest.quarantined == whole.quarantined, "after batch \(boundaries)")
            #expect(rest.counts == whole.counts, "after batch \(boundaries)")
        }
        #expect(boundaries > 10)
    }

    @Test(arguments: [
        #"{}"#, #"[]"#, #"{"byteOffset":-1}"#,
        #"{"byteOffset":1,"read":1,"accepted":1,"quarantined":0,"dropped":0,"warned":-5,"failedChecks":[]}"#,
        #"{"byteOffset":1,"read":1,"accepted":1,"quarantined":0,"dropped":0,"warned":0,"failedChecks":[{}]}"#,
        #"{"byteOffset":1,"read":1,"accepted":1,"quarantined":0,"dropped":0,"warned":0,"failedChecks":[],"decoder":{}}"#,
        #"{"byteOffset":1,"read":1,"accepted":1,"quarantined":0,"dropped":0,"warned":0,"failedChecks":[],"decoder":{"nextLine":2,"consumed":0,"rescanned":0,"names":[-7]}}"#,
    ])
    func whatNoPipelineHasWrittenIsNoPosition(_ text: String) throws {
        #expect(ReadingPosition(try JSONValue.parse(text)) == nil)
    }

    @Test func aPositionOfOtherColumnsIsImpossible() async throws {
        let folder = try TemporaryFolder()
        try folder.write(Array("id\n1\n2\n".utf8), to: "rows")
        let file = FileSource(connection: "c", path: "rows", format: .csv)
        func open(_ names: [String]) throws -> RecordPipeline {
            let columns = try names.map { TargetColumn(name: $0, type: try ColumnType(parsing: "text")) }
            let reader = try SourceReader.open(file, folder: folder.path, roots: FileRoots([folder.path]))
            return try RecordPipeline(reader, RecordPlan(target: columns))
        }
        let first = try open(["id"])
        _ = try await run(first)
        var position = first.position
        position.counts.accepted += 1
        #expect(try await open(["id"]).goOn(at: position) == .impossible)
        position = first.position
        position.decoder?.names = ["other"]
        #expect(try await open(["id"]).goOn(at: position) != .skipped)
    }
}
