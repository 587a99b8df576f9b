internal import Access
internal import Catalog
internal import JSON
internal import Postgres
internal import Store

/// One unit of a run's step: what the truth about it is kept by.
struct UnitKey: Sendable, Hashable {
    var run: Int64
    var step: String
    var unit: String
}

extension IngestWarehouse {
    /// How long a fence may wait for a commit that is under way before its session is ended.
    private static let fencePatience = "1s"
    static let fenceAttempts = 10

    /// Makes the dataset's ingest role if there is none, and raises the fence to `epoch`: no earlier attempt commits from
    /// here on. Returns the role.
    ///
    /// - Throws: `JobFailure` when a later attempt is in already.
    func openIngest(_ dataset: LoadedDataset, epoch: Int64, run: Int64) async throws -> String {
        let role = try await sessions.withServerSession { connection in
            try await connection.query("SELECT sluice.prepare_ingest(\(dataset.id))::text")[0].decode(
                at: 0, as: String.self)
        }
        try await logins.admit(role)
        for _ in 0..<Self.fenceAttempts {
            do {
                guard try await raiseFence(dataset.id, epoch: epoch, run: run) else {
                    throw JobFailure(PostgresError(code: .queryFailed, sqlState: "SL001", message: ""))
                }
                return role
            } catch let error as PostgresError where error.sqlState == "55P03" {
                // Somebody stands between its last statement and its commit, and does not move.
                try await endSessions(role: role, before: epoch)
            }
        }
        throw Refusal(.policyChanging, "the dataset is held by another attempt", hint: "It is tried again.")
    }

    private func raiseFence(_ dataset: Int64, epoch: Int64, run: Int64) async throws -> Bool {
        try await sessions.withServerSession { connection in
            try await connection.transaction { connection in
                try await connection.execute("SELECT set_config('lock_timeout', \(Self.fencePatience), true)")
                return try await connection.query("SELECT sluice.raise_fence(\(dataset), \(epoch), \(run))")[0].decode(
                    at: 0)
            }
        }
    }

    /// The counters of a unit that is loaded, or `nil`.
    func result(of key: UnitKey) async throws -> JSONValue? {
        let rows = try await sessions.withServerSession { connection in
            try await connection.query(
                """
                SELECT counts::text FROM sluice.unit_result
                WHERE run_id = \(key.run) AND step = \(key.step) AND unit = \(key.unit)
                """)
        }
        return try rows.first.map { try JSONValue.parse($0.decode(at: 0, as: String.self)) }
    }

    // MARK: Sessions of attempts

    /// Ends sessions of earlier attempts on which this attempt's session waits: they hold keys or locks that they can
    /// never commit.
    func endBlockers(role: String, epoch: Int64) async throws {
        let own = TargetSession.applicationName(epoch: epoch)
        try await sessions.withServerSession { connection in
            try await connection.execute(
                """
                SELECT pg_terminate_backend(z.pid)
                FROM pg_stat_activity AS m JOIN pg_stat_activity AS z ON z.pid = ANY (pg_blocking_pids(m.pid))
                WHERE m.usename = \(role) AND m.application_name = \(own) AND m.wait_event_type = 'Lock'
                    AND z.usename = \(role)
                    AND substring(z.application_name FROM '^sluice job ([0-9]+)$')::bigint < \(epoch)
                """)
        }
    }

    /// Ends the sessions of attempts before `epoch`.
    func endSessions(role: String, before epoch: Int64) async throws {
        try await sessions.withServerSession { connection in
            try await connection.execute(
                """
                SELECT pg_terminate_backend(a.pid, 2000) FROM pg_stat_activity AS a
                WHERE a.usename = \(role)
                    AND substring(a.application_name FROM '^sluice job ([0-9]+)$')::bigint < \(epoch)
                """)
        }
    }

    /// Ends the sessions of the attempt `epoch` itself, whose process is gone, and waits for that: afterwards nothing of
    /// it commits any more.
    func endSessions(role: String, epoch: Int64) async throws {
        try await sessions.withServerSession { connection in
            try await connection.execute(
                """
                SELECT pg_terminate_backend(a.pid, 10000) FROM pg_stat_activity AS a
                WHERE a.usename = \(role) AND a.application_name = \(TargetSession.applicationName(epoch: epoch))
                """)
        }
    }
}
