import Postgres
import Store

extension Queue {
    /// How often a worker gives a sign of life; silent for four times as long, it is declared lost.
    public static let heartbeatInterval = Duration.seconds(5)

    /// Makes an incarnation known, so that it can claim.
    public func register(_ worker: WorkerIncarnation) async throws {
        try await execute(
            """
            INSERT INTO sluice.worker (id, host, slots)
            VALUES (\(worker.id)::uuid, \(String(worker.host.prefix(255))), \(worker.slots))
            """)
    }

    /// A sign of life, also while draining. `false`: the worker has been declared lost or retired; its leases are
    /// others', so it kills its job processes and begins a new incarnation.
    public func heartbeat(_ workerID: String) async throws -> Bool {
        try await execute(
            """
            UPDATE sluice.worker SET heartbeat_at = sluice.queue_now()
            WHERE id = \(workerID)::uuid AND state IN ('live', 'draining')
            """) == 1
    }

    /// Gives the worker no more tasks.
    public func drain(_ workerID: String) async throws {
        try await execute("UPDATE sluice.worker SET state = 'draining' WHERE id = \(workerID)::uuid AND state = 'live'")
    }

    /// Ends an incarnation: by itself when it has drained, or by whoever saw its process end. Leases it still holds are
    /// released, so call it only when none of its job processes is alive or could be mistaken for a live one.
    public func retire(_ workerID: String) async throws {
        try await execute("SELECT sluice.retire(\(workerID)::uuid)")
        wakeWorkers()
    }

    @discardableResult
    private func execute(_ sql: SQL) async throws -> Int {
        try await sessions.withServerSession(.control) { connection in try await connection.execute(sql) }
    }
}
