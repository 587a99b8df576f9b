internal import JSON
internal import Postgres
public import Store

/// The audit as one list, newest first: changes from `warehouse`, reads from `control`.
public struct AuditLog: Sendable {
    /// What to show. Times are RFC 3339, checked by the caller.
    public struct Filter: Sendable {
        /// Name of who asked; `nil`: of all.
        public var principal: String?
        /// Reads for this purpose only; `nil`: for any, and for none.
        public var purpose: String?
        /// `domain.dataset`; `nil`: of all, and of what is no dataset.
        public var dataset: String?
        /// Reads of this `domain.dataset.column`; `nil`: of any, and of none.
        public var column: String?
        /// Reads by statements of this form; `nil`: of any, and without one.
        public var fingerprint: String?
        /// `read`, or an action of a change: `create`, `put`, `delete`.
        public var action: String?
        /// The first moment, inclusive; `nil`: from the beginning.
        public var from: String?
        /// The moment after the last; `nil`: up to now.
        public var to: String?
        /// The key after which the page begins.
        public var after: Key?

        public init() {}

        var asksForReads: Bool { purpose != nil || column != nil || fingerprint != nil || action == "read" }
        var asksForChanges: Bool { action != nil && action != "read" }
    }

    /// In which order entries come.
    public enum Order: Sendable {
        case latestFirst, earliestFirst
    }

    /// Orders entries: time, then kind, then id.
    public struct Key: Sendable, Equatable, Comparable {
        public var at: String
        public var kind: String
        /// Of the row; unique within its `kind` only.
        public var id: Int64

        public init(at: String, kind: String, id: Int64) {
            self.at = at
            self.kind = kind
            self.id = id
        }

        public static func < (left: Key, right: Key) -> Bool {
            (left.at, left.kind, left.id) < (right.at, right.kind, right.id)
        }
    }

    /// One change or one read: its place in the list, and its JSON text as Postgres built it.
    public struct Entry: Sendable {
        public var key: Key
        public var text: String
    }

    private let sessions: Sessions

    public init(sessions: Sessions) {
        self.sessions = sessions
    }

    /// At most `limit` entries, latest first.
    public func entries(_ filter: Filter, limit: Int) async throws -> [Entry] {
        var entries: [Entry] = []
        for chain in AuditChain.allCases {
            entries += try await self.entries(of: chain, filter, .latestFirst, limit: limit)
        }
        return Array(entries.sorted { $0.key > $1.key }.prefix(limit))
    }

    /// At most `limit` entries of one of the two.
    func entries(of chain: AuditChain, _ filter: Filter, _ order: Order, limit: Int) async throws -> [Entry] {
        switch chain {
        case .changes: if filter.asksForReads { return [] }
        case .reads: if filter.asksForChanges { return [] }
        }
        return try await sessions.withServerSession(chain.database) { connection in
            switch chain {
            case .changes: try await Self.changes(filter, order, limit, on: connection)
            case .reads: try await Self.reads(filter, order, limit, on: connection)
            }
        }
    }

    /// Now, by the clock of the entries' database.
    func now() async throws -> String {
        let format = "YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\""
        return try await sessions.withServerSession { connection in
            try await connection.query("SELECT to_char(clock_timestamp() AT TIME ZONE 'UTC', \(format)::text)")[0]
                .decode(at: 0)
        }
    }

    private static func changes(
        _ filter: Filter, _ order: Order, _ limit: Int, on connection: Connection
    ) async throws -> [Entry] {
        var condition = common(filter, order, kind: "change")
        if let action = filter.action { condition += " AND action = \(action)" }
        if let dataset = filter.dataset {
            condition += " AND dataset_id = (SELECT id FROM sluice.dataset_document WHERE address = \(dataset))"
        }
        return try await select(
            """
            SELECT \(raw: Self.time), 'change', id, json_build_object(
                'at', \(raw: Self.time), 'principal', principal, 'action', action, 'object', object,
                'before', before, 'after', after, 'policyVersion', policy_version, 'decision', 'allowed',
                'requestId', request_id)::text
            FROM sluice.change_audit WHERE \(raw: condition) ORDER BY \(raw: order.sql) LIMIT \(Int64(limit))
            """, on: connection)
    }

    private static func reads(
        _ filter: Filter, _ order: Order, _ limit: Int, on connection: Connection
    ) async throws -> [Entry] {
        var condition = common(filter, order, kind: "read")
        if let dataset = filter.dataset { condition += " AND \(dataset) = ANY (datasets)" }
        if let column = filter.column { condition += " AND columns @> ARRAY[\(column)]" }
        if let fingerprint = filter.fingerprint { condition += " AND fingerprint = \(fingerprint)" }
        if let purpose = filter.purpose { condition += " AND purpose = \(purpose)" }
        return try await select(
            """
            SELECT \(raw: Self.time), 'read', id, json_build_object(
                'at', \(raw: Self.time), 'principal', principal, 'purpose', purpose, 'action', 'read',
                'surface', surface, 'phase', phase, 'datasets', datasets, 'columns', columns, 'rows', row_count, 'bytes', byte_count,
                'durationMicroseconds', duration_us, 'policyVersion', policy_version, 'decision', decision,
                'code', code, 'statement', statement, 'fingerprint', fingerprint,
                'requestId', request_id)::text
            FROM sluice.read_audit WHERE \(raw: condition) ORDER BY \(raw: order.sql) LIMIT \(Int64(limit))
            """, on: connection)
    }

    private static let time: SQL = "to_char(at AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"')"

    private static func common(_ filter: Filter, _ order: Order, kind: String) -> SQL {
        var condition: SQL = "true"
        if let principal = filter.principal { condition += " AND principal = \(principal)" }
        if let from = filter.from { condition += " AND at >= \(from)::timestamptz" }
        if let to = filter.to { condition += " AND at < \(to)::timestamptz" }
        if let after = filter.after {
            let comparison: SQL = order == .latestFirst ? "<" : ">"
            condition += """
                 AND (at, \(kind)::text, id) \(raw: comparison)
                (\(after.at)::timestamptz, \(after.kind)::text, \(after.id))
                """
        }
        return condition
    }

    private static func select(_ sql: SQL, on connection: Connection) async throws -> [Entry] {
        try await connection.query(sql).map { row in
            Entry(
                key: Key(at: try row.decode(at: 0), kind: try row.decode(at: 1), id: try row.decode(at: 2)),
                text: try row.decode(at: 3))
        }
    }
}

extension AuditLog.Order {
    fileprivate var sql: SQL {
        switch self {
        case .latestFirst: "at DESC, id DESC"
        case .earliestFirst: "at, id"
        }
    }
}
