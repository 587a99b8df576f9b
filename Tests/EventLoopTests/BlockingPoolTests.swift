import Testing

@testable import EventLoop

@Suite(.timeLimit(.minutes(1))) struct BlockingPoolTests {
    @Test(arguments: [(1, 1), (2, 3), (3, 8)])
    func `threads plus queue is what fits, and the next is refused`(_ threads: Int, _ queueLimit: Int) async throws {
        let pool = BlockingPool(threads: threads, queueLimit: queueLimit)
        let gate = Monitor(false)
        let highest = Monitor((now: 0, most: 0))
        try await withThrowingTaskGroup(of: Void.self) { tasks in
            for _ in 0..<threads + queueLimit {
                tasks.addTask {
                    try await pool.run {
                        highest.update { $0 = ($0.now + 1, max($0.most, $0.now + 1)) }
                        _ = gate.wait { $0 ? true : nil }
                        highest.update { $0.now -= 1 }
                    }
                }
            }
            while highest.update({ $0.now }) < threads || pool.waiting < queueLimit { await Task.yield() }
            await #expect(throws: BlockingPoolError(code: .full)) { try await pool.run {} }
            gate.update { $0 = true }
            try await tasks.waitForAll()
        }
        #expect(highest.update { $0.most } <= threads)
        try await pool.run {}
        #expect(pool.shutdown(before: .after(.seconds(20))))
    }

    @Test func `values and errors come back`() async throws {
        struct Failure: Error {}
        let pool = BlockingPool()
        #expect(try await pool.run { 6 * 7 } == 42)
        await #expect(throws: Failure.self) { try await pool.run { () throws -> Int in throw Failure() } }
        #expect(pool.shutdown(before: .after(.seconds(20))))
    }

    @Test func `many calls run, each once`() async throws {
        let pool = BlockingPool(threads: 3, queueLimit: 2000)
        let total = Monitor(0)
        try await withThrowingTaskGroup(of: Void.self) { tasks in
            for number in 1...1000 {
                tasks.addTask { try await pool.run { total.update { $0 += number } } }
            }
            try await tasks.waitForAll()
        }
        #expect(total.update { $0 } == 500_500)
        #expect(pool.waiting == 0)
        #expect(pool.shutdown(before: .after(.seconds(20))))
    }

    @Test func `after shutdown everything is refused`() async throws {
        let pool = BlockingPool()
        try await pool.run {}
        #expect(pool.shutdown(before: .after(.seconds(20))))
        await #expect(throws: BlockingPoolError(code: .stopped)) { try await pool.run {} }
    }

    @Test func `shutdown refuses what waits and reports work that does not end`() async throws {
        let pool = BlockingPool(threads: 1)
        let gate = Monitor(false)
        let running = AsyncStream.makeStream(of: Void.self)
        async let first: Void = pool.run {
            running.continuation.finish()
            _ = gate.wait { $0 ? true : nil }
        }
        for await _ in running.stream {}
        let second = Task { try await pool.run {} }
        while pool.waiting == 0 { await Task.yield() }
        #expect(!pool.shutdown(before: .after(.milliseconds(20))))
        await #expect(throws: BlockingPoolError(code: .stopped)) { try await second.value }
        gate.update { $0 = true }
        try await first
        #expect(pool.shutdown(before: .after(.seconds(20))))
    }

    @Test func `a cancelled task is not queued`() async throws {
        let pool = BlockingPool()
        let task = Task {
            withUnsafeCurrentTask { $0?.cancel() }
            try await pool.run {}
        }
        await #expect(throws: CancellationError.self) { try await task.value }
    }
}
