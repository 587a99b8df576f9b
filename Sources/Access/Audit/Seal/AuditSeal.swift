import Cryptography
import Postgres

/// The seal over one batch of a chain: a row of `sluice.audit_seal`. A value without I/O but for its two statements.
struct AuditSeal: Sendable, Equatable {
    /// The digest before the first seal's.
    static let noDigest = String(repeating: "0", count: 64)
    /// Which `sluice.audit_batch_N` makes `batch.digest` of new seals.
    static let format: Int64 = 1

    /// What is sealed: the entries whose ids are greater than `afterID` and at most `lastID`.
    struct Batch: Sendable, Equatable {
        var afterID: Int64
        var lastID: Int64
        var entries: Int64
        /// Microseconds since the Unix epoch; `nil` without entries.
        var from: Int64?
        var to: Int64?
        /// Hexadecimal, as all digests here.
        var digest: String
    }

    var chain: AuditChain
    /// Counted from 1.
    var number: Int64
    var format = AuditSeal.format
    var batch: Batch
    /// Microseconds since the Unix epoch.
    var sealedAt: Int64
    /// Of the seal before.
    var previous: String
    var digest = ""
    /// When retention deleted the entries, in microseconds since the Unix epoch.
    var erasedAt: Int64?
    var erasedDigest: String?

    var head: AuditHead { AuditHead(chain: chain, number: number, digest: digest) }

    /// The HMAC-SHA-256 over everything that the seal says, one field a line: no field can contain a line break.
    func digest(under key: SecretKey) -> String {
        let fields: [String] = [
            "sluice audit seal", chain.rawValue, "\(number)", "\(format)", "\(batch.afterID)", "\(batch.lastID)",
            "\(batch.entries)", batch.from.map { "\($0)" } ?? "-", batch.to.map { "\($0)" } ?? "-", batch.digest,
            "\(sealedAt)", previous,
        ]
        return Self.code(fields, key)
    }

    /// The HMAC-SHA-256 that proves an erasure at that moment to be Sluice's own.
    func erasureDigest(at moment: Int64, under key: SecretKey) -> String {
        Self.code(["sluice audit erasure", digest, "\(moment)"], key)
    }

    private static func code(_ fields: [String], _ key: SecretKey) -> String {
        let message = Array((fields.joined(separator: "\n") + "\n").utf8)
        return Hex.encode(HMACSHA256.authenticationCode(for: message, key: key))
    }

    /// The batches of `seals`, all of this program's format, in their order, with their entries as they are now.
    static func batches(of seals: [AuditSeal], on connection: Connection) async throws -> [Batch] {
        try await connection.query(
            """
            SELECT s.after_id, s.last_id, b.entries, \(raw: micros("from_at")), \(raw: micros("to_at")),
                encode(b.rows_digest, 'hex')
            FROM unnest(\(seals.map(\.batch.afterID)), \(seals.map(\.batch.lastID)))
                WITH ORDINALITY AS s (after_id, last_id, place)
            CROSS JOIN LATERAL \(identifier: "sluice", "audit_batch_\(format)")(s.after_id, s.last_id) AS b
            ORDER BY s.place
            """
        ).map(Batch.init)
    }

    /// At most `limit` seals that `condition` admits.
    static func select(
        _ chain: AuditChain, where condition: SQL, order: SQL = "number", limit: Int, lock: SQL = "",
        on connection: Connection
    ) async throws -> [AuditSeal] {
        try await connection.query(
            """
            SELECT after_id, last_id, entries, \(raw: micros("from_at")), \(raw: micros("to_at")),
                encode(rows_digest, 'hex'), number, format::bigint, \(raw: micros("sealed_at")), encode(previous, 'hex'), encode(digest, 'hex'),
                \(raw: micros("erased_at")), encode(erased_digest, 'hex')
            FROM sluice.audit_seal WHERE \(raw: condition) ORDER BY \(raw: order) LIMIT \(Int64(limit)) \(raw: lock)
            """
        ).map { row in
            AuditSeal(
                chain: chain, number: try row.decode(at: 6), format: try row.decode(at: 7), batch: try Batch(row),
                sealedAt: try row.decode(at: 8), previous: try row.decode(at: 9), digest: try row.decode(at: 10),
                erasedAt: try row.decode(at: 11), erasedDigest: try row.decode(at: 12))
        }
    }

    /// The batch after an id, through another, as it is now.
    static func batch(
        after afterID: Int64, through lastID: Int64, on connection: Connection
    ) async throws -> Batch {
        try await connection.query(
            """
            SELECT \(afterID), \(lastID), entries, \(raw: micros("from_at")), \(raw: micros("to_at")),
                encode(rows_digest, 'hex')
            FROM \(identifier: "sluice", "audit_batch_\(format)")(\(afterID), \(lastID))
            """
        ).map(Batch.init)[0]
    }

    /// The chain's last seal.
    static func last(of chain: AuditChain, on connection: Connection) async throws -> AuditSeal? {
        try await select(chain, where: "true", order: "number DESC", limit: 1, on: connection).first
    }

    /// The database's clock, in microseconds since the Unix epoch.
    static func now(on connection: Connection) async throws -> Int64 {
        let rows = try await connection.query("SELECT (extract(epoch FROM clock_timestamp()) * 1000000)::bigint")
        return try rows[0].decode(at: 0)
    }

    func insert(on connection: Connection) async throws {
        try await connection.execute(
            """
            INSERT INTO sluice.audit_seal (number, format, after_id, last_id, entries, from_at, to_at, rows_digest,
                sealed_at, previous, digest)
            VALUES (\(number), \(format), \(batch.afterID), \(batch.lastID), \(batch.entries),
                \(raw: Self.time(batch.from)), \(raw: Self.time(batch.to)), decode(\(batch.digest), 'hex'),
                \(raw: Self.time(sealedAt)), decode(\(previous), 'hex'), decode(\(digest), 'hex'))
            """)
    }

    /// Exact: a number of microseconds is below 2^53.
    static func time(_ micros: Int64?) -> SQL { "to_timestamp(0) + \(micros) * interval '1 microsecond'" }

    private static func micros(_ column: String) -> SQL {
        "(extract(epoch FROM \(identifier: column)) * 1000000)::bigint"
    }
}

extension AuditSeal.Batch {
    fileprivate init(_ row: Row) throws {
        afterID = try row.decode(at: 0)
        lastID = try row.decode(at: 1)
        entries = try row.decode(at: 2)
        from = try row.decode(at: 3)
        to = try row.decode(at: 4)
        digest = try row.decode(at: 5)
    }
}
