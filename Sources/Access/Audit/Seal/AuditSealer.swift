public import Cryptography
import EventLoop
import Postgres
public import Store

/// Seals what has been written to the audits, behind those who write.
///
/// Every server does: whoever comes second finds nothing left to seal. A batch is sealed once no transaction can add to it
/// any more (`sluice.audit_mark`), so a seal is right for ever; why so: docs/decisions/0018.
public final class AuditSealer: Sendable {
    /// The most ids of a batch: what one seal's transaction reads, about 50 ms.
    static let batchSize: Int64 = 10_000
    /// The most batches of one call, so that the chains take turns.
    static let batchesPerCall = 20

    private struct Mark {
        var lastID: Int64
        var writers: [String]
        var takenAt: ContinuousClock.Instant
    }

    private struct State {
        var marks: [AuditChain: Mark] = [:]
        /// Ids of the next batch, where that is fewer than usual because its entries took too long to read.
        var sizes: [AuditChain: Int64] = [:]
        /// All that was written before is sealed.
        var sealedUpTo: [AuditChain: ContinuousClock.Instant] = [:]
    }

    private let sessions: Sessions
    private let key: SecretKey
    private let witness: AuditWitness
    private let start = ContinuousClock.now
    private let state = Locked(State())

    /// - Parameter serverKey: The key in the data dir, which all servers of an installation share.
    public init(sessions: Sessions, serverKey: SecretKey, witness: AuditWitness) throws(CryptographyError) {
        self.sessions = sessions
        self.witness = witness
        key = try Self.key(from: serverKey)
    }

    static func key(from serverKey: SecretKey) throws(CryptographyError) -> SecretKey {
        try serverKey.derived(for: "audit seals")
    }

    /// How old the oldest entry may be that is not sealed: for metrics.
    public func lag(of chain: AuditChain) -> Duration {
        .now - state.withLock { $0.sealedUpTo[chain] ?? start }
    }

    /// Seals what was written up to the last call, if that is settled. Whether to call again right away.
    ///
    /// - Throws: `AuditSealFailure` for what somebody should look at; sealing goes on with the next call.
    public func seal(_ chain: AuditChain) async throws -> Bool {
        try await sessions.withServerSession(chain.database) { connection in
            let head = try await witness.head(of: chain)
            let isWhole = try await Self.has(head, chain, on: connection)
            witness.note(chain, isWhole: isWhole)
            guard let mark = state.withLock({ $0.marks[chain] }) else {
                try await takeMark(chain, on: connection)
                return false
            }
            let settled = try await connection.query(
                "SELECT sluice.audit_has_settled(\(mark.writers)::text[])")
            guard try settled[0].decode(at: 0) else { return false }
            for _ in 0..<Self.batchesPerCall {
                guard let sealed = try await sealBatchInTime(of: chain, upTo: mark.lastID, on: connection) else {
                    state.withLock { $0.sealedUpTo[chain] = mark.takenAt }
                    try await takeMark(chain, on: connection)
                    if let head, !isWhole { throw AuditSealFailure.cutOff(head) }
                    return false
                }
                try await witness.advance(to: sealed.head)
            }
            return true
        }
    }

    /// Whether the chain still has a seal that was seen.
    static func has(_ head: AuditHead?, _ chain: AuditChain, on connection: Connection) async throws -> Bool {
        guard let head else { return true }
        let seals = try await AuditSeal.select(chain, where: "number = \(head.number)", limit: 1, on: connection)
        return seals.first?.digest == head.digest
    }

    /// Notes up to where ids have been given, and by whom they may still be used.
    private func takeMark(_ chain: AuditChain, on connection: Connection) async throws {
        // Before the mark: no id is sealed before it is given.
        let sealed = try await AuditSeal.last(of: chain, on: connection)?.batch.lastID
        let takenAt = ContinuousClock.now
        let rows = try await connection.query("SELECT last_id, writers FROM sluice.audit_mark()")
        let mark = Mark(lastID: try rows[0].decode(at: 0), writers: try rows[0].decode(at: 1), takenAt: takenAt)
        if let sealed, mark.lastID < sealed {
            // Somebody has set the sequence back, or restored the table without it: entries would land in sealed batches.
            try await connection.execute("SELECT sluice.audit_resume(\(sealed))")
            throw AuditSealFailure.idsSetBack(chain, to: mark.lastID, sealed: sealed)
        }
        state.withLock { $0.marks[chain] = mark }
    }

    /// Seals the next batch, a tenth of it where all of it takes too long: entries may hold a statement of a megabyte each.
    private func sealBatchInTime(
        of chain: AuditChain, upTo mark: Int64, on connection: Connection
    ) async throws -> AuditSeal? {
        let size = state.withLock { $0.sizes[chain] } ?? Self.batchSize
        do {
            let sealed = try await sealBatch(of: chain, upTo: mark, size: size, on: connection)
            state.withLock { $0.sizes[chain] = nil }
            return sealed
        } catch let error as PostgresError where error.code == .timedOut && size > 1 {
            state.withLock { $0.sizes[chain] = size / 10 }
            throw error
        }
    }

    /// Seals the next batch; `nil` when there is none up to `mark`.
    private func sealBatch(
        of chain: AuditChain, upTo mark: Int64, size: Int64, on connection: Connection
    ) async throws -> AuditSeal? {
        try await connection.transaction { connection in
            // Another server that seals has it for as long as this one would.
            try await connection.execute("LOCK TABLE sluice.audit_seal IN SHARE ROW EXCLUSIVE MODE")
            let last = try await AuditSeal.last(of: chain, on: connection)
            // The first begins below all ids: whatever somebody puts there is found.
            let (after, given) = (last?.batch.lastID ?? .min, max(last?.batch.lastID ?? 0, 0))
            guard given < mark else { return nil }
            try await AuditChain.prepare(connection)
            let batch = try await chain.batches([(after, min(given + size, mark))], on: connection)[0]
            let now = try await AuditSeal.now(on: connection)
            var seal = AuditSeal(
                chain: chain, number: (last?.number ?? 0) + 1, batch: batch, sealedAt: now,
                previous: last?.digest ?? AuditSeal.noDigest)
            seal.digest = seal.digest(under: key)
            try await seal.insert(on: connection)
            if chain == .reads {
                try await connection.execute("SELECT sluice.roll_up_reads(\(batch.afterID), \(batch.lastID))")
            }
            return seal
        }
    }
}

/// What a server tells its operator of the chains while it seals.
public enum AuditSealFailure: Error, CustomStringConvertible {
    /// The chain lacks a seal that this server has seen.
    case cutOff(AuditHead)
    /// Ids were given anew from `to` on, though those up to `sealed` are sealed; new ones are above it again.
    case idsSetBack(AuditChain, to: Int64, sealed: Int64)
    /// Batches that retention would erase are not as they were sealed; they stay.
    case evidence(AuditChain, seals: [Int64])
    /// A later version of the program has sealed.
    case unknownFormat(Int64)

    public var description: String {
        switch self {
        case .cutOff(let head):
            "the chain of \(head.chain.rawValue) lacks seal \(head.number), which this server has seen"
        case .idsSetBack(let chain, let to, let sealed):
            "the ids of \(chain.rawValue) were set back to \(to), though those up to \(sealed) are sealed; they go on above"
        case .evidence(let chain, let seals):
            "batches of \(chain.rawValue) are not as they were sealed, so retention keeps them; their seals: "
                + seals.prefix(20).map { "\($0)" }.joined(separator: ", ")
        case .unknownFormat(let format):
            "seals of format \(format) are of a later version of Sluice"
        }
    }
}
