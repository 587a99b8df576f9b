internal import Classification
import Postgres

/// What is kept of a dataset's classification.
struct ClassificationTables {
    /// What a dataset was when it was looked at.
    struct Version: Sendable {
        var number: Int64
        var columns: String
        /// When it was looked at, as Postgres writes it.
        var readAt: String
    }

    let connection: Connection
    let dataset: Int64

    func version() async throws -> Version? {
        let rows = try await connection.query(
            """
            SELECT d.version, sluice.column_state(d.id), clock_timestamp()::text
            FROM sluice.dataset AS d WHERE d.id = \(dataset)
            """)
        guard let row = rows.first else { return nil }
        return Version(
            number: try row.decode(at: 0), columns: try row.decode(at: 1), readAt: try row.decode(at: 2))
    }

    /// Notes verdicts beside what was decided: a suggestion is replaced or goes, all else stays as it is.
    func write(_ verdicts: DatasetVerdicts, _ version: Version) async throws {
        try await connection.execute(
            """
            UPDATE sluice.dataset_classification
            SET dataset_version = \(version.number), columns = \(version.columns), row_count = \(Int64(verdicts.rowCount)),
                classified_at = clock_timestamp(), failure = NULL, failures = 0, next_at = now(),
                -- A wish from later than the sample stands.
                wanted_at = CASE WHEN wanted_at > \(version.readAt)::timestamptz THEN wanted_at END
            WHERE dataset_id = \(dataset)
            """)
        let found = verdicts.columns.compactMap { column in column.verdict.map { (id: column.id, verdict: $0) } }
        try await connection.execute(
            """
            DELETE FROM sluice.column_classification
            WHERE dataset_id = \(dataset) AND state = 'suggested' AND column_id <> ALL (\(found.map { Int64($0.id) })::bigint[])
            """)
        for column in found { try await write(column.verdict, of: column.id) }
    }

    // One column less than the sample had may be there by now.
    private func write(_ verdict: Verdict, of column: Int) async throws {
        let evidence = verdict.evidence
        try await connection.execute(
            """
            INSERT INTO sluice.column_classification AS k
                (dataset_id, column_id, entity, confidence, share, value_count, recogniser, name_rule)
            SELECT c.dataset_id, c.id, \(verdict.entity.rawValue), \(verdict.confidence), \(evidence.share),
                \(Int64(evidence.valueCount)), \(evidence.recogniser), \(evidence.nameRule)
            FROM sluice.dataset_column AS c WHERE c.dataset_id = \(dataset) AND c.id = \(Int64(column))
            ON CONFLICT (dataset_id, column_id) DO UPDATE
            SET entity = excluded.entity, confidence = excluded.confidence, share = excluded.share,
                value_count = excluded.value_count, recogniser = excluded.recogniser, name_rule = excluded.name_rule,
                classified_at = now(), version = k.version + 1
            WHERE k.state = 'suggested'
            """)
    }

    /// Notes that it was in vain, and waits: a minute, two, four, at most an hour.
    func write(_ failure: ClassificationFailure) async throws {
        try await connection.execute(
            """
            UPDATE sluice.dataset_classification
            SET failure = \(failure.rawValue), failures = failures + 1,
                next_at = clock_timestamp() + least(interval '1 hour', interval '1 minute' * 2 ^ least(failures, 6))
            WHERE dataset_id = \(dataset)
            """)
    }
}
