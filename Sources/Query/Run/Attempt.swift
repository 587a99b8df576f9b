import EventLoop
import Postgres
import Store
import Synchronization

/// One run of a statement, watched from outside.
final class Attempt: Sendable {
    private struct State {
        var isOverBudget = false
        var hasSent = false
    }

    private let queue: ChunkQueue
    private let deadline: ContinuousClock.Instant
    private let state = Mutex(State())

    init(queue: ChunkQueue, deadline: ContinuousClock.Instant) {
        self.queue = queue
        self.deadline = deadline
    }

    var isOverBudget: Bool { state.withLock { $0.isOverBudget } }
    /// Whether some of the result has left: then it cannot be run again.
    var hasSent: Bool { state.withLock { $0.hasSent } }

    func run(
        _ sql: SQL, as kind: SessionKind, _ rows: FormattedRows, sessions: Sessions
    ) async throws -> ([UInt8], ResultSummary) {
        switch kind {
        case .rows(let role):
            try await sessions.withRowsSession(role: role) { connection in
                try await watched(connection, sessions) { try await read(sql, on: connection, rows) }
            }
        case .query(let role):
            try await sessions.withQuerySession(role: role) { connection in
                try await watched(connection, sessions) { try await read(sql, on: connection, rows) }
            }
        case .warehouse, .control:
            preconditionFailure("a principal's statement in the server's own session")
        }
    }

    private func read(
        _ sql: SQL, on connection: Connection, _ rows: FormattedRows
    ) async throws -> ([UInt8], ResultSummary) {
        // The budget is enforced by `watched`; the connection's own time-out is about a silent server.
        let silence = deadline - .now + StatementRunner.cancelPatience * 4
        return try await connection.stream(sql, timeout: silence) { stream in
            var rows = rows
            var output: [UInt8] = []
            var cells: [WireCell] = []
            var threshold = rows.isPage ? StatementRunner.pageBytes : StatementRunner.completeBytes
            rows.begin(stream.columns, into: &output)
            var isComplete = false
            while !isComplete, let batch = try await stream.next() {
                var next = 0
                while next < batch.count, !isComplete {
                    next = batch.scan(from: next) { row in
                        isComplete = !rows.add(row, &cells, into: &output)
                        return !isComplete && output.count < threshold
                    }
                    guard output.count >= threshold else { continue }
                    state.withLock { $0.hasSent = true }
                    try await queue.send(output)
                    output.removeAll(keepingCapacity: true)
                    threshold = StatementRunner.chunkBytes
                }
            }
            let summary = try rows.finish(into: &output)
            return (output, summary)
        }
    }

    /// Ends the statement when its time is over: by a cancel request, and if that is not enough by terminating its backend.
    private func watched<T>(_ connection: Connection, _ sessions: Sessions, _ body: () async throws -> T) async throws
        -> T
    {
        let loop = connection.loop
        let backend = await connection.backendPID
        let guardian = Guardian()
        let timer = loop.schedule(after: deadline - .now) {
            self.state.withLock { $0.isOverBudget = true }
            loop.spawn {
                try? await connection.cancel()
                try? await loop.sleep(for: StatementRunner.cancelPatience)
                guard guardian.isWatching else { return }
                _ = try? await sessions.withServerSession { server in
                    try await server.query("SELECT pg_terminate_backend(\(Int64(backend))::int)")
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
