import Cryptography
import EventLoop
import Postgres
import Store
import TestSupport
import Testing

@testable import Access

/// Two servers that seal, beside those who write.
@Suite(.timeLimit(.minutes(2))) struct AuditSealerTests {
    private struct Installation: Sendable {
        let sessions: Sessions
        let sealers: [AuditSealer]
        let verifier: AuditVerifier
        let options: ConnectionOptions
    }

    private func with(_ body: @escaping @Sendable (Installation) async throws -> Void) async throws {
        let platform = try await TestPlatform.make()
        let group = try TestLoops.group()
        let source = SessionSource(
            server: { platform.options($0 == "control" ? .control : .warehouse) },
            principal: { platform.options(.warehouse, user: $0) })
        let sessions = Sessions(source: source, group: group)
        let key = try SecretKey.random()
        let witness = { @Sendable in AuditWitness(on: group.blocking, load: { nil }, save: { _ in }) }
        let installation = Installation(
            sessions: sessions,
            sealers: try (0..<2).map { _ in
                try AuditSealer(sessions: sessions, serverKey: key, witness: witness())
            },
            verifier: try AuditVerifier(sessions: sessions, serverKey: key, witness: witness()),
            options: platform.options(.control))
        do {
            try await TestLoops.run(on: group.next()) { try await body(installation) }
        } catch {
            await sessions.close()
            throw error
        }
        await sessions.close()
    }

    private static func append(_ count: Int, _ number: Int) -> SQL {
        """
        INSERT INTO sluice.read_audit (at, principal, surface, phase, datasets, columns, duration_us, policy_version, decision,
            request_id)
        SELECT clock_timestamp(), 'p', 'rows', 'whole', '{a.b}', '{a.b.c}', 1, 1, 'allowed', \("w\(number)-")::text || i
        FROM generate_series(1, \(Int64(count))) AS i
        """
    }

    private static func sum(_ sql: SQL, _ sessions: Sessions) async throws -> Int64 {
        try await sessions.withServerSession(.control) { try await $0.query(sql)[0].decode(at: 0) }
    }

    @Test func whatIsSealedIsCompleteWhoeverWrites() async throws {
        try await with { installation in
            let sessions = installation.sessions
            let rounds = 20
            try await withThrowingTaskGroup(of: Void.self) { group in
                for writer in 0..<3 {
                    group.addTask {
                        let connection = try await TestLoops.connect(installation.options)
                        for round in 0..<rounds {
                            try await connection.script("BEGIN")
                            try await connection.execute(Self.append(20, writer))
                            try await connection.execute("SELECT pg_sleep(0.05)")
                            try await connection.execute(Self.append(5, writer))
                            try await connection.script(round % 5 == 4 ? "ROLLBACK" : "COMMIT")
                        }
                        await connection.close()
                    }
                }
                for sealer in installation.sealers {
                    group.addTask {
                        // Many rounds in the time of one transaction of a writer.
                        for _ in 0..<300 {
                            _ = try await sealer.seal(.reads)
                            _ = try await Self.sum("SELECT 1::bigint FROM pg_sleep(0.002)", sessions)
                        }
                    }
                }
                try await group.waitForAll()
            }
            for _ in 0..<3 {
                for sealer in installation.sealers { while try await sealer.seal(.reads) {} }
            }
            let written = try await Self.sum("SELECT count(*) FROM sluice.read_audit", sessions)
            #expect(written == 3 * 25 * 16)
            #expect(
                try await Self.sum("SELECT coalesce(sum(entries), 0)::bigint FROM sluice.audit_seal", sessions)
                    == written)
            #expect(
                try await Self.sum("SELECT reads FROM sluice.read_usage WHERE column_name = 'c'", sessions) == written)
            #expect(try await Self.sum("SELECT count(*) FROM sluice.audit_seal", sessions) > 2)
            let found = try await installation.verifier.verify(from: nil, heads: [], within: .seconds(60))
            #expect(found.faults == [])
            #expect(found.entries >= written && found.unsealed == 0)
        }
    }

    @Test func aVerificationGoesOnWhereItsPieceEnded() async throws {
        try await with { installation in
            let sealer = installation.sealers[0]
            try await installation.sessions.withServerSession(.control) { connection in
                _ = try await connection.execute(Self.append(45_000, 0))
            }
            for _ in 0..<2 { while try await sealer.seal(.reads) {} }
            var (seals, entries, pieces) = (0, Int64(0), 0)
            var place: AuditVerification.Place?
            repeat {
                let piece = try await installation.verifier.verify(from: place, heads: [], within: .zero)
                #expect(piece.faults == [])
                seals += piece.seals
                entries += piece.entries
                pieces += 1
                place = piece.next
            } while place != nil
            #expect(entries == 45_000 && seals == 5 && pieces > 2)
        }
    }
}
