import Postgres

/// Seals as rows of `sluice.audit_seal`.
extension AuditSeal {
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
                chain: chain, number: try row.decode(at: 6), format: try row.decode(at: 7), batch: try SealedBatch(row),
                sealedAt: try row.decode(at: 8), previous: try row.decode(at: 9), digest: try row.decode(at: 10),
                erasedAt: try row.decode(at: 11), erasedDigest: try row.decode(at: 12))
        }
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

    /// A time in whole microseconds since the Unix epoch.
    static func micros(_ column: String) -> SQL {
        "(extract(epoch FROM \(identifier: column)) * 1000000)::bigint"
    }
}
