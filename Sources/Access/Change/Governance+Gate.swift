internal import Catalog
import Postgres
import Store

/// Readers held a dataset's table for longer than a change that needs it for itself may wait.
struct HeldByReaders: Error {
    var dataset: Int64
    var cause: PostgresError
}

extension Governance {
    /// Makes a change of a dataset's definition that readers were in the way of: new ones get 503 `policy_changing`, those
    /// that run are ended as by a narrowing, and the gate is open again whatever becomes of the change.
    func behindShutGate<Value: Sendable>(
        _ held: HeldByReaders, _ change: () async throws -> Committed<Value>
    ) async throws -> Committed<Value> {
        var held = held
        var shut: Set<Int64> = []
        do {
            for _ in 0..<Self.attemptsBehindShutGate {
                if shut.insert(held.dataset).inserted { try await shutGate(held.dataset) }
                do {
                    let committed = try await change()
                    try await openGates(shut)
                    return committed
                } catch let again as HeldByReaders {
                    held = again
                }
            }
            throw held.cause
        } catch {
            // What this throws, the housekeeping will do: `settle` opens every gate whose view is as it must be.
            try? await openGates(shut)
            throw error
        }
    }

    /// Each waits for as long as readers have until they are ended, and for those in the queue before it.
    private static let attemptsBehindShutGate = 5

    private func shutGate(_ dataset: Int64) async throws {
        let version = try await sessions.withServerSession { connection in
            try await connection.transaction { connection in
                try await connection.execute("SELECT sluice.begin_change()")
                try await connection.execute("UPDATE sluice.dataset_gate SET shut = true WHERE dataset_id = \(dataset)")
                try await connection.execute(
                    "INSERT INTO sluice.narrowing (principals, datasets) VALUES (\([Int64]()), \([dataset]))")
                return try await connection.query("SELECT sluice.finish_change()")[0].decode(at: 0, as: Int64.self)
            }
        }
        try await fence(version)
    }

    /// Opens the gates of `datasets` that are shut still.
    private func openGates(_ datasets: Set<Int64>) async throws {
        let shut = try await sessions.withServerSession { connection in
            try await connection.query(
                "SELECT dataset_id FROM sluice.dataset_gate WHERE shut AND dataset_id = ANY (\(datasets.sorted()))"
            ).map { try $0.decode(at: 0, as: Int64.self) }
        }
        if !shut.isEmpty { _ = try await rebuild(shut) }
    }
}
