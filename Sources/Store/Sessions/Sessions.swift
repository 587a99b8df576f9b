public import EventLoop
public import Postgres
import Synchronization

/// The process's sessions with Postgres: lent for the length of a closure, on the caller's event loop, within one
/// budget of backends. The least recently used idle one makes room; callers queue, for a bounded time, when none is idle.
public final class Sessions: Sendable {
    public let source: SessionSource
    public let limits: SessionLimits
    let group: EventLoopGroup
    private let state: Mutex<State>

    private struct State {
        var book: SessionBook<Connection>
        var waiters: [Int: UnsafeContinuation<SessionBook<Connection>.Grant, any Error>] = [:]
        var isClosed = false
    }

    public init(source: SessionSource, group: EventLoopGroup, limits: SessionLimits = SessionLimits()) {
        self.source = source
        self.group = group
        self.limits = limits
        state = Mutex(State(book: SessionBook(limits: limits)))
    }

    /// Lends a session of the server's own login.
    public func withServerSession<T>(
        _ kind: SessionKind = .warehouse, _ body: (Connection) async throws -> T
    ) async throws -> T {
        precondition(kind.role == nil, "a principal's session")
        return try await withSession(kind, cleaning: { _ in }, body)
    }

    /// Lends a session of a principal's role for statements that Sluice wrote.
    public func withRowsSession<T>(role: String, _ body: (Connection) async throws -> T) async throws -> T {
        try await withSession(.rows(role: role), cleaning: { _ in }, body)
    }

    /// Lends a session of a principal's role for that principal's own SQL; nothing of it survives.
    public func withQuerySession<T>(role: String, _ body: (Connection) async throws -> T) async throws -> T {
        try await withSession(.query(role: role), cleaning: { try await $0.script("DISCARD ALL") }, body)
    }

    private func withSession<T>(
        _ kind: SessionKind, cleaning: (Connection) async throws -> Void, _ body: (Connection) async throws -> T
    ) async throws -> T {
        let loop = EventLoop.current ?? group.next()
        let key = SessionBook<Connection>.Key(kind: kind, loop: loop.index)
        let connection = try await acquire(key, on: loop)
        do {
            let value = try await body(connection)
            await giveBack(connection, key, cleaning)
            return value
        } catch {
            await giveBack(connection, key, cleaning)
            throw error
        }
    }

    // MARK: Taking and giving back

    private func acquire(_ key: SessionBook<Connection>.Key, on loop: EventLoop) async throws -> Connection {
        while true {
            switch try await grant(key, on: loop) {
            case .reuse(let connection):
                if await connection.isIdle { return connection }
                // It broke while it was idle: its slot goes back, and we ask again.
                await connection.close()
                release(nil, key)
            case .open:
                do {
                    return try await open(key.kind, on: loop)
                } catch {
                    release(nil, key)
                    throw error
                }
            }
        }
    }

    private func grant(
        _ key: SessionBook<Connection>.Key, on loop: EventLoop
    ) async throws -> SessionBook<Connection>.Grant {
        let taken = try state.withLock { state throws(SessionError) in
            guard !state.isClosed else { throw SessionError(code: .closed) }
            return state.book.take(key)
        }
        if let taken {
            await taken.closing?.close()
            return taken.grant
        }
        return try await withUnsafeThrowingContinuation { wait(for: key, on: loop, $0) }
    }

    private func wait(
        for key: SessionBook<Connection>.Key, on loop: EventLoop,
        _ continuation: UnsafeContinuation<SessionBook<Connection>.Grant, any Error>
    ) {
        let ticket = state.withLock { state -> Int? in
            guard let ticket = state.book.wait(for: key) else { return nil }
            state.waiters[ticket] = continuation
            return ticket
        }
        guard let ticket else { return continuation.resume(throwing: SessionError(code: .saturated)) }
        loop.execute { _ = loop.schedule(after: self.limits.patience) { self.giveUp(ticket) } }
    }

    private func giveUp(_ ticket: Int) {
        let waiter = state.withLock { state in
            state.book.abandon(ticket: ticket) ? state.waiters.removeValue(forKey: ticket) : nil
        }
        waiter?.resume(throwing: SessionError(code: .timedOut))
    }

    private func giveBack(
        _ connection: Connection, _ key: SessionBook<Connection>.Key, _ cleaning: (Connection) async throws -> Void
    ) async {
        do {
            try await cleaning(connection)
            guard await connection.isIdle else { throw SessionError(code: .closed) }
            release(connection, key)
        } catch {
            // What cannot be cleaned is not lent again; the reason was the borrower's to report.
            await connection.close()
            release(nil, key)
        }
    }

    func release(_ connection: Connection?, _ key: SessionBook<Connection>.Key) {
        let (next, waiter) = state.withLock { state in
            let isClosed = state.isClosed
            let next = state.book.release(isClosed ? nil : connection, key, now: .now)
            return (next, next.flatMap { state.waiters.removeValue(forKey: $0.ticket) })
        }
        if let closing = next?.closing { group.next().spawn { await closing.close() } }
        if let next { waiter?.resume(returning: next.grant) }
    }

    // MARK: Housekeeping

    /// Closes what has been idle for longer than the limit; to be called now and then.
    public func closeIdle() async {
        let moment = ContinuousClock.now - limits.idle
        for session in state.withLock({ $0.book.takeIdle(since: moment) }) { await session.close() }
    }

    /// Closes idle sessions of a principal that is gone.
    public func closeIdle(role: String) async {
        for session in state.withLock({ $0.book.takeIdle(role: role) }) { await session.close() }
    }

    /// Refuses new borrowers and closes what is idle; what is lent is closed when it comes back.
    public func close() async {
        let (idle, waiters) = state.withLock { state in
            state.isClosed = true
            let waiters = Array(state.waiters.values)
            state.waiters = [:]
            return (state.book.takeIdle(), waiters)
        }
        for waiter in waiters { waiter.resume(throwing: SessionError(code: .closed)) }
        for session in idle { await session.close() }
    }

    /// Backends open, of these idle, and callers waiting: for metrics.
    public var counts: (open: Int, idle: Int, waiting: Int) {
        state.withLock { ($0.book.open, $0.book.idleCount, $0.book.waiting) }
    }
}
