import Catalog
import Postgres

extension Change {
    /// Runs statements that lock a dataset's table against those who read or load it.
    ///
    /// Who does not let go within `patience` fails the change: a load as `in_use`, with its run; readers as
    /// `HeldByReaders`, after which `Governance` makes it again behind a shut gate.
    func locking(
        _ dataset: Int64, _ address: DatasetAddress, within patience: Duration, _ body: () async throws -> Void
    ) async throws {
        // Between two chunks of a staged load nothing is locked.
        let staging = try await connection.query("SELECT sluice.run_staging(\(dataset))")
        if let run = try staging.first?.decode(at: 0, as: Int64?.self) { throw loading(address, run) }
        let patience = isBehindShutGate ? max(patience, Self.patienceBehindShutGate) : patience
        let milliseconds = Int64(patience / .milliseconds(1))
        try await connection.execute("SAVEPOINT locking")
        try await connection.execute("SET LOCAL lock_timeout = \(raw: SQL(unsafe: "\(milliseconds)"))")
        do {
            try await body()
        } catch let error as PostgresError where ["55P03", "40P01"].contains(error.sqlState) {
            try await connection.execute("ROLLBACK TO SAVEPOINT locking")
            guard let run = try await runLoading(dataset) else { throw HeldByReaders(dataset: dataset, cause: error) }
            throw loading(address, run)
        }
        try await connection.execute("SET LOCAL lock_timeout = 0")
        try await connection.execute("RELEASE SAVEPOINT locking")
    }

    /// Readers that wait with it would be refused, so they wait for nothing that they could have.
    private static let patienceBehindShutGate = Duration.seconds(2)

    private func loading(_ address: DatasetAddress, _ run: Int64) -> Refusal {
        Refusal(
            .inUse, "dataset \(address) is being loaded by run \(run)",
            hint: "Wait for the end of the run, or cancel it.")
    }

    /// The run that has the dataset's table open to load it, if one has.
    private func runLoading(_ dataset: Int64) async throws -> Int64? {
        try await connection.query(
            """
            SELECT f.run_id FROM sluice.fence AS f JOIN sluice.ingest_role AS i USING (dataset_id)
            WHERE f.dataset_id = \(dataset) AND EXISTS (
                SELECT FROM pg_locks AS l JOIN pg_stat_activity AS a ON a.pid = l.pid
                WHERE a.usename = i.role_name AND l.granted
                    AND l.relation = to_regclass(\(CompiledDataset.table(dataset))))
            """
        ).first?.decode(at: 0)
    }
}
