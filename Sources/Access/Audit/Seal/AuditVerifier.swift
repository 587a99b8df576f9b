public import Cryptography
import EventLoop
import Postgres
public import Store

/// Compares the audits with their seals, in pieces of bounded time.
public struct AuditVerifier: Sendable {
    /// Faults after which looking further tells nothing new.
    public static let maxFaults = 100
    /// Age in seconds from which an entry should be sealed.
    static let maxUnsealedSeconds = 60.0
    /// Seals that are read at once, and about how many entries are compared by one statement.
    private static let pageSize = 500
    private static let entriesPerStatement: Int64 = 20_000

    private let sessions: Sessions
    private let key: SecretKey
    private let witness: AuditWitness

    /// - Parameter serverKey: The key in the data dir.
    public init(sessions: Sessions, serverKey: SecretKey, witness: AuditWitness) throws(CryptographyError) {
        self.sessions = sessions
        self.witness = witness
        key = try AuditSealer.key(from: serverKey)
    }

    /// The last seal of each chain that has one.
    public func heads() async throws -> [AuditHead] {
        var heads: [AuditHead] = []
        for chain in AuditChain.allCases {
            try await sessions.withServerSession(chain.database) { connection in
                if let last = try await AuditSeal.last(of: chain, on: connection) { heads.append(last.head) }
            }
        }
        return heads
    }

    /// Verifies from `place` on, for about `budget`.
    ///
    /// - Parameters:
    ///   - place: Where an earlier piece ended; `nil`: from the beginning.
    ///   - heads: Seals that were seen once and must still be there; looked for at the end of their chain.
    public func verify(
        from place: AuditVerification.Place?, heads: [AuditHead], within budget: Duration
    ) async throws -> AuditVerification {
        let end = ContinuousClock.now + budget
        var found = AuditVerification()
        let chains = AuditChain.allCases.drop { place != nil && $0 != place?.chain }
        for chain in chains {
            let start = place?.chain == chain ? place?.number ?? 0 : 0
            try await sessions.withServerSession(chain.database) { connection in
                try await verify(chain, after: start, before: end, &found, on: connection)
                if found.next == nil, found.faults.count < Self.maxFaults {
                    try await verifyEnd(of: chain, heads, &found, on: connection)
                }
            }
            if found.next != nil || found.faults.count >= Self.maxFaults { break }
        }
        return found
    }

    private func verify(
        _ chain: AuditChain, after start: Int64, before end: ContinuousClock.Instant,
        _ found: inout AuditVerification, on connection: Connection
    ) async throws {
        var previous = try await AuditSeal.select(chain, where: "number = \(start)", limit: 1, on: connection).first
        while let next = try await verifyPage(of: chain, after: previous, start, &found, on: connection) {
            previous = next
            if found.faults.count >= Self.maxFaults { return }
            if .now > end {
                found.next = AuditVerification.Place(chain: chain, number: next.number)
                return
            }
        }
    }

    /// Verifies the next few seals. Returns the last of them; `nil` when there are no more.
    private func verifyPage(
        of chain: AuditChain, after previous: AuditSeal?, _ start: Int64, _ found: inout AuditVerification,
        on connection: Connection
    ) async throws -> AuditSeal? {
        // Retention may erase meanwhile: seals and entries are of one snapshot.
        try await connection.transaction(isolation: .repeatableRead, readOnly: true) { connection in
            try await AuditChain.prepare(connection)
            let page = try await AuditSeal.select(
                chain, where: "number > \(previous?.number ?? start)", limit: Self.pageSize, on: connection)
            let seals = page.prefix(entries: Self.entriesPerStatement)
            var previous = previous
            for (seal, batch) in zip(seals, try await batches(of: seals, chain, on: connection)) {
                let faults = SealCheck(seal: seal, previous: previous, batch: batch, key: key).faults
                for fault in faults { found.faults.append(try await fault.dated(seal, on: connection)) }
                found.seals += 1
                found.entries += batch.entries
                if seal.erasedAt != nil { found.erased += seal.batch.entries }
                previous = seal
                if found.faults.count >= Self.maxFaults { break }
            }
            return seals.last == nil ? nil : previous
        }
    }

    /// The batches as they are now; of a seal whose format somebody altered, as it says.
    private func batches(
        of seals: [AuditSeal], _ chain: AuditChain, on connection: Connection
    ) async throws -> [SealedBatch] {
        let known = seals.filter { $0.format == AuditSeal.format }
        if let later = seals.first(where: { $0.format != AuditSeal.format && $0.digest == $0.digest(under: key) }) {
            throw AuditSealFailure.unknownFormat(later.format)
        }
        var found = try await chain.batches(known.map(\.range), on: connection).makeIterator()
        return seals.map { $0.format == AuditSeal.format ? found.next() ?? $0.batch : $0.batch }
    }

    /// What only the end of a chain tells: whether it was cut off, and whether sealing goes on.
    private func verifyEnd(
        of chain: AuditChain, _ heads: [AuditHead], _ found: inout AuditVerification, on connection: Connection
    ) async throws {
        // Before what is looked for: it is in the chain when it is in the witness.
        let seen = try await witness.head(of: chain)
        let last = try await AuditSeal.last(of: chain, on: connection)
        for head in ([seen].compactMap(\.self) + heads).unique() where head.chain == chain {
            guard try await !AuditSealer.has(head, chain, on: connection) else { continue }
            found.faults.append(
                AuditVerification.Fault(
                    chain: chain, problem: .cutOff, seal: head.number,
                    detail: head == seen
                        ? "this server has seen seal \(head.number), which is not in the chain any more"
                        : "seal \(head.number) is not the one whose digest was given"))
        }
        if let last { found.heads.append(last.head) }
        let rows = try await connection.query(
            """
            SELECT count(*), coalesce(extract(epoch FROM clock_timestamp() - min(at)), 0)::float8
            FROM \(identifier: "sluice", chain.table) WHERE id > \(last?.batch.lastID ?? .min)
            """)
        let (count, age): (Int64, Double) = (try rows[0].decode(at: 0), try rows[0].decode(at: 1))
        found.unsealed += count
        guard age > Self.maxUnsealedSeconds else { return }
        found.faults.append(
            AuditVerification.Fault(
                chain: chain, problem: .unsealed,
                detail: "\(count) entries are not sealed, the oldest for \(Int(age)) s"))
    }
}

extension Array where Element: Hashable {
    fileprivate func unique() -> [Element] {
        var seen: Set<Element> = []
        return filter { seen.insert($0).inserted }
    }
}

extension AuditVerification.Fault {
    /// The same with when the seal says that its entries were written.
    fileprivate func dated(_ seal: AuditSeal, on connection: Connection) async throws -> Self {
        let format = "YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\""
        let rows = try await connection.query(
            """
            SELECT to_char((\(raw: AuditSeal.time(seal.batch.from))) AT TIME ZONE 'UTC', \(format)::text),
                to_char((\(raw: AuditSeal.time(seal.batch.to))) AT TIME ZONE 'UTC', \(format)::text)
            """)
        var fault = self
        fault.from = try rows[0].decode(at: 0)
        fault.to = try rows[0].decode(at: 1)
        return fault
    }
}
