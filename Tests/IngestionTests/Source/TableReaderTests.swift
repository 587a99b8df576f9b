import Catalog
import EventLoop
import Foundation
import Postgres
import TestSupport
import Testing

@testable import Ingestion

@Suite struct TableReaderTests {
    /// Reads a table of a database of the test cluster, by its socket, which the address policy would refuse.
    private static func withReader<T: Sendable>(
        of table: String, in database: String, user: String? = nil, own: String? = nil,
        _ body: @escaping @Sendable (SourceReader) async throws -> T
    ) async throws -> T {
        let options = try TestCluster.shared().options(database: database, user: user)
        let group = try TestLoops.group()
        let loop = group.next()
        return try await TestLoops.run(on: loop) {
            let source = TableSource(connection: "c", schema: "public", table: table)
            let reader = try await TableReader.open(
                source, options, server: "test", ownSystemIdentifier: own, on: loop, blocking: group.blocking)
            let opened = SourceReader(name: "public.\(table)", .table(reader))
            do {
                let value = try await body(opened)
                await opened.close()
                return value
            } catch {
                await opened.close()
                throw error
            }
        }
    }

    private static func database(_ statements: SQL...) async throws -> (name: String, connection: Connection) {
        let name = try await TestCluster.shared().makeDatabase()
        let connection = try await TestLoops.connect(try TestCluster.shared().options(database: name))
        for statement in statements { try await connection.execute(statement) }
        return (name, connection)
    }

    private static func failure(_ body: () async throws -> Void) async throws -> SourceFailure? {
        do {
            try await body()
            return nil
        } catch let failure as SourceFailure { return failure }
    }

    @Test func aTableIsReadInRangesOfOneSnapshot() async throws {
        let (name, connection) = try await Self.database(
            "CREATE TABLE wide (id bigint NOT NULL, filler text)",
            "INSERT INTO wide SELECT g, repeat(md5(g::text), 8) FROM generate_series(1, 150000) AS g")
        let outcome = try await Self.withReader(of: "wide", in: name) { reader in
            // What happens after it was opened is not seen.
            try await connection.execute("DELETE FROM wide WHERE id % 3 = 0")
            try await connection.execute(
                "INSERT INTO wide SELECT 1000000 + g, 'new' FROM generate_series(1, 1000) AS g")
            let plan = RecordPlan(target: try columns("filler text", "id bigint!"), hasOrdinal: true)
            return try await run(try RecordPipeline(reader, plan))
        }
        await connection.close()
        #expect(outcome.counts.read == 150_000 && outcome.counts.accepted == 150_000)
        let rows = outcome.copy.utf8.split(separator: UInt8(ascii: "\n")).map {
            $0.split(separator: UInt8(ascii: "\t"))
        }
        #expect(Set(rows.compactMap { Int(String(Substring($0[2]))) }) == Set(1...150_000))
        #expect(rows.compactMap { Int(String(Substring($0[0]))) } == Array(1...150_000))
    }

    @Test func typesAreThoseOfDatasetsOrText() async throws {
        let (name, connection) = try await Self.database(
            "CREATE TYPE mood AS ENUM ('sad', 'ok')", "CREATE DOMAIN age AS integer CHECK (VALUE > 0)",
            "CREATE DOMAIN price AS numeric(10,2)",
            """
            CREATE TABLE "Odd Names" ("Id" int PRIMARY KEY, "Flight No." varchar(5), m mood, a age, p price, tz timetz,
                tags text[], d jsonb, b bytea, r int4range, cash money, ip inet, gone int)
            """,
            "ALTER TABLE \"Odd Names\" DROP COLUMN gone",
            """
            INSERT INTO "Odd Names" VALUES (1, E'a\\tb\\\\', 'ok', 7, 1.5, '02:03+01', '{x,"y,z"}', '{"k": 1}', '\\x00ff',
                '[1,3)', 12.5, '10.0.0.1')
            """,
            "INSERT INTO \"Odd Names\" VALUES (2)")
        let (types, outcome) = try await Self.withReader(of: "Odd Names", in: name) { reader in
            let found = try await Inspection.columns(of: reader)
            return (
                found.map { "\($0.name) \($0.type)" },
                try await run(try RecordPipeline(reader, RecordPlan(target: found)))
            )
        }
        await connection.close()
        #expect(
            types == [
                "id integer", "flight_no character varying(5)", "m text", "a integer", "p numeric(10,2)", "tz text",
                "tags text[]", "d jsonb", "b bytea", "r text", "cash text", "ip inet",
            ])
        #expect(
            outcome.copy
                == "1\ta\\tb\\\\\tok\t7\t1.50\t02:03:00+01\t{x,\"y,z\"}\t{\"k\": 1}\t\\\\x00ff\t[1,3)\t$12.50\t10.0.0.1\n"
                + "2" + String(repeating: "\t\\N", count: 11) + "\n")
    }

    @Test func valuesOfAnotherTypeAreQuarantinedAndChecksLookAtPlainText() async throws {
        let (name, connection) = try await Self.database(
            "CREATE TABLE t (v text, w text)",
            "INSERT INTO t VALUES ('1', E'x\\ty'), ('two', 'a'), (NULL, 'b'), ('4', E'\\\\')")
        let outcome = try await Self.withReader(of: "t", in: name) { reader in
            let plan = RecordPlan(
                target: try columns("v bigint!", "w text"),
                checks: [CheckSpec(name: "tab", columns: ["w"], rule: .matches("^[^\\\\]+$"))])
            return try await run(try RecordPipeline(reader, plan))
        }
        await connection.close()
        #expect(outcome.copy == "1\tx\\ty\n")
        #expect(outcome.faults == ["invalid_value@2+7:v", "null_not_allowed@3+13:v", "tab@4+18:w"])
        #expect(
            outcome.quarantined.map { String(decoding: $0.bytes, as: UTF8.self) } == [
                "two\ta\n", "\\N\tb\n", "4\t\\\\\n",
            ])
    }

    @Test func columnsThatDifferAreRefused() async throws {
        let (name, connection) = try await Self.database("CREATE TABLE t (a int, b int)")
        func refusal(_ plan: RecordPlan) async throws -> SourceFailure? {
            try await Self.failure {
                _ = try await Self.withReader(of: "t", in: name) { try await run(try RecordPipeline($0, plan)) }
            }
        }
        let (a, abc) = (try columns("a int"), try columns("a int", "b int", "c int"))
        #expect(try await refusal(RecordPlan(target: a, onNewColumn: .ignore)) == nil)
        #expect(try await refusal(RecordPlan(target: abc)) == nil)
        #expect(try await refusal(RecordPlan(target: a))?.isRetryable == true)
        #expect(try await refusal(RecordPlan(target: a, onNewColumn: .fail))?.code == .columnsDiffer)
        #expect(try await refusal(RecordPlan(target: abc, declared: try declared("c int")))?.column == "c")
        #expect(try await refusal(RecordPlan(target: try columns("a int", "b int", "c int!")))?.column == "c")
        await connection.close()
    }

    @Test func whatMayNotBeReadWholeIsRefused() async throws {
        let (name, connection) = try await Self.database("CREATE TABLE t (a int)", "CREATE TABLE secured (a int)")
        try await connection.execute("CREATE ROLE \(identifier: name) LOGIN")
        try await connection.execute("ALTER TABLE secured ENABLE ROW LEVEL SECURITY")
        try await connection.execute("GRANT SELECT ON secured TO \(identifier: name)")
        let identifier: String = try await connection.query("SELECT system_identifier::text FROM pg_control_system()")[
            0
        ]
        .decode(at: 0)
        func refusal(_ table: String, user: String? = nil, own: String? = nil) async throws -> SourceFailure? {
            try await Self.failure {
                _ = try await Self.withReader(of: table, in: name, user: user, own: own) {
                    try await run(try RecordPipeline($0, RecordPlan(target: try columns("a int"))))
                }
            }
        }
        #expect(try await refusal("t") == nil)
        #expect(try await refusal("t", own: "1") == nil)
        #expect(try await refusal("t", own: identifier)?.code == .sourceRefused)
        #expect(try await refusal("t", user: name)?.code == .sourceForbidden)
        #expect(try await refusal("secured", user: name)?.code == .sourceForbidden)
        #expect(try await refusal("missing")?.code == .sourceUnreadable)
        #expect(try await refusal("t", user: "nobody_\(name)")?.code == .sourceForbidden)
        try await connection.execute("DROP OWNED BY \(identifier: name)")
        try await connection.execute("DROP ROLE \(identifier: name)")
        await connection.close()
    }

    @Test func aSourceThatGoesAwayHalfWayIsForAnotherAttempt() async throws {
        let (name, connection) = try await Self.database(
            "CREATE TABLE t (a text)", "INSERT INTO t SELECT repeat('x', 1000) FROM generate_series(1, 20000)")
        let failure = try await Self.failure {
            try await Self.withReader(of: "t", in: name) { reader in
                let pipeline = try RecordPipeline(reader, RecordPlan(target: try columns("a text")))
                var batch = CopyBatch()
                #expect(try await pipeline.next(into: &batch))
                try await connection.execute(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
                )
                while try await pipeline.next(into: &batch) {}
            }
        }
        await connection.close()
        #expect(failure?.code == .sourceUnavailable && failure?.isRetryable == true)
    }

    @Test func refusalsOfAServerQuoteNothing() {
        let wrong = PostgresError(code: .connectionFailed, sqlState: "28P01", message: "password \"geheim\" is wrong")
        let failure = SourceFailure(wrong, server: "db:5432", user: "reader", table: nil)
        #expect(failure.code == .sourceForbidden && !failure.isRetryable)
        #expect(failure.detail == "db:5432 does not let user reader in (SQLSTATE 28P01)")
        let full = SourceFailure(
            PostgresError(code: .connectionFailed, sqlState: "53300", message: ""), server: "db", user: "u", table: nil)
        #expect(full.code == .sourceUnavailable && full.isRetryable)
    }

    @Test(.enabled(if: FileManager.default.fileExists(atPath: RealData.folder)))
    func allTablesOfChinook() async throws {
        let (name, connection) = try await Self.database()
        let script = try String(contentsOfFile: RealData.folder + "/chinook/Chinook_PostgreSql.sql", encoding: .utf8)
        // The script makes a database of its own; its tables come behind that.
        let body = script.split(separator: "\\c chinook;", maxSplits: 1).last ?? ""
        for statement in body.replacing("\r\n", with: "\n").split(separator: ";\n") {
            // Comments come before.
            guard let begin = statement.range(of: "CREATE TABLE") ?? statement.range(of: "INSERT INTO") else {
                continue
            }
            try await connection.execute(SQL(unsafe: String(statement[begin.lowerBound...])))
        }
        let expected = [
            "album": 347, "artist": 275, "customer": 59, "employee": 8, "genre": 25, "invoice": 412,
            "invoice_line": 2240,
            "media_type": 5, "playlist": 18, "playlist_track": 8715, "track": 3503,
        ]
        for (table, count) in expected {
            let outcome = try await Self.withReader(of: table, in: name) { reader in
                let found = try await Inspection.columns(of: reader)
                return try await run(try RecordPipeline(reader, RecordPlan(target: found)))
            }
            #expect(outcome.counts.accepted == count && outcome.counts.quarantined == 0, "\(table)")
        }
        await connection.close()
    }
}
