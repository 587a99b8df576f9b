import Postgres
public import Store

/// When each column was last read, by whom: what the sealing of reads keeps up (`sluice.read_usage`).
public struct ReadUsage: Sendable {
    /// The reads of one column by one principal for one purpose.
    public struct Entry: Sendable {
        /// Orders them.
        public var key: Key
        /// Its JSON as Postgres built it.
        public var text: String
    }

    /// Names one entry of a dataset.
    public struct Key: Sendable {
        /// Empty: the dataset, whatever was read of it.
        public var column: String
        public var principal: String
        /// Empty: for none.
        public var purpose: String

        public init(column: String, principal: String, purpose: String) {
            self.column = column
            self.principal = principal
            self.purpose = purpose
        }
    }

    private let sessions: Sessions

    public init(sessions: Sessions) {
        self.sessions = sessions
    }

    /// At most `limit` entries of a dataset, by column, principal and purpose.
    ///
    /// - Parameters:
    ///   - dataset: `domain.dataset`.
    ///   - principal: Of this one alone; `nil`: of all.
    ///   - after: The key after which the page begins.
    public func entries(
        of dataset: String, by principal: String?, after: Key?, limit: Int
    ) async throws -> [Entry] {
        var condition: SQL = "dataset = \(dataset)"
        if let principal { condition += " AND principal = \(principal)" }
        if let after {
            condition += """
                 AND (column_name, principal, purpose)
                > (\(after.column)::text, \(after.principal)::text, \(after.purpose)::text)
                """
        }
        return try await sessions.withServerSession(.control) { [condition] connection in
            try await connection.query(
                """
                SELECT column_name, principal, purpose, json_build_object(
                    'column', nullif(column_name, ''), 'principal', principal, 'purpose', nullif(purpose, ''),
                    'lastReadAt', to_char(last_read_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'),
                    'reads', reads)::text
                FROM sluice.read_usage WHERE \(raw: condition)
                ORDER BY column_name, principal, purpose LIMIT \(Int64(limit))
                """
            ).map { row in
                Entry(
                    key: Key(
                        column: try row.decode(at: 0), principal: try row.decode(at: 1), purpose: try row.decode(at: 2)),
                    text: try row.decode(at: 3))
            }
        }
    }
}
