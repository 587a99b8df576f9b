import Catalog
import Foundation
import Ingestion

/// A folder that is gone with the test.
final class TemporaryFolder {
    let path: String

    init() throws {
        let url = FileManager.default.temporaryDirectory.appending(path: "sluice-ingest-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
        path = url.resolvingSymlinksInPath().path
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    func write(_ bytes: [UInt8], to name: String) throws {
        try Data(bytes).write(to: URL(filePath: path).appending(path: name))
    }
}

/// What a pipeline made of a source.
struct Outcome {
    var copy = ""
    var quarantined: [QuarantinedRow] = []
    var counts = RecordCounts()
    var lines: [Int] = []

    /// As `rule@line+offset:column`.
    var faults: [String] {
        quarantined.map { row in "\(row.rule)@\(row.line)+\(row.byteOffset)" + (row.column.map { ":\($0)" } ?? "") }
    }
}

func run(_ pipeline: RecordPipeline) async throws -> Outcome {
    var outcome = Outcome()
    var batch = CopyBatch()
    var copy: [UInt8] = []
    while try await pipeline.next(into: &batch) {
        copy += batch.bytes
        outcome.quarantined += batch.quarantined
        outcome.lines += (0..<batch.rows).compactMap { batch.lines.line(ofRow: $0) }
    }
    outcome.copy = String(decoding: copy, as: UTF8.self)
    outcome.counts = pipeline.counts
    return outcome
}

func load(
    _ bytes: [UInt8], _ plan: RecordPlan, limits: DecodingLimits = .ingest, name: String = "rows",
    edit: (inout FileSource) -> Void = { _ in }
) async throws -> Outcome {
    let folder = try TemporaryFolder()
    try folder.write(bytes, to: name)
    var file = FileSource(connection: "c", path: name, format: .csv)
    edit(&file)
    let reader = try SourceReader.open(file, folder: folder.path, roots: FileRoots([folder.path]))
    return try await run(try RecordPipeline(reader, plan, limits: limits))
}

func load(
    _ text: String, _ plan: RecordPlan, limits: DecodingLimits = .ingest, edit: (inout FileSource) -> Void = { _ in }
) async throws -> Outcome {
    try await load(Array(text.utf8), plan, limits: limits, edit: edit)
}

/// The failure of loading; `nil` when it went well.
func failure(
    _ bytes: [UInt8], _ plan: RecordPlan, limits: DecodingLimits = .ingest, name: String = "rows",
    edit: (inout FileSource) -> Void = { _ in }
) async throws -> SourceFailure? {
    do {
        _ = try await load(bytes, plan, limits: limits, name: name, edit: edit)
        return nil
    } catch let failure as SourceFailure { return failure }
}

func declared(_ texts: String...) throws -> [DeclaredColumn] {
    try texts.map { text in
        let parts = text.split(separator: " ", maxSplits: 1)
        return DeclaredColumn(name: String(parts[0]), type: try ColumnType(parsing: String(parts[1])))
    }
}
