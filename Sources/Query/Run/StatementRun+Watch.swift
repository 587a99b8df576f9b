import EventLoop
import Postgres
import Store
import Synchronization

extension StatementRun {
    /// Ends the statement when its time is over: by a cancel request, and if that is not enough by terminating its backend.
    func watched<T>(
        _ connection: Connection, _ runner: StatementRunner, _ body: () async throws -> T
    ) async throws -> T {
        let loop = connection.loop
        let backend = await connection.backendPID
        let guardian = Guardian()
        let timer = loop.schedule(after: deadline - .now) {
            self.noteOverBudget()
            loop.spawn {
                await runner.reporting("cancel") { try await connection.cancel() }
                await runner.reporting("terminate") {
                    try await loop.sleep(for: StatementRunner.cancelPatience)
                    guard guardian.isWatching else { return }
                    _ = try await runner.sessions.withServerSession { server in
                        try await server.query("SELECT pg_terminate_backend(\(Int64(backend))::int)")
                    }
                }
            }
        }
        defer {
            timer.cancel()
            guardian.stop()
        }
        return try await body()
    }
}

/// Whether a statement is still under watch.
private final class Guardian: Sendable {
    private let watching = Atomic(true)

    var isWatching: Bool { watching.load(ordering: .acquiring) }
    func stop() { watching.store(false, ordering: .releasing) }
}
