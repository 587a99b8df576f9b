internal import Catalog
internal import JSON
internal import Postgres
internal import Scheduling
internal import Store

extension IngestWarehouse {
    /// The name of the principal as which the pipeline runs.
    func principal(of pipeline: Int64) async throws -> String {
        let rows = try await sessions.withServerSession { connection in
            try await connection.query(
                """
                SELECT r.name FROM sluice.pipeline AS p JOIN sluice.principal AS r ON r.id = p.run_as_id
                WHERE p.id = \(pipeline)
                """)
        }
        guard let row = rows.first else {
            throw Refusal(
                .notFound, "the pipeline is gone",
                hint: "The records stay in quarantine. Put the pipeline again, and ask for another replay.")
        }
        return try row.decode(at: 0)
    }

    /// Opens the ordered records to the attempt of the fence, with an audit entry of who reads them. Returns how many there
    /// are.
    func beginReplay(
        _ order: ReplayOrder, of dataset: LoadedDataset, pipeline: Int64, _ fencing: Assignment.Fencing
    ) async throws -> Int {
        let filter = order.filter
        let count: Int? = try await sessions.withServerSession { connection in
            try await connection.query(
                """
                SELECT sluice.begin_replay(
                    ROW(\(dataset.id), \(fencing.epoch), \(pipeline), \(fencing.step)::text, \(order.upTo), \(filter.run),
                        \(filter.rule)::text, \(filter.ids))::sluice.replay,
                    \(fencing.run), \(order.principal), \("\(dataset.address)"), \(JSONText(filter.json.text)),
                    \(fencing.policyVersion), \(order.requestID))
                """)[0].decode(at: 0)
        }
        guard let count else { throw JobFailure(PostgresError(code: .queryFailed, sqlState: "SL001", message: "")) }
        return count
    }
}
