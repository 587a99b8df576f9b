import Postgres

/// What is sealed: the entries whose ids are greater than `afterID` and at most `lastID`.
struct SealedBatch: Sendable, Equatable {
    var afterID: Int64
    var lastID: Int64
    var entries: Int64
    /// Microseconds since the Unix epoch; `nil` without entries.
    var from: Int64?
    var to: Int64?
    /// Hexadecimal, as all digests here.
    var digest: String
}

extension AuditChain {
    /// What format 1 seals of an entry `e`. For good: another column is another format, beside this one.
    private var sealedColumns: SQL {
        switch self {
        case .changes:
            """
            e.id, e.at, e.principal, e.action, e.object, e.dataset_id, e.before, e.after, e.policy_version, e.request_id
            """
        case .reads:
            """
            e.id, e.at, e.principal, e.purpose, e.surface, e.phase, e.datasets, e.columns, e.row_count, e.byte_count,
            e.duration_us, e.policy_version, e.decision, e.code, e.statement, e.fingerprint, e.request_id
            """
        }
    }

    /// The batches of these ranges, in their order, with their entries as they are now.
    ///
    /// The digest is the SHA-256 of the entries' SHA-256, each of its columns in binary form with type and length
    /// (`record_send`), so that no two entries have the same bytes and no setting of a session changes them. The
    /// statement is the program's: a function in the database would be for whoever has that to replace. To be called
    /// in a transaction after `prepare`.
    func batches(_ ranges: [(afterID: Int64, lastID: Int64)], on connection: Connection) async throws -> [SealedBatch] {
        try await connection.query(
            """
            SELECT s.after_id, s.last_id, b.entries, \(raw: AuditSeal.micros("from_at")),
                \(raw: AuditSeal.micros("to_at")), encode(b.rows_digest, 'hex')
            FROM unnest(\(ranges.map(\.afterID)), \(ranges.map(\.lastID)))
                WITH ORDINALITY AS s (after_id, last_id, place)
            CROSS JOIN LATERAL (
                SELECT count(*) AS entries, min(e.at) AS from_at, max(e.at) AS to_at, sha256(coalesce(string_agg(
                    sha256(record_send(ROW(\(raw: sealedColumns)))), ''::bytea ORDER BY e.id), ''::bytea)) AS rows_digest
                FROM \(identifier: "sluice", table) AS e WHERE e.id > s.after_id AND e.id <= s.last_id
            ) AS b
            ORDER BY s.place
            """
        ).map(SealedBatch.init)
    }

    /// For the rest of a transaction: names mean what Postgres itself means by them, and no plan is compiled, which
    /// would cost more than it saves.
    static func prepare(_ connection: Connection) async throws {
        try await connection.script("SET LOCAL search_path = pg_catalog, pg_temp; SET LOCAL jit = off")
    }
}

extension SealedBatch {
    /// From the first six columns.
    init(_ row: Row) throws {
        afterID = try row.decode(at: 0)
        lastID = try row.decode(at: 1)
        entries = try row.decode(at: 2)
        from = try row.decode(at: 3)
        to = try row.decode(at: 4)
        digest = try row.decode(at: 5)
    }
}
