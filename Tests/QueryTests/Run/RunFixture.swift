import EventLoop
import Postgres
import Store
import TestSupport
import Testing

@testable import Query

/// Statements run as a client's, in a database of their own.
struct RunFixture: Sendable {
    let runner: StatementRunner
    let role: String
    private let loop: EventLoop
    private let sessions: Sessions
    private let owner: Connection

    /// - Parameter script: Run by the superuser first; what it makes is the role's to read.
    static func with(
        _ script: String = "", _ body: (RunFixture) async throws -> Void
    ) async throws {
        let cluster = try TestCluster.shared()
        let database = try await cluster.makeDatabase()
        let role = "\(database)_reader"
        let owner = try await TestLoops.connect(cluster.options(database: database))
        try await owner.script(
            """
            CREATE ROLE \(role) LOGIN;
            GRANT CONNECT ON DATABASE \(database) TO \(role);
            ALTER ROLE \(role) SET default_transaction_read_only = on;
            \(script)
            ;GRANT SELECT ON ALL TABLES IN SCHEMA public TO \(role);
            """)
        let group = try TestLoops.group()
        let source = SessionSource(
            server: { _ in cluster.options(database: database) },
            principal: { cluster.options(database: database, user: $0) })
        let sessions = Sessions(source: source, group: group)
        let fixture = RunFixture(
            runner: StatementRunner(sessions: sessions, onEndFailure: { Issue.record($1, "\($0)") }), role: role,
            loop: group.loops[0], sessions: sessions, owner: owner)
        do {
            try await body(fixture)
        } catch {
            await sessions.close()
            await owner.close()
            throw error
        }
        await sessions.close()
        await owner.close()
    }

    /// The whole result as CSV, from the bytes a client would get.
    func csv(
        _ sql: String, _ parameters: [String] = [], limit: Int? = nil, within time: Duration = .seconds(60)
    ) async throws -> (text: String, summary: ResultSummary) {
        try await TestLoops.run(on: loop) {
            let result = try await runner.run(
                SQL(unsafe: sql, parameters: parameters), as: .query(role: role), within: time,
                writing: FormattedRows(CSVFormat(), until: .count(limit)))
            switch result {
            case .complete(let bytes, let summary): return (String(decoding: bytes, as: UTF8.self), summary)
            case .streaming(let stream):
                var all: [UInt8] = []
                let summary = try await stream.forEach { all += $0 }
                return (String(decoding: all, as: UTF8.self), summary)
            }
        }
    }

    /// The same written from single values.
    func csvOfValues(_ sql: String) async throws -> String {
        try await TestLoops.run(on: loop) {
            try await sessions.withQuerySession(role: role) { connection in
                var rows = FormattedRows(CSVFormat(), until: .count(nil))
                return String(decoding: try rows.whole(try await connection.fetch(SQL(unsafe: sql))).0, as: UTF8.self)
            }
        }
    }

    /// Starts a statement and reads nothing of it but the first part.
    func begin(_ sql: String) async throws -> StatementResult {
        try await TestLoops.run(on: loop) {
            try await runner.run(
                SQL(unsafe: sql), as: .query(role: role), within: .seconds(60),
                writing: FormattedRows(CSVFormat(), until: .count(nil)))
        }
    }

    /// Runs `script` as the superuser.
    func change(_ script: String) async throws { try await owner.script(script) }

    /// Asks again until the one boolean of `condition` is true.
    func until(_ condition: SQL) async throws {
        while try await !owner.query(condition)[0].decode(at: 0, as: Bool.self) {
            try await owner.loop.sleep(for: .milliseconds(2))
        }
    }
}
