/// Why a `BlockingPool` did not run something.
public struct BlockingPoolError: Error, Sendable, Hashable, CustomStringConvertible {
    public enum Code: String, Sendable {
        /// Every thread is busy and the queue is at its bound. Later it may work.
        case full
        /// The pool has been shut down.
        case stopped
        /// The operating system gave no thread.
        case noThread
    }

    public var code: Code

    public var description: String {
        switch code {
        case .full: "blocking pool: all threads are busy and the queue is full"
        case .stopped: "blocking pool: shut down"
        case .noThread: "blocking pool: no thread could be started"
        }
    }
}

/// A few threads for calls that block: name resolution, file synchronisation, long computations.
///
/// First in, first out. Threads start when first needed. The queue has a bound, so that a slow disk shows as a clear
/// error and not as growing memory.
public final class BlockingPool: Sendable {
    /// Most threads, each of which runs one entry at a time.
    public let threads: Int
    /// Most entries that wait for a thread.
    public let queueLimit: Int
    private let state: Monitor<State>

    private struct Work: Sendable {
        /// Runs it, or with an error says that it will not run.
        var perform: @Sendable (BlockingPoolError?) -> Void
    }

    private struct State: Sendable {
        var queue: [Work] = []
        /// Entries of `queue` taken already; they are dropped in one go, which keeps taking O(1).
        var taken = 0
        var running = 0
        /// Of those, the ones that wait for work or are about to (a thread that is just starting counts).
        var idle = 0
        var isStopped = false

        var waiting: Int { queue.count - taken }

        mutating func take() -> Work? {
            guard waiting > 0 else { return nil }
            let work = queue[taken]
            taken += 1
            if taken == queue.count || taken >= 64 {
                queue.removeFirst(taken)
                taken = 0
            }
            return work
        }
    }

    private enum Admission { case queued, startThread, refused(BlockingPoolError) }

    public init(threads: Int = 3, queueLimit: Int = 1024) {
        precondition(threads > 0 && queueLimit > 0, "a pool that runs nothing")
        self.threads = threads
        self.queueLimit = queueLimit
        self.state = Monitor(State())
    }

    /// Entries that wait for a thread now.
    public var waiting: Int {
        state.update { $0.waiting }
    }

    /// Runs `body` on one of the pool's threads and returns to the caller's executor with what it returned or threw.
    ///
    /// Throws `BlockingPoolError` at the bound or after shutdown, and `CancellationError` when the task is cancelled
    /// before; once queued, cancellation does not stop it.
    public func run<T: Sendable>(_ body: @escaping @Sendable () throws -> T) async throws -> T {
        try Task.checkCancellation()
        return try await withUnsafeThrowingContinuation { continuation in
            submit { refusal in
                if let refusal { return continuation.resume(throwing: refusal) }
                continuation.resume(with: Result { try body() })
            }
        }
    }

    private func submit(_ perform: @escaping @Sendable (BlockingPoolError?) -> Void) {
        let admission: Admission = state.update { state in
            if state.isStopped { return .refused(BlockingPoolError(code: .stopped)) }
            let needsThread = state.idle <= state.waiting && state.running < threads
            // Idle threads are about to take as many entries, which therefore do not count against the limit.
            if !needsThread, state.waiting >= queueLimit + state.idle {
                return .refused(BlockingPoolError(code: .full))
            }
            state.queue.append(Work(perform: perform))
            guard needsThread else { return .queued }
            state.running += 1
            state.idle += 1
            return .startThread
        }
        switch admission {
        case .queued: return
        case .refused(let error): return perform(error)
        case .startThread: startWorker()
        }
    }

    private func startWorker() {
        do throws(IOError) {
            try startThread(named: "blocking") { [state] in BlockingPool.work(state) }
        } catch {
            // With another worker alive the queue still moves; with none, nobody would ever take it.
            let orphans: [Work] = state.update { state in
                state.running -= 1
                state.idle -= 1
                guard state.running == 0 else { return [] }
                var orphans: [Work] = []
                while let work = state.take() { orphans.append(work) }
                return orphans
            }
            for work in orphans { work.perform(BlockingPoolError(code: .noThread)) }
        }
    }

    private static func work(_ state: Monitor<State>) {
        while true {
            let next: Work?? = state.wait { state in
                if let work = state.take() {
                    state.idle -= 1
                    return .some(work)
                }
                return state.isStopped ? .some(nil) : nil
            }
            guard case .some(.some(let work)) = next else { break }
            work.perform(nil)
            state.update { $0.idle += 1 }
        }
        state.update {
            $0.idle -= 1
            $0.running -= 1
        }
    }

    /// Refuses what waits and what comes, and blocks until running work has ended; `false` if not by `deadline`.
    func shutdown(before deadline: Deadline) -> Bool {
        let refused: [Work] = state.update { state in
            state.isStopped = true
            var refused: [Work] = []
            while let work = state.take() { refused.append(work) }
            return refused
        }
        for work in refused { work.perform(BlockingPoolError(code: .stopped)) }
        return state.wait(before: deadline) { $0.running == 0 ? true : nil } ?? false
    }
}
