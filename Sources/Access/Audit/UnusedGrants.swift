import Postgres
public import Store

/// Grants to read, or to act for a purpose, that nobody has used for a while.
///
/// A read uses every grant in force that covers it; for a group, one by any member counts. Grants are in `warehouse`, uses
/// in `control`: a page of the former asks for the latter.
public struct UnusedGrants: Sendable {
    /// Grants whose use is looked up at once.
    private static let pageSize = 50

    /// One grant, as the API shows it, with its last use.
    public struct Found: Sendable {
        /// The grant's.
        public var id: Int64
        /// JSON: `{"grant": …, "lastUsedAt": TIME|null}`
        public var text: String
    }

    private let sessions: Sessions

    public init(sessions: Sessions) {
        self.sessions = sessions
    }

    /// At most `limit` grants that exist for `days` and were not used in them, by id.
    ///
    /// - Parameter after: The id after which they begin.
    public func unused(forDays days: Int, after: Int64, limit: Int) async throws -> [Found] {
        var found: [Found] = []
        var after = after
        while found.count < limit {
            let page = try await candidates(olderThan: days, after: after)
            guard let last = page.last else { break }
            after = last.id
            let uses = try await lastUses(of: page.map(\.question), days: days)
            for grant in page {
                guard let use = uses[grant.id] else { continue }
                let time = use.map { "\"\($0)\"" } ?? "null"
                found.append(Found(id: grant.id, text: "{\"grant\":\(grant.document),\"lastUsedAt\":\(time)}"))
            }
        }
        return Array(found.prefix(limit))
    }

    private struct Candidate {
        var id: Int64
        var document: String
        /// JSON: whose reads of what count.
        var question: String
    }

    /// Grants in force: who may read by each, and what.
    private func candidates(olderThan days: Int, after: Int64) async throws -> [Candidate] {
        try await sessions.withServerSession { connection in
            try await connection.query(
                """
                SELECT g.id, d.body::text, json_build_object(
                    'id', g.id, 'since', g.created_at,
                    'members', ARRAY(
                        SELECT p.name FROM sluice.principal AS p
                        WHERE p.id = g.subject_id OR p.id IN (
                            SELECT m.principal_id FROM sluice.membership AS m WHERE m.group_id = g.subject_id)),
                    'by_purpose', (SELECT u.name FROM sluice.purpose AS u WHERE u.id = g.subject_id),
                    'of_purpose', (SELECT u.name FROM sluice.purpose AS u WHERE u.id = g.scope_id),
                    'domain', (SELECT o.name FROM sluice.domain AS o WHERE o.id = g.scope_id),
                    'dataset', (SELECT sluice.dataset_address(s.id) FROM sluice.dataset AS s WHERE s.id = g.scope_id),
                    'columns', (SELECT json_agg(c.name) FROM sluice.dataset_column AS c
                                WHERE c.dataset_id = g.scope_id AND c.id = ANY (g.column_ids)))::text
                FROM sluice.access_grant AS g JOIN sluice.grant_document AS d ON d.id = g.id
                WHERE g.id > \(after) AND g.privilege IN ('select', 'act')
                    AND g.created_at <= now() - \(days) * interval '1 day'
                    AND coalesce(g.expires_at, 'infinity') > now()
                ORDER BY g.id LIMIT \(Int64(Self.pageSize))
                """
            ).map {
                Candidate(id: try $0.decode(at: 0), document: try $0.decode(at: 1), question: try $0.decode(at: 2))
            }
        }
    }

    /// The last use of those that were not used for `days`; `.some(nil)`: never.
    private func lastUses(of questions: [String], days: Int) async throws -> [Int64: String?] {
        try await sessions.withServerSession(.control) { connection in
            let rows = try await connection.query(
                """
                SELECT g.id, to_char(u.at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')
                FROM unnest(\(questions)::text[]) AS q (text)
                CROSS JOIN LATERAL json_to_record(q.text::json) AS g (id bigint, since timestamptz, members text[],
                    by_purpose text, of_purpose text, domain text, dataset text, columns text[])
                CROSS JOIN LATERAL (
                    SELECT max(r.last_read_at) AS at FROM sluice.read_usage AS r
                    WHERE (r.principal = ANY (g.members) OR r.purpose = g.by_purpose)
                        AND (g.dataset IS NULL OR r.dataset = g.dataset)
                        AND (g.domain IS NULL OR starts_with(r.dataset, g.domain || '.'))
                        AND (g.of_purpose IS NULL OR r.purpose = g.of_purpose)
                        AND CASE WHEN g.columns IS NULL THEN r.column_name = '' ELSE r.column_name = ANY (g.columns) END
                        AND r.last_read_at >= g.since
                ) AS u
                WHERE u.at IS NULL OR u.at <= now() - \(days) * interval '1 day'
                """)
            var uses: [Int64: String?] = [:]
            for row in rows { uses.updateValue(try row.decode(at: 1), forKey: try row.decode(at: 0)) }
            return uses
        }
    }
}
