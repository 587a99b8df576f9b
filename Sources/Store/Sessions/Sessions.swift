public import EventLoop
import Postgres
import Synchronization

/// The process's sessions with Postgres: lent for the length of a closure, on the caller's event loop, within one
/// budget of backends. The least recently used idle one makes room; callers queue, for a bounded time, when none is idle.
public final class Sessions: Sendable {
    typealias Book = SessionBook<Connection, SharedPipeline>

    public let source: SessionSource
    public let limits: SessionLimits
    let group: EventLoopGroup
    private let state: Locked<State>
    /// Whether the end of a pipeline's last use matters to anyone: callers wait, or the pool is closed.
    ///
    /// Set under the lock *before* a caller looks at what is in use, and read *after* a use has ended, both in the one
    /// order of sequentially consistent operations: so either the caller sees the end, or the end sees the caller.
    private let isWanted = Atomic(false)

    private struct State {
        var book: Book
        var waiters: [Int: Waiter] = [:]
        var lastTicket = 0
        var isClosed = false
    }

    private struct Waiter {
        let continuation: UnsafeContinuation<Book.Grant, any Error>
        var timer: TimerHandle?
    }

    public init(source: SessionSource, group: EventLoopGroup, limits: SessionLimits = SessionLimits()) {
        self.source = source
        self.group = group
        self.limits = limits
        state = Locked(State(book: Book(limits: limits)))
    }

    /// The caller's loop, or one of the group's for a caller that is on none of them.
    var callersLoop: EventLoop {
        guard let loop = EventLoop.current, loop.index < group.loops.count, group.loops[loop.index] === loop else {
            return group.next()
        }
        return loop
    }

    public var counts: SessionCounts { state.withLock { $0.book.counts } }

    // MARK: Taking

    /// A session to use again, or `nil`: a slot for a new one. Waits for a bounded time.
    ///
    /// - Throws: `SessionError`; `CancellationError` when the task is cancelled while it waits.
    func admit(_ key: SessionKey, on loop: EventLoop) async throws -> Connection? {
        switch try await grant(key, on: loop) {
        case .reuse(let connection): return connection
        case .open(let closing):
            // Before the new one is opened, so that the server never has more than the budget.
            await closing?.close()
            return nil
        }
    }

    private func grant(_ key: SessionKey, on loop: EventLoop) async throws -> Book.Grant {
        let (grant, ticket) = try state.withLock { state throws(SessionError) -> (Book.Grant?, Int) in
            guard !state.isClosed else { throw SessionError(code: .closed) }
            if let grant = state.book.take(key) { return (grant, 0) }
            state.lastTicket += 1
            return (nil, state.lastTicket)
        }
        if let grant { return grant }
        return try await withTaskCancellationHandler {
            try await withUnsafeThrowingContinuation { enqueue(key, ticket, on: loop, $0) }
        } onCancel: {
            giveUp(ticket, key, CancellationError())
        }
    }

    /// Takes or queues in one step, so that nothing given back in between is missed.
    private func enqueue(
        _ key: SessionKey, _ ticket: Int, on loop: EventLoop,
        _ continuation: UnsafeContinuation<Book.Grant, any Error>
    ) {
        let outcome = state.withLock { state -> Result<Book.Grant, any Error>? in
            guard !state.isClosed else { return .failure(SessionError(code: .closed)) }
            // A cancellation that came before the caller was in line found nobody to give up.
            guard !Task.isCancelled else { return .failure(CancellationError()) }
            isWanted.store(true, ordering: .sequentiallyConsistent)
            defer { noteWanted(state) }
            if let grant = state.book.take(key) { return .success(grant) }
            guard state.book.wait(for: key, ticket: ticket) else { return .failure(SessionError(code: .saturated)) }
            state.waiters[ticket] = Waiter(continuation: continuation)
            return nil
        }
        if let outcome { return continuation.resume(with: outcome) }
        let timer = loop.schedule(after: limits.patience) { self.giveUp(ticket, key, SessionError(code: .timedOut)) }
        let isWaiting = state.withLock { state in
            state.waiters[ticket]?.timer = timer
            return state.waiters[ticket] != nil
        }
        if !isWaiting { timer.cancel() }
    }

    /// Leaves the line with `reason`. Without effect on who has been granted something: that grant is used.
    private func giveUp(_ ticket: Int, _ key: SessionKey, _ reason: any Error) {
        let waiter = state.withLock { state -> Waiter? in
            guard state.book.abandon(ticket: ticket, key) else { return nil }
            noteWanted(state)
            return state.waiters.removeValue(forKey: ticket)
        }
        waiter?.timer?.cancel()
        waiter?.continuation.resume(throwing: reason)
    }

    // MARK: Giving back

    /// Takes back a session in good order. `false`: the pool is closed, and the session is the caller's to close.
    func putBack(_ connection: Connection, _ key: SessionKey) -> Bool {
        update(after: key) { state in
            guard !state.isClosed else { return false }
            state.book.putBack(connection, key, now: Deadline.now.nanoseconds)
            return true
        }
    }

    /// A session has been closed, or could not be opened.
    func free(_ key: SessionKey) {
        update { $0.book.free(key) }
    }

    /// A pipeline is open in the slot taken for `key`, and in use.
    func share(_ pipeline: SharedPipeline, _ key: SessionKey) {
        update { $0.book.share(pipeline, key) }
    }

    /// A pipeline has broken and been closed.
    func withdraw(_ pipeline: SharedPipeline) {
        update { $0.book.withdraw(pipeline.use) }
    }

    /// Nobody uses some pipeline any more.
    func sharedUseEnded() {
        guard isWanted.load(ordering: .sequentiallyConsistent) else { return }
        let isClosed = update { $0.isClosed }
        if isClosed { group.next().spawn { await self.endIdle { _, _ in true } } }
    }

    /// Changes the book, and wakes those who get something by it.
    private func update<R: Sendable>(after key: SessionKey? = nil, _ change: (inout State) -> R) -> R {
        let (result, woken) = state.withLock { state in
            let result = change(&state)
            let woken = state.book.serve(after: key).compactMap { served in
                state.waiters.removeValue(forKey: served.ticket).map { (waiter: $0, grant: served.grant) }
            }
            noteWanted(state)
            return (result, woken)
        }
        for (waiter, grant) in woken {
            waiter.timer?.cancel()
            waiter.continuation.resume(returning: grant)
        }
        return result
    }

    /// Under the lock.
    private func noteWanted(_ state: borrowing State) {
        let wanted = state.isClosed || state.book.counts.waiting > 0
        if isWanted.load(ordering: .relaxed) != wanted { isWanted.store(wanted, ordering: .sequentiallyConsistent) }
    }

    // MARK: Housekeeping

    /// Closes what has been unused for longer than the limit; to be called now and then.
    public func closeIdle() async {
        let moment = Deadline.after(.zero - limits.idle).nanoseconds
        await endIdle { _, lastUse in lastUse < moment }
    }

    /// Closes unused sessions of a principal that is gone.
    public func closeIdle(role: String) async {
        await endIdle { key, _ in key.kind.role == role }
    }

    /// Refuses new borrowers and closes what is unused; what is in use is closed when that use ends.
    public func close() async {
        let waiters = state.withLock { state in
            state.isClosed = true
            noteWanted(state)
            state.book.abandonAll()
            defer { state.waiters = [:] }
            return Array(state.waiters.values)
        }
        for waiter in waiters {
            waiter.timer?.cancel()
            waiter.continuation.resume(throwing: SessionError(code: .closed))
        }
        await endIdle { _, _ in true }
    }

    /// Closes the unused sessions that `isTaken` names by key and last use, and hands on their slots.
    func endIdle(_ isTaken: (SessionKey, Int64) -> Bool) async {
        for (key, session) in state.withLock({ $0.book.takeIdle(isTaken) }) {
            await session.close()
            free(key)
        }
    }
}

extension SessionBook.Ended where Session == Connection, Shared == SharedPipeline {
    func close() async {
        switch self {
        case .idle(let connection): await connection.close()
        case .shared(let pipeline): await pipeline.close()
        }
    }
}
