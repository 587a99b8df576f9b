import Catalog
import EventLoop
public import Postgres
public import Store

/// Runs a principal's statements in that principal's own login session and formats their rows.
public struct StatementRunner: Sendable {
    /// Bytes up to which a result is answered in one piece, with what is known at its end in the header.
    static let completeBytes = 256 << 10
    /// The same for a page of rows: clients look for the next page's `Link` in the header; beyond, it is a trailer.
    static let pageBytes = 4 << 20
    static let chunkBytes = 64 << 10
    /// How long a statement that was cancelled may take to end before its backend is terminated.
    static let cancelPatience = Duration.seconds(1)

    let sessions: Sessions
    private let onEndFailure: @Sendable (String, any Error) -> Void

    /// - Parameter onEndFailure: Told when a statement over its budget could not be ended: in which step (`cancel` or
    ///   `terminate`), and why.
    public init(sessions: Sessions, onEndFailure: @escaping @Sendable (String, any Error) -> Void) {
        self.sessions = sessions
        self.onEndFailure = onEndFailure
    }

    /// Reports what a step of ending a statement throws.
    func reporting(_ step: String, _ body: () async throws -> Void) async {
        do { try await body() } catch { onEndFailure(step, error) }
    }

    /// Runs `sql` and returns when its first part, or all of it, is there.
    ///
    /// A statement that met a change of policy is run again, once, if nothing of it was answered yet.
    ///
    /// - Parameters:
    ///   - sql: One statement without a semicolon after it.
    ///   - kind: `.rows` for statements that Sluice wrote, `.query` for the principal's own.
    ///   - time: From being sent to its last row being read; then it is ended from outside, since a session can lift
    ///     its own time-outs.
    /// - Throws: `Refusal` for what is wrong with the statement or its budget; `PostgresError` and `SessionError` for
    ///   the rest.
    public func run(
        _ sql: SQL, as kind: SessionKind, within time: Duration, writing rows: FormattedRows
    ) async throws -> StatementResult {
        guard let loop = EventLoop.current else { preconditionFailure("statements run on an event loop") }
        let queue = ChunkQueue()
        loop.spawn {
            do {
                let (bytes, summary) = try await produceRetrying(sql, as: kind, within: time, rows, into: queue)
                queue.finish(.success(.end(bytes, summary)))
            } catch {
                queue.finish(.failure(error))
            }
        }
        switch try await queue.next() {
        case .chunk(let first): return .streaming(ResultStream(queue: queue, first: first))
        case .end(let bytes, let summary): return .complete(bytes, summary)
        }
    }

    private func produceRetrying(
        _ sql: SQL, as kind: SessionKind, within time: Duration, _ rows: FormattedRows, into queue: ChunkQueue
    ) async throws -> ([UInt8], ResultSummary) {
        var isFirst = true
        while true {
            let run = StatementRun(queue: queue, deadline: .now + time)
            do {
                return try await run.result(of: sql, as: kind, rows, self)
            } catch let error as PostgresError {
                if run.isOverBudget { throw Self.overBudget(time) }
                // 57P01: a session that began before a change was ended with it.
                guard isFirst, !run.hasSent, error.isPolicyChange || error.sqlState == "57P01" else {
                    if kind.isOwnSQL, let refusal = Refusal(statement: error) { throw refusal }
                    throw error
                }
                isFirst = false
            }
        }
    }

    private static func overBudget(_ time: Duration) -> Refusal {
        Refusal(
            .budgetExceeded, "the statement took longer than \(time.components.seconds) s and was ended",
            hint: "Ask for less, or raise timeoutSeconds.")
    }
}

extension PostgresError {
    /// Whether the statement was planned or begun under a policy that is no longer the last.
    public var isPolicyChange: Bool { sqlState == "40001" }
}

extension SessionKind {
    fileprivate var isOwnSQL: Bool {
        if case .query = self { true } else { false }
    }
}
