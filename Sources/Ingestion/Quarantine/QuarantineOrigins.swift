public import Catalog
public import Postgres

/// Which steps read the records of a dataset's quarantine that a filter means.
public struct QuarantineOrigins: Sendable {
    /// Different steps that are told apart: those of a dataset are few.
    private static let maxOrigins = 100
    /// Units of a time that did not keep their origin, which are looked up at once.
    private static let maxUnknownUnits = 1000

    /// Whose quarantine.
    public var datasetID: Int64
    public var filter: QuarantineFilter

    public init(datasetID: Int64, filter: QuarantineFilter) {
        self.datasetID = datasetID
        self.filter = filter
    }

    /// A step with records.
    public struct Origin: Sendable {
        /// `nil`: it is gone.
        public var pipelineID: Int64?
        /// `domain.name`; empty when it is not known.
        public var pipeline: String
        /// `nil`: not known.
        public var step: String?
        /// The id of the last of its records.
        public var lastRecord: Int64
        /// The id of the last run that left one.
        public var lastRun: Int64
    }

    /// A source that a run read.
    public struct Unit: Sendable {
        /// The id in the queue.
        public var run: Int64
        public var source: String
        public var step: String
    }

    /// Every step with records, those of a pipeline that is there first.
    public func found(on connection: Connection) async throws -> [Origin] {
        guard try await hasTable(connection) else { return [] }
        return try await connection.query(
            """
            SELECT s.pipeline_id, coalesce(min(s.pipeline), ''), s.step, max(q.id), max(q.run_id)
            FROM \(raw: table) AS q
            LEFT JOIN sluice.replayable_source AS s ON s.dataset_id = q.dataset_id AND s.run_id = q.run_id
                AND s.step = q.step AND s.source = q.source
            WHERE \(raw: condition)
            GROUP BY s.pipeline_id, CASE WHEN s.pipeline_id IS NULL THEN s.pipeline END, s.step
            ORDER BY s.pipeline_id, s.step
            LIMIT \(Self.maxOrigins)
            """
        ).map { row in
            Origin(
                pipelineID: try row.decode(at: 0), pipeline: try row.decode(at: 1), step: try row.decode(at: 2),
                lastRecord: try row.decode(at: 3), lastRun: try row.decode(at: 4))
        }
    }

    /// Units with records of a time that did not keep who read them, and of which one step is known to have.
    public func unknownUnits(on connection: Connection) async throws -> [Unit] {
        guard try await hasTable(connection) else { return [] }
        return try await connection.query(
            """
            SELECT u.run_id, u.unit, min(u.step)
            FROM (SELECT DISTINCT q.run_id, q.source FROM \(raw: table) AS q WHERE q.step IS NULL AND \(raw: condition)) AS k
            JOIN sluice.unit_result AS u ON u.run_id = k.run_id AND u.unit = k.source AND u.dataset_id = \(datasetID)
            GROUP BY u.run_id, u.unit HAVING count(*) = 1
            ORDER BY u.run_id LIMIT \(Self.maxUnknownUnits)
            """
        ).map { row in
            Unit(run: try row.decode(at: 0), source: try row.decode(at: 1), step: try row.decode(at: 2))
        }
    }

    /// Notes whose records a unit's are. How they were read stays unknown.
    public func adopt(_ unit: Unit, pipeline: Int64, _ address: String, on connection: Connection) async throws {
        try await connection.execute(
            """
            SELECT sluice.adopt_source(
                \(datasetID), \(unit.run), \(unit.source), \(unit.step), \(pipeline), \(address))
            """)
    }

    private var table: SQL { SQL(unsafe: "sluice.quarantine_d\(datasetID)") }

    private var condition: SQL {
        var condition: SQL = "true"
        if let run = filter.run { condition += " AND q.run_id = \(run)" }
        if let rule = filter.rule { condition += " AND q.rule = \(rule)" }
        if let ids = filter.ids { condition += " AND q.id = ANY (\(ids))" }
        return condition
    }

    /// The table is made with the first load, and goes with the dataset.
    private func hasTable(_ connection: Connection) async throws -> Bool {
        try await connection.query("SELECT to_regclass(\(table.text)) IS NOT NULL")[0].decode(at: 0)
    }
}
