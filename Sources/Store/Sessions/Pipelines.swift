import EventLoop
public import Postgres

/// One pipelined session per login role and event loop, for point reads: many requests share it without waiting for
/// each other's answers. Each has a slot of the budget of `Sessions`, and makes room when nobody uses it.
public final class Pipelines: Sendable {
    private let sessions: Sessions
    /// By index of the loop.
    private let tables: [PipelineTable]

    public init(sessions: Sessions) {
        self.sessions = sessions
        tables = sessions.group.loops.map { _ in PipelineTable() }
    }

    /// Runs a prepared statement as `role` on the caller's loop. It must only read: when its session ends before the
    /// answer is there, it runs once more on a fresh one.
    ///
    /// - Throws: `PostgresError`; `SessionError` when a session has to be opened and there is no slot for it.
    public func fetch(_ sql: SQL, role: String) async throws -> RowSet {
        let loop = sessions.callersLoop
        if let rows = try await attempt(sql, role, on: loop, isLast: false) { return rows }
        if let rows = try await attempt(sql, role, on: loop, isLast: true) { return rows }
        throw PostgresError(code: .connectionFailed, message: "one session after the other was ended")
    }

    /// As `fetch`, for callers that do not suspend: calls `answer` once, later, on the caller's loop.
    ///
    /// - Parameter answer: Takes the rows; `nil`: something is in the way, which `fetch` would see to or tell.
    /// - Returns: `false`: the role has no open session on this loop, and `answer` is not called.
    public func ask(_ sql: SQL, role: String, _ answer: @escaping @Sendable (RowSet?) -> Void) -> Bool {
        guard let shared = tables[sessions.callersLoop.index].joinOpen(role), let pipeline = shared.pipeline else {
            return false
        }
        pipeline.assumeIsolated { pipeline in
            pipeline.ask(sql) { result in
                if shared.use.end() { self.sessions.sharedUseEnded() }
                answer(try? result.get())
            }
        }
        return true
    }

    /// `nil`: the session had ended before, or, unless it is the last attempt, ended before it answered.
    private func attempt(_ sql: SQL, _ role: String, on loop: EventLoop, isLast: Bool) async throws -> RowSet? {
        let (shared, opening) = tables[loop.index].join(role) { shared in
            Task(executorPreference: loop) { try await self.open(shared, on: loop) }
        }
        defer { if shared.use.end() { sessions.sharedUseEnded() } }
        var pipeline = shared.pipeline
        if pipeline == nil {
            try await opening.value
            pipeline = shared.pipeline
        }
        guard let pipeline else { return nil }
        do throws(PostgresError) {
            if let rows = try await pipeline.fetchIfOpen(sql) { return rows }
            await discard(shared)
            return nil
        } catch {
            // Among others after a timeout, which ends the session and everything in it.
            if await !pipeline.isOpen { await discard(shared) }
            if error.code == .connectionFailed, !isLast { return nil }
            throw error
        }
    }

    private func open(_ shared: SharedPipeline, on loop: EventLoop) async throws {
        do {
            try await sessions.open(shared, role: shared.role, on: loop)
        } catch {
            await shared.close()
            throw error
        }
    }

    private func discard(_ shared: SharedPipeline) async {
        await shared.close()
        sessions.withdraw(shared)
    }

    /// Closes the pipelines that nobody uses. `Sessions.close()` sees to the others.
    public func close() async {
        await sessions.endIdle { key, _ in key.isShared }
    }
}

extension Pipeline {
    /// As `fetch`; `nil`: the session had ended before, and nothing was sent.
    fileprivate func fetchIfOpen(_ sql: SQL) async throws(PostgresError) -> RowSet? {
        guard isOpen else { return nil }
        return try await fetch(sql)
    }
}
