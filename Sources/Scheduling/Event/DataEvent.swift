import Postgres
public import Store

/// That a dataset's data has changed. Numbered by the leader after the commit, in the order of visibility and without a
/// gap: whoever keeps the last number has seen all events up to it.
public struct DataEvent: Sendable, Hashable {
    /// From 1, without a gap.
    public var number: Int64
    /// In `warehouse`.
    public var datasetID: Int64
    /// The run whose unit it was; `nil`: rows that were sent.
    public var run: RunID?
    public var at: UnixTime

    /// The next events after `number`, at most 1,000. Where the first one does not follow `number`, those between are
    /// older than they are kept.
    public static func after(_ number: Int64, limit: Int = 1000, in sessions: Sessions) async throws -> [DataEvent] {
        let rows = try await sessions.withServerSession { connection in
            try await connection.query(
                """
                SELECT number, dataset_id, run_id, floor(extract(epoch FROM at))::bigint FROM sluice.data_event
                WHERE number > \(number) ORDER BY number LIMIT \(Int64(min(limit, 1000)))
                """)
        }
        return try rows.map { row in
            DataEvent(
                number: try row.decode(at: 0), datasetID: try row.decode(at: 1),
                run: try row.decode(at: 2, as: Int64?.self).map { RunID($0) }, at: UnixTime(try row.decode(at: 3)))
        }
    }
}
