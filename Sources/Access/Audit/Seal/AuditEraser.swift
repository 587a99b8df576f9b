public import Cryptography
import EventLoop
import Postgres
public import Store

/// Deletes what is older than the retention: whole sealed batches, whose seals stay.
///
/// A day in UTC at a time, so that it is one bounded job a day and not one a batch. A batch that is not as it was sealed
/// is evidence, and is kept.
public final class AuditEraser: Sendable {
    /// The most batches and about how many entries go in one transaction.
    static let maxSeals = 1000
    static let maxEntries: Int64 = 100_000

    private let sessions: Sessions
    private let key: SecretKey
    /// Numbers of the batches that are kept as evidence.
    private let kept = Locked<[AuditChain: [Int64]]>([:])

    /// - Parameter serverKey: The key in the data dir.
    public init(sessions: Sessions, serverKey: SecretKey) throws(CryptographyError) {
        self.sessions = sessions
        key = try AuditSealer.key(from: serverKey)
    }

    /// Erases a piece of what is due. Whether to call again right away.
    ///
    /// - Throws: `AuditSealFailure.evidence`, once a batch, when it is due but not as it was sealed.
    public func erase(_ chain: AuditChain) async throws -> Bool {
        let days = try await sessions.withServerSession { connection in
            try await connection.query("SELECT days::bigint FROM sluice.audit_retention")
                .first?.decode(at: 0, as: Int64?.self)
        }
        guard let days else { return false }
        return try await sessions.withServerSession(chain.database) { connection in
            try await connection.transaction { connection in
                try await erase(chain, olderThan: days, on: connection)
            }
        }
    }

    private func erase(_ chain: AuditChain, olderThan days: Int64, on connection: Connection) async throws -> Bool {
        // Another server's batches are locked.
        let due = try await AuditSeal.select(
            chain,
            where: """
                erased_at IS NULL AND number <> ALL (\(kept.withLock { $0[chain] ?? [] }))
                AND coalesce(to_at, sealed_at) < date_trunc('day', now(), 'UTC') - \(days) * interval '1 day'
                """, limit: Self.maxSeals, lock: "FOR UPDATE SKIP LOCKED", on: connection)
        let seals = due.prefix(entries: Self.maxEntries)
        guard !seals.isEmpty else { return false }
        try await AuditChain.prepare(connection)
        let batches = try await chain.batches(seals.map(\.range), on: connection)
        let intact = zip(seals, batches).filter { seal, batch in
            seal.digest == seal.digest(under: key) && seal.batch == batch
        }.map(\.0)
        if intact.count < seals.count {
            let bad = Set(seals.map(\.number)).subtracting(intact.map(\.number)).sorted()
            kept.withLock { $0[chain, default: []] += bad }
            throw AuditSealFailure.evidence(chain, seals: bad)
        }
        try await record(chain, seals, days: days, on: connection)
        let now = try await AuditSeal.now(on: connection)
        for seal in seals {
            let digest = seal.erasureDigest(at: now, under: key)
            try await connection.execute(
                """
                SELECT sluice.erase_audit(\(seal.number), \(raw: AuditSeal.time(now)), decode(\(digest), 'hex'))
                """)
        }
        return true
    }

    /// Erasing is itself in the audit, before it happens: in the same transaction where that is possible, and where it is
    /// not, a crash leaves an entry and the batches, which are then erased with another.
    private func record(
        _ chain: AuditChain, _ seals: [AuditSeal], days: Int64, on connection: Connection
    ) async throws {
        let entries = seals.reduce(0) { $0 + $1.batch.entries }
        let (from, to) = (seals.compactMap(\.batch.from).min(), seals.compactMap(\.batch.to).max())
        let statement: SQL = """
            INSERT INTO sluice.change_audit (principal, action, object, after, policy_version, request_id)
            SELECT 'sluice', 'erase', \("audit of \(chain.rawValue)"), jsonb_build_object('entries', \(entries),
                'from', sluice.rfc3339(\(raw: AuditSeal.time(from))), 'to', sluice.rfc3339(\(raw: AuditSeal.time(to))),
                'firstSeal', \(seals[0].number), 'lastSeal', \(seals[seals.count - 1].number), 'days', \(days)),
                epoch, 'retention'
            FROM sluice.policy_epoch
            """
        if chain.database == .warehouse {
            try await connection.execute(statement)
        } else {
            try await sessions.withServerSession { _ = try await $0.execute(statement) }
        }
    }
}
