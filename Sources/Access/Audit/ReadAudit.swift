import EventLoop
import Glibc
public import Postgres
public import Store

/// Writes read entries to `control` in batches: begun at most `delay` after the read, at once when somebody waits, so
/// that concurrent reads share a commit. When `limit` entries are unwritten, readers wait.
public final class ReadAudit: Sendable {
    static let delay = Duration.milliseconds(25)
    static let limit = 20_000
    /// What is kept at most while nothing can be written.
    static let capacity = 2 * limit
    /// Batches under way at once: the next one is sent while Postgres waits for the disk to commit the first.
    static let maxFlushes = 2

    /// Called once: `nil` when all is written.
    public typealias Waiter = @Sendable ((any Error)?) -> Void

    private struct Batch {
        var rows = CopyBinary()
        var count = 0
        var waiters: [Waiter] = []
    }

    private struct State {
        /// What is in no batch under way.
        var next = Batch()
        /// Entries in batches under way.
        var inFlight = 0
        var flushes = 0
        var isScheduled = false
        var drains: [Waiter] = []

        var unwritten: Int { next.count + inFlight }

        mutating func append(_ entry: ReadEntry, at moment: Int64) throws(PostgresError) {
            guard unwritten < ReadAudit.capacity else {
                throw PostgresError(code: .saturated, message: "too many audit entries are unwritten")
            }
            entry.append(at: moment, to: &next.rows)
            next.count += 1
        }
    }

    private let sessions: Sessions
    private let state = Locked(State())

    public init(sessions: Sessions) {
        self.sessions = sessions
    }

    /// Entries not written yet: for metrics.
    public var backlog: Int { state.withLock { $0.unwritten } }

    /// Takes an entry.
    ///
    /// - Parameter durably: Whether to return only once it is written: for reads of tagged columns.
    /// - Throws: What keeps the batch from being written, or `PostgresError` `.saturated` when that has gone on for
    ///   `capacity` entries; then the read must not be answered.
    public func append(_ entry: ReadEntry, durably: Bool) async throws {
        if !durably, try appendUnlessFull(entry) { return }
        try await withUnsafeThrowingContinuation { continuation in
            append(entry) { continuation.resume(with: Self.result($0)) }
        }
    }

    /// Takes an entry, and tells `waiter` once it is written, or why it is not; on any loop, or at once.
    public func append(_ entry: ReadEntry, _ waiter: @escaping Waiter) {
        let moment = Self.now()
        do throws(PostgresError) {
            try state.withLock { state throws(PostgresError) in
                try state.append(entry, at: moment)
                state.next.waiters.append(waiter)
            }
        } catch {
            return waiter(error)
        }
        startFlushing(on: callersLoop)
    }

    private static func result(_ failure: (any Error)?) -> Result<Void, any Error> {
        failure.map { .failure($0) } ?? .success(())
    }

    /// Takes an entry for which nobody waits. `false`: too many are unwritten, so its reader has to.
    ///
    /// - Throws: As `append`.
    public func appendUnlessFull(_ entry: ReadEntry) throws(PostgresError) -> Bool {
        let moment = Self.now()
        let (isTaken, isFirst) = try state.withLock { state throws(PostgresError) in
            guard state.unwritten < Self.limit else { return (false, false) }
            try state.append(entry, at: moment)
            defer { state.isScheduled = true }
            return (true, !state.isScheduled)
        }
        if isFirst { schedule(on: callersLoop) }
        return isTaken
    }

    private var callersLoop: EventLoop {
        guard let loop = EventLoop.current else { preconditionFailure("reads run on an event loop") }
        return loop
    }

    private func schedule(on loop: EventLoop) {
        _ = loop.schedule(after: Self.delay) {
            self.state.withLock { $0.isScheduled = false }
            self.startFlushing(on: loop)
        }
    }

    private func startFlushing(on loop: EventLoop) {
        let hasRoom = state.withLock { state in
            guard state.flushes < Self.maxFlushes, state.next.count > 0 else { return false }
            state.flushes += 1
            return true
        }
        if hasRoom { loop.spawn { await self.flush() } }
    }

    /// Writes what there is, and then what has come meanwhile unless that can wait for its time: a batch costs a commit
    /// however small it is. A batch that cannot be written fails those who wait; its entries are kept for the next try,
    /// up to `capacity`.
    private func flush() async {
        var isFirst = true
        while let batch = takeBatch(unlessItCanWait: !isFirst) {
            isFirst = false
            do {
                try await write(batch.rows)
                for waiter in batch.waiters { waiter(nil) }
                settle(batch)
            } catch {
                for waiter in batch.waiters + giveUp(batch) { waiter(error) }
                return
            }
        }
    }

    /// `nil`: this flush has ended.
    private func takeBatch(unlessItCanWait: Bool) -> Batch? {
        state.withLock { state in
            let canWait = unlessItCanWait && state.isScheduled && state.next.waiters.isEmpty && state.drains.isEmpty
            guard !canWait, state.next.count > 0 else {
                state.flushes -= 1
                return nil
            }
            defer { state.next = Batch() }
            state.inFlight += state.next.count
            return state.next
        }
    }

    private func settle(_ batch: Batch) {
        let drains = state.withLock { state -> [Waiter] in
            state.inFlight -= batch.count
            guard state.unwritten == 0 else { return [] }
            defer { state.drains = [] }
            return state.drains
        }
        for waiter in drains { waiter(nil) }
    }

    /// Ends a flush whose batch could not be written. Returns who else waits.
    private func giveUp(_ batch: Batch) -> [Waiter] {
        state.withLock { state in
            state.flushes -= 1
            state.inFlight -= batch.count
            let later = state.next
            state.next = batch
            // Before what came meanwhile.
            state.next.rows.append(laidOut: later.rows.bytes)
            state.next.count += later.count
            state.next.waiters = []
            defer { state.drains = [] }
            return later.waiters + state.drains
        }
    }

    private func write(_ rows: CopyBinary) async throws {
        let copy = SQL(unsafe: "COPY sluice.read_audit (\(ReadEntry.columns)) FROM STDIN (FORMAT binary)")
        try await sessions.withServerSession(.control) { connection in
            _ = try await connection.copyIn(copy) { writer in
                try await writer.write(CopyBinary.header)
                try await writer.write(rows.bytes)
                try await writer.write(CopyBinary.trailer)
            }
        }
    }

    /// The time of day in microseconds since the Unix epoch.
    private static func now() -> Int64 {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return Int64(time.tv_sec) * 1_000_000 + Int64(time.tv_nsec) / 1000
    }

    /// Writes everything there is: at shutdown.
    ///
    /// - Throws: What keeps a batch from being written.
    public func drain() async throws {
        let loop = callersLoop
        try await withUnsafeThrowingContinuation { continuation in
            let isEmpty = state.withLock { state in
                if state.unwritten > 0 { state.drains.append { continuation.resume(with: Self.result($0)) } }
                return state.unwritten == 0
            }
            if isEmpty { return continuation.resume() }
            startFlushing(on: loop)
        }
    }
}
