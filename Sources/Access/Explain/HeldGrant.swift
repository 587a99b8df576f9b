import Postgres

/// One row of `held_grant` that lets a principal read a dataset.
struct HeldGrant: Sendable {
    var id: Int64?
    var columns: [Int]?
    var text: String

    static func read(subjects: [Int64], dataset: Int64, on connection: Connection) async throws -> [HeldGrant] {
        let rows = try await connection.query(
            """
            SELECT h.grant_id, h.column_ids::bigint[], concat_ws(' ',
                CASE WHEN h.grant_id IS NULL THEN 'ownership:' ELSE 'grant ' || h.grant_id || ':' END, h.privilege, 'on',
                sluice.scope_address(h.scope_id), 'to', sluice.subject_address(h.subject_id),
                'until ' || sluice.rfc3339(h.until))
            FROM sluice.held_grant AS h
            JOIN sluice.dataset AS ds ON ds.id = \(dataset)
            WHERE h.scope_id IN (0, ds.domain_id, ds.id) AND h.subject_id = ANY (\(subjects))
                AND h.privilege IN ('select', 'manage') AND h.until > statement_timestamp()
            ORDER BY h.grant_id
            """)
        return try rows.map { row in
            HeldGrant(
                id: try row.decode(at: 0), columns: try row.decode(at: 1, as: [Int64]?.self)?.map(Int.init),
                text: try row.decode(at: 2))
        }
    }
}
