import EventLoop
import Glibc
import Postgres
public import Store
import Synchronization

/// Writes read entries to `control` in batches: at most `delay` after the read, at once when somebody waits, one batch
/// at a time, so that concurrent reads share a commit. When `limit` entries are unwritten, readers wait.
public final class ReadAudit: Sendable {
    static let delay = Duration.milliseconds(25)
    static let batchSize = 2_000
    static let limit = 20_000

    private struct State {
        var entries: [(entry: ReadEntry, at: Int64)] = []
        /// Entries appended, and of these written, since the start.
        var appended = 0
        var written = 0
        var waiters: [(until: Int, continuation: UnsafeContinuation<Void, any Error>)] = []
        var isFlushing = false
        var isScheduled = false
    }

    private let sessions: Sessions
    private let state = Mutex(State())

    public init(sessions: Sessions) {
        self.sessions = sessions
    }

    /// Entries not written yet: for metrics.
    public var backlog: Int { state.withLock { $0.appended - $0.written } }

    /// Takes an entry.
    ///
    /// - Parameter durably: Whether to return only once it is written: for reads of tagged columns.
    /// - Throws: What keeps the batch from being written; then the read must not be answered.
    public func append(_ entry: ReadEntry, durably: Bool) async throws {
        guard let loop = EventLoop.current else { preconditionFailure("reads run on an event loop") }
        let now = Self.now()
        let (number, mustWait) = state.withLock { state in
            state.entries.append((entry, now))
            state.appended += 1
            return (state.appended, durably || state.entries.count >= Self.limit)
        }
        guard mustWait else { return schedule(on: loop) }
        try await wait(for: number, on: loop)
    }

    private func wait(for number: Int, on loop: EventLoop) async throws {
        try await withUnsafeThrowingContinuation { continuation in
            let isWritten = state.withLock { state in
                if state.written >= number { return true }
                state.waiters.append((number, continuation))
                return false
            }
            if isWritten { return continuation.resume() }
            startFlushing(on: loop)
        }
    }

    private func schedule(on loop: EventLoop) {
        let isFirst = state.withLock { state in
            defer { state.isScheduled = true }
            return !state.isScheduled
        }
        guard isFirst else { return }
        _ = loop.schedule(after: Self.delay) {
            self.state.withLock { $0.isScheduled = false }
            self.startFlushing(on: loop)
        }
    }

    private func startFlushing(on loop: EventLoop) {
        let isIdle = state.withLock { state in
            guard !state.isFlushing, !state.entries.isEmpty else { return false }
            state.isFlushing = true
            return true
        }
        if isIdle { loop.spawn { await self.flush() } }
    }

    /// Writes batches until nothing is left. A batch that cannot be written fails those who wait for it; the others'
    /// entries are kept for the next try, up to `limit`.
    private func flush() async {
        while true {
            let batch = state.withLock { state in
                let batch = Array(state.entries.prefix(Self.batchSize))
                if batch.isEmpty { state.isFlushing = false }
                return batch
            }
            guard !batch.isEmpty else { return }
            do {
                try await write(batch)
                settle(batch.count, nil)
            } catch {
                settle(batch.count, error)
                return
            }
        }
    }

    private func settle(_ count: Int, _ failure: (any Error)?) {
        let ended = state.withLock { state in
            if failure == nil {
                state.entries.removeFirst(count)
                state.written += count
            } else {
                state.isFlushing = false
            }
            let ended = failure == nil ? state.waiters.filter { $0.until <= state.written } : state.waiters
            state.waiters = failure == nil ? state.waiters.filter { $0.until > state.written } : []
            return ended.map(\.continuation)
        }
        for continuation in ended {
            if let failure { continuation.resume(throwing: failure) } else { continuation.resume() }
        }
    }

    private func write(_ batch: [(entry: ReadEntry, at: Int64)]) async throws {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(batch.count * 200)
        for (entry, at) in batch { entry.copyRow(at: at, into: &bytes) }
        let copy = SQL(unsafe: "COPY sluice.read_audit (\(ReadEntry.columns)) FROM STDIN")
        try await sessions.withServerSession(.control) { [bytes] connection in
            _ = try await connection.copyIn(copy) { writer in try await writer.write(bytes) }
        }
    }

    /// The time of day in microseconds since the Unix epoch.
    private static func now() -> Int64 {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return Int64(time.tv_sec) * 1_000_000 + Int64(time.tv_nsec) / 1000
    }

    /// Writes everything there is: at shutdown.
    public func drain() async throws {
        guard let loop = EventLoop.current else { preconditionFailure("drains on an event loop") }
        let number = state.withLock { $0.appended }
        try await wait(for: number, on: loop)
    }
}
