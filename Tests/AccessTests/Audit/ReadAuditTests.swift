import Access
import EventLoop
import Postgres
import Store
import TestSupport
import Testing

@Suite(.timeLimit(.minutes(1))) struct ReadAuditTests {
    private static func subject(_ datasets: [String] = ["sales.orders"]) -> ReadEntry.Subject {
        ReadEntry.Subject(
            principal: "ann", actingFor: "fraud", surface: "rows", datasets: datasets,
            columns: datasets.map { $0 + ".id" },
            policyVersion: 7)
    }

    /// Lends an audit and a connection to where it writes, on a loop.
    private func withAudit(_ body: @escaping @Sendable (ReadAudit, Connection) async throws -> Void) async throws {
        let platform = try await TestPlatform.make()
        let group = try TestLoops.group()
        let source = SessionSource(
            server: { _ in platform.options(.control) }, principal: { platform.options(.warehouse, user: $0) })
        let sessions = Sessions(source: source, group: group)
        let connection = try await TestLoops.connect(platform.options(.control))
        do {
            try await TestLoops.run(on: group.next()) { try await body(ReadAudit(sessions: sessions), connection) }
        } catch {
            await connection.close()
            await sessions.close()
            throw error
        }
        await connection.close()
        await sessions.close()
    }

    @Test func entriesArriveAsTheyWere() async throws {
        try await withAudit { audit, connection in
            let subject = Self.subject(["sales.orders", #"odd."{na\me},"#])
            var entry = ReadEntry(subject, requestID: "r1", statement: "SELECT '\t\\N\n', 'ä€😀'")
            entry.phase = .ended
            entry.rowCount = 3
            entry.byteCount = 0
            entry.duration = .microseconds(1_500_042)
            entry.decision = .failed
            entry.code = "timeout"
            try await audit.append(entry, durably: true)
            let rows = try await connection.query(
                """
                SELECT principal, surface, phase, datasets[2], columns[1], array_length(datasets, 1), row_count,
                    byte_count, duration_us, policy_version, decision, code, statement, request_id,
                    at BETWEEN now() - interval '1 min' AND clock_timestamp(), purpose
                FROM sluice.read_audit
                """)
            let row = try #require(rows.first)
            #expect(rows.count == 1)
            for (position, text) in [
                (0, "ann"), (1, "rows"), (2, "ended"), (3, #"odd."{na\me},"#), (4, "sales.orders.id"), (10, "failed"),
                (11, "timeout"), (12, "SELECT '\t\\N\n', 'ä€😀'"), (13, "r1"),
                (15, "fraud"),
            ] { #expect(try row.decode(at: position, as: String.self) == text) }
            for (position, number) in [(5, 2), (6, 3), (7, 0), (8, 1_500_042), (9, 7)] {
                #expect(try row.decode(at: position, as: Int.self) == number)
            }
            #expect(try row.decode(at: 14, as: Bool.self))
        }
    }

    @Test func whatIsUnknownIsNull() async throws {
        try await withAudit { audit, connection in
            try await audit.append(ReadEntry(Self.subject([]), requestID: "r"), durably: true)
            let rows = try await connection.query(
                "SELECT num_nulls(row_count, byte_count, code, statement), datasets = '{}' FROM sluice.read_audit")
            #expect(try rows.first?.decode(at: 0, as: Int.self) == 4)
            #expect(try rows.first?.decode(at: 1, as: Bool.self) == true)
        }
    }

    /// Postgres' text has no such character; a batch must not fail for it.
    @Test func aNulCharacterIsReplaced() async throws {
        try await withAudit { audit, connection in
            try await audit.append(ReadEntry(Self.subject(), requestID: "r", statement: "a\0b"), durably: true)
            let rows = try await connection.query("SELECT statement FROM sluice.read_audit")
            #expect(try rows.first?.decode(at: 0, as: String.self) == "a\u{FFFD}b")
        }
    }

    @Test func whoWaitsFindsItsEntryWrittenAndADrainAllOfThem() async throws {
        try await withAudit { audit, connection in
            try await withThrowingTaskGroup(of: Void.self) { group in
                for number in 0..<60 {
                    group.addTask {
                        let isWaiting = number % 3 == 0
                        try await audit.append(ReadEntry(Self.subject(), requestID: "r\(number)"), durably: isWaiting)
                        guard isWaiting else { return }
                        let rows = try await connection.query(
                            "SELECT FROM sluice.read_audit WHERE request_id = \("r\(number)")")
                        #expect(rows.count == 1)
                    }
                }
                try await group.waitForAll()
            }
            try await audit.drain()
            #expect(audit.backlog == 0)
            let rows = try await connection.query("SELECT count(DISTINCT request_id), count(*) FROM sluice.read_audit")
            #expect(try rows.first?.decode(at: 0, as: Int.self) == 60)
            #expect(try rows.first?.decode(at: 1, as: Int.self) == 60)
        }
    }

    @Test func whatCannotBeWrittenFailsWhoWaitsAndIsKept() async throws {
        try await withAudit { audit, connection in
            try await connection.execute("ALTER TABLE sluice.read_audit RENAME TO away")
            await #expect(throws: PostgresError.self) {
                try await audit.append(ReadEntry(Self.subject(), requestID: "first"), durably: true)
            }
            #expect(audit.backlog == 1)
            try await connection.execute("ALTER TABLE sluice.away RENAME TO read_audit")
            try await audit.append(ReadEntry(Self.subject(), requestID: "second"), durably: true)
            let rows = try await connection.query("SELECT request_id FROM sluice.read_audit ORDER BY id")
            #expect(try rows.map { try $0.decode(at: 0, as: String.self) } == ["first", "second"])
        }
    }
}
