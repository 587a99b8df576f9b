import Access
import Catalog
import EventLoop
import Foundation
import JSON
import Postgres
import Store
import TestSupport
import Testing

@testable import Ingestion

/// A warehouse with one dataset, loaded as a job process does it: from a file, in a session of its ingest role.
struct SinkFixture: Sendable {
    let databases: TestPlatform
    let server: Connection
    let datasetID: Int64
    let role: String
    let columns: [TargetColumn]
    let primaryKey: [String]
    let folder: String

    /// - Parameter columns: Such as `id bigint`.
    static func make(_ columns: [String], key: [String] = []) async throws -> SinkFixture {
        let databases = try await TestPlatform.make()
        let sessions = try sessions(databases)
        let targets = try columns.map { column in
            let words = column.split(separator: " ", maxSplits: 1).map(String.init)
            return TargetColumn(
                name: words[0], type: try ColumnType(parsing: words[1]), isNullable: !key.contains(words[0]))
        }
        let body: JSONValue = [
            "domain": "lab", "name": "samples", "primaryKey": JSONValue(key),
            "columns": .array(targets.map { ["name": .string($0.name), "type": .string("\($0.type)")] }),
        ]
        try await sessions.withServerSession { connection in
            // Roles are the cluster's, so each installation has names of its own.
            let name = databases.warehouse.filter { $0 != "_" }
            try await connection.execute("UPDATE sluice.installation SET name = \(name)")
            try await Bootstrap.makeAdministrator(on: connection) { "slt_administrator" }
        }
        _ = try await Governance(sessions: sessions).change(by: "admin", requestID: "test") { change in
            _ = try await change.putDomain("lab", [:], .none)
            _ = try await change.makeDataset(body)
        }
        await sessions.close()
        let server = try await TestLoops.connect(databases.options(.warehouse))
        let id: Int64 = try await server.query("SELECT id FROM sluice.dataset")[0].decode(at: 0)
        let role: String = try await server.query("SELECT sluice.prepare_ingest(\(id))::text")[0].decode(at: 0)
        let folder = FileManager.default.temporaryDirectory.appending(path: "sink-\(UUID())").path
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        return SinkFixture(
            databases: databases, server: server, datasetID: id, role: role, columns: targets, primaryKey: key,
            folder: folder)
    }

    private static func sessions(_ databases: TestPlatform) throws -> Sessions {
        Sessions(
            source: SessionSource(
                server: { databases.options($0 == "control" ? .control : .warehouse) },
                principal: { databases.options(.warehouse, user: $0) }), group: try TestLoops.group())
    }

    /// Changes what is declared, as the administrator does.
    func change(_ body: (Change, DatasetAddress) async throws -> Void) async throws {
        let sessions = try Self.sessions(databases)
        let outcome: (any Error)?
        do {
            _ = try await Governance(sessions: sessions).change(by: "admin", requestID: "test") { change in
                try await body(change, Self.address)
            }
            outcome = nil
        } catch { outcome = error }
        await sessions.close()
        if let outcome { throw outcome }
    }

    static let address = DatasetAddress(domain: "lab", name: "samples")

    /// Raises the fence for an attempt, as its supervisor does, and makes its stage.
    func admit(epoch: Int64, run: Int64 = 1) async throws -> Bool {
        let isIn = try await raise(epoch: epoch, run: run)
        try await server.execute("SELECT sluice.make_stage(\(datasetID), \(epoch))")
        return isIn
    }

    func raise(epoch: Int64, run: Int64 = 1) async throws -> Bool {
        try await server.query("SELECT sluice.raise_fence(\(datasetID), \(epoch), \(run))")[0].decode(at: 0)
    }

    /// A session of the ingest role.
    func open() async throws -> Connection {
        try await TestLoops.connect(databases.options(.warehouse, user: role))
    }

    /// Loads `text` in an attempt that has been admitted.
    func load(
        _ text: String, _ mode: LoadMode, epoch: Int64, run: Int64 = 1, checks: [CheckSpec] = [],
        maxQuarantinedShare: Double = 1, columns: [TargetColumn]? = nil,
        in session: Connection? = nil
    ) async throws -> RowCounts {
        let file = FileSource(connection: "files", path: "\(UUID()).csv", format: .csv)
        try Data(text.utf8).write(to: URL(filePath: "\(folder)/\(file.path)"))
        let connection: Connection
        if let session { connection = session } else { connection = try await open() }
        let unit = LoadUnit(
            run: run, step: "load", name: file.path, epoch: epoch, principal: "admin", policyVersion: 1,
            pipeline: 7, pipelineAddress: "lab.samples")
        let target = UnitTarget(
            datasetID: datasetID, address: Self.address, columns: columns ?? self.columns,
            primaryKey: primaryKey, mode: mode, maxQuarantinedShare: maxQuarantinedShare)
        let counts = try await TestLoops.run(on: connection.loop) { [self] in
            let sink = UnitSink(connection: connection, unit: unit, target: target) { _ in }
            return try await sink.load { plan in
                var plan = plan
                plan.checks = checks
                let roots = FileRoots([folder])
                return try RecordPipeline(try SourceReader.open(file, folder: folder, roots: roots), plan)
            }
        }
        await connection.close()
        return counts
    }

    /// The dataset's rows in order, fields separated by `|`.
    func rows() async throws -> [String] {
        try await server.query(
            "SELECT concat_ws('|', \(raw: SQL(unsafe: columns.map(\.name).joined(separator: ", ")))) "
                + "FROM store.\(identifier: "d\(datasetID)") ORDER BY 1"
        ).map { try $0.decode(at: 0) }
    }

    /// What is in quarantine: line, offset, text and rule of each.
    func quarantine() async throws -> [String] {
        try await server.query(
            """
            SELECT concat_ws('|', line, byte_offset, convert_from(bytes, 'UTF8'), rule, column_name)
            FROM sluice.quarantine ORDER BY byte_offset
            """
        ).map { try $0.decode(at: 0) }
    }
}
