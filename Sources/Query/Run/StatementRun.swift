import EventLoop
import Postgres
import Store

/// One run of a statement, watched from outside.
final class StatementRun: Sendable {
    private struct State {
        var isOverBudget = false
        var hasSent = false
    }

    private let queue: ChunkQueue
    let deadline: ContinuousClock.Instant
    private let state = Locked(State())

    init(queue: ChunkQueue, deadline: ContinuousClock.Instant) {
        self.queue = queue
        self.deadline = deadline
    }

    var isOverBudget: Bool { state.withLock { $0.isOverBudget } }
    func noteOverBudget() { state.withLock { $0.isOverBudget = true } }

    /// Whether some of the result has left: then it cannot be run again.
    var hasSent: Bool { state.withLock { $0.hasSent } }

    /// How long the server may say nothing. The budget is enforced by `watched`; this is about a server that is gone.
    private var silence: Duration { deadline - .now + StatementRunner.cancelPatience * 4 }

    /// Runs the statement in a session of `kind` and passes on what is too large for one piece.
    ///
    /// - Returns: What is left of the result, or all of it, and how it ended.
    func result(
        of sql: SQL, as kind: SessionKind, _ rows: FormattedRows, _ runner: StatementRunner
    ) async throws -> ([UInt8], ResultSummary) {
        switch kind {
        case .rows(let role):
            try await runner.sessions.withRowsSession(role: role) { connection in
                try await watched(connection, runner) { try await read(sql, on: connection, rows) }
            }
        case .query(let role):
            try await runner.sessions.withQuerySession(role: role) { connection in
                try await watched(connection, runner) { try await read(sql, on: connection, rows) }
            }
        case .warehouse, .control:
            preconditionFailure("a principal's statement in the server's own session")
        }
    }

    /// Passes on a part of the result.
    func send(_ bytes: [UInt8]) async throws {
        state.withLock { $0.hasSent = true }
        try await queue.send(bytes)
    }

    private func read(
        _ sql: SQL, on connection: Connection, _ rows: FormattedRows
    ) async throws -> ([UInt8], ResultSummary) {
        // COPY takes no parameters.
        if sql.parameters.isEmpty, let csv = rows.copied { return try await copy(sql, on: connection, csv) }
        return try await connection.stream(sql, timeout: silence) { stream in
            var rows = rows
            var outlet = Outlet(
                self, wholeBytes: rows.isPage ? StatementRunner.pageBytes : StatementRunner.completeBytes)
            var cells: [WireCell] = []
            rows.begin(stream.columns, into: &outlet.bytes)
            var isComplete = false
            while !isComplete, let batch = try await stream.next() {
                var next = 0
                while next < batch.count, !isComplete {
                    next = batch.scan(from: next) { row in
                        isComplete = !rows.add(row, &cells, into: &outlet.bytes)
                        return !isComplete && !outlet.isFull
                    }
                    if outlet.isFull { try await outlet.send() }
                }
            }
            let summary = try rows.finish(into: &outlet.bytes)
            return (outlet.bytes, summary)
        }
    }

    /// The same as CSV that Postgres writes: no object of libpq for each row, and the text of a row in one piece.
    ///
    /// The columns' types come from a description of the statement; both happen in one transaction, which keeps a view
    /// from being made anew in between.
    private func copy(
        _ sql: SQL, on connection: Connection, _ csv: CopiedCSV
    ) async throws -> ([UInt8], ResultSummary) {
        try await connection.reading { connection in
            let columns = try await connection.describe(sql, timeout: silence)
            do {
                return try await connection.copyOut(sql.copied, timeout: silence) { reader in
                    var csv = csv
                    var outlet = Outlet(self, wholeBytes: StatementRunner.completeBytes)
                    csv.begin(columns.map(FormatColumn.init), into: &outlet.bytes)
                    var isComplete = false
                    while !isComplete, let batch = try await reader.next() {
                        var next = 0
                        while next < batch.count, !isComplete {
                            next = batch.scan(from: next) { line in
                                isComplete = !csv.add(line, into: &outlet.bytes)
                                return !isComplete && !outlet.isFull
                            }
                            if outlet.isFull { try await outlet.send() }
                        }
                    }
                    return (outlet.bytes, csv.summary)
                }
            } catch let error as PostgresError {
                throw error.counted(without: SQL.copyPrefix.count)
            }
        }
    }
}

extension SQL {
    fileprivate static let copyPrefix = "COPY ("

    /// The statement in a COPY. On a line of its own, since it may end in a comment.
    fileprivate var copied: SQL { SQL(unsafe: "\(Self.copyPrefix)\(text)\n) TO STDOUT (FORMAT csv)") }
}
