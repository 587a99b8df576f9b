public import Postgres

/// What of a dataset is in quarantine: records as they came, which no mask and no row filter governs.
public struct QuarantineList: Sendable {
    /// A page ends before the record that would bring its records' bytes above this; a longer record is a page alone.
    public static let maxPageBytes = 4 << 20

    /// Whose quarantine.
    public var datasetID: Int64
    /// Only records of this run; `nil`: of any.
    public var run: Int64?
    /// The name of a check, or the code of a fault.
    public var rule: String?

    public init(datasetID: Int64, run: Int64? = nil, rule: String? = nil) {
        self.datasetID = datasetID
        self.run = run
        self.rule = rule
    }

    /// A record that was kept aside.
    public struct Item: Sendable {
        /// By which pages go on.
        public var id: Int64
        /// The item as JSON.
        public var text: String
    }

    /// A page of records, within both bounds.
    public struct Page: Sendable {
        /// In the order in which they were kept: of a unit, that of the source.
        public var items: [Item] = []
        public var hasMore = false
    }

    /// At most `limit` records, and `maxPageBytes`, after the one with id `after`. Uses the primary key, or
    /// `quarantine_run_idx` with a run; a rule is sought through them.
    public func page(after: Int64, limit: Int, on connection: Connection) async throws -> Page {
        // The table is made with the first load, and goes with the dataset.
        let table = "sluice.quarantine_d\(datasetID)"
        guard try await connection.query("SELECT to_regclass(\(table)) IS NOT NULL")[0].decode(at: 0) else {
            return Page()
        }
        var condition: SQL = "r.id > \(after)"
        if let run { condition += " AND r.run_id = \(run)" }
        if let rule { condition += " AND r.rule = \(rule)" }
        let rows = try await connection.query(
            """
            SELECT q.id, json_build_object(
                'id', q.id::text, 'run', q.run_id::text, 'source', q.source, 'line', q.line,
                'byteOffset', q.byte_offset, 'bytes', translate(encode(q.bytes, 'base64'), E'\\n', ''),
                'rule', q.rule, 'column', q.column_name, 'error', q.error, 'at', sluice.rfc3339(q.at))::text, q.found
            FROM (
                SELECT f.id, f.run_id, f.source, f.line, f.byte_offset, f.bytes, f.rule, f.column_name, f.error, f.at,
                    row_number() OVER w AS place, sum(octet_length(f.bytes)) OVER w AS size, count(*) OVER () AS found
                FROM (
                    SELECT r.id, r.run_id, r.source, r.line, r.byte_offset, r.bytes, r.rule, r.column_name, r.error, r.at
                    FROM \(raw: SQL(unsafe: table)) AS r
                    WHERE \(raw: condition)
                    ORDER BY r.id
                    LIMIT \(Int64(limit + 1))) AS f
                WINDOW w AS (ORDER BY f.id)) AS q
            WHERE q.place = 1 OR (q.place <= \(Int64(limit)) AND q.size <= \(Int64(Self.maxPageBytes)))
            ORDER BY q.id
            """)
        guard let first = rows.first else { return Page() }
        return Page(
            items: try rows.map { Item(id: try $0.decode(at: 0), text: try $0.decode(at: 1)) },
            hasMore: try first.decode(at: 2, as: Int64.self) > Int64(rows.count))
    }
}
