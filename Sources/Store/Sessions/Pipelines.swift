public import EventLoop
public import Postgres
import Synchronization

/// One pipelined session per login role and event loop, for point reads: many requests share it without waiting for
/// each other's answers. Beyond `limit` roles, the least recently used is closed.
public final class Pipelines: Sendable {
    private struct Key: Hashable {
        var role: String
        var loop: Int
    }

    private struct Entry {
        var opening: Task<Pipeline, any Error>
        var lastUse: Int
    }

    private struct State {
        var entries: [Key: Entry] = [:]
        var uses = 0
    }

    private let sessions: Sessions
    private let limit: Int
    private let state = Mutex(State())

    /// - Parameter limit: Pipelines open at once; they come on top of the budget of `sessions`.
    public init(sessions: Sessions, limit: Int = 32) {
        self.sessions = sessions
        self.limit = limit
    }

    /// Runs a prepared reading statement as `role` on the caller's loop.
    ///
    /// Once more when its session ended meanwhile: it made room for another role's, or the server ended it. The statement
    /// only reads, so running it twice does no harm.
    public func fetch(_ sql: SQL, role: String) async throws -> RowSet {
        let loop = EventLoop.current ?? sessions.group.next()
        let pipeline = try await pipeline(role: role, on: loop)
        do throws(PostgresError) {
            return try await pipeline.fetch(sql)
        } catch {
            guard error.code == .connectionFailed else { throw error }
        }
        return try await self.pipeline(role: role, on: loop).fetch(sql)
    }

    private func pipeline(role: String, on loop: EventLoop) async throws -> Pipeline {
        let key = Key(role: role, loop: loop.index)
        let (opening, evicted) = state.withLock { state -> (Task<Pipeline, any Error>, Entry?) in
            state.uses += 1
            if let entry = state.entries[key] {
                state.entries[key]?.lastUse = state.uses
                return (entry.opening, nil)
            }
            let evicted = state.entries.count < limit ? nil : state.entries.min { $0.value.lastUse < $1.value.lastUse }
            if let evicted { state.entries[evicted.key] = nil }
            let opening = Task(executorPreference: loop) { try await self.open(role: role, on: loop) }
            state.entries[key] = Entry(opening: opening, lastUse: state.uses)
            return (opening, evicted?.value)
        }
        if let evicted { close(evicted) }
        do {
            let pipeline = try await opening.value
            if await pipeline.isOpen { return pipeline }
        } catch {
            forget(key, opening)
            throw error
        }
        forget(key, opening)
        return try await self.pipeline(role: role, on: loop)
    }

    private func open(role: String, on loop: EventLoop) async throws -> Pipeline {
        try await sessions.retryingFreshRole(.rows(role: role), on: loop) { () async throws(PostgresError) in
            try await Pipeline.connect(
                sessions.source.options(for: .rows(role: role)), on: loop, blocking: sessions.group.blocking)
        }
    }

    private func forget(_ key: Key, _ opening: Task<Pipeline, any Error>) {
        state.withLock { state in
            if state.entries[key]?.opening == opening { state.entries[key] = nil }
        }
    }

    /// Closes once what is in flight has been answered.
    private func close(_ entry: Entry) {
        let loop = sessions.group.next()
        loop.spawn {
            guard let pipeline = try? await entry.opening.value else { return }
            while await pipeline.inFlight > 0 {
                guard (try? await loop.sleep(for: .milliseconds(20))) != nil else { break }
            }
            await pipeline.close()
        }
    }

    /// Closes every pipeline; used at shutdown.
    public func close() {
        let entries = state.withLock { state in
            defer { state.entries = [:] }
            return Array(state.entries.values)
        }
        entries.forEach(close)
    }

    public var count: Int { state.withLock { $0.entries.count } }
}
