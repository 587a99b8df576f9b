internal import Dispatch
internal import Synchronization
public import Testing

/// For tests that wait for processes: they run on a few threads of their own. On the pool that all tests share, which
/// has as many threads as there are cores, they would hold up every other test and make its time-outs pass.
public struct BlockingTrait: SuiteTrait, TestTrait, TestScoping {
    /// Also for suites within the suite.
    public let isRecursive = true

    /// Runs a test on the threads of its own.
    @concurrent public func provideScope(
        for test: Test, testCase: Test.Case?, performing function: @concurrent @Sendable () async throws -> Void
    ) async throws {
        try await withTaskExecutorPreference(BlockingExecutor.shared) { try await function() }
    }
}

extension Trait where Self == BlockingTrait {
    /// See `BlockingTrait`.
    public static var blocking: BlockingTrait { BlockingTrait() }
}

/// Two threads, each of which runs one test after the other.
private final class BlockingExecutor: TaskExecutor {
    static let shared = BlockingExecutor()

    private let queues = [DispatchQueue(label: "blocking tests 0"), DispatchQueue(label: "blocking tests 1")]
    private let next = Atomic<Int>(0)

    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        let index = next.add(1, ordering: .relaxed).oldValue
        queues[index % queues.count].async { job.runSynchronously(on: self.asUnownedTaskExecutor()) }
    }
}
