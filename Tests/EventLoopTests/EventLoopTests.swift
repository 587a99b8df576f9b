import Synchronization
import Testing

@testable import EventLoop

@Suite(.timeLimit(.minutes(1))) struct EventLoopTests {
    /// An actor whose methods call all kinds of asynchronous code, and that notes when any of it ran elsewhere.
    private actor Pinned {
        nonisolated let loop: EventLoop
        nonisolated var unownedExecutor: UnownedSerialExecutor { loop.asUnownedSerialExecutor() }
        let pool: BlockingPool
        var strayed: [String] = []

        init(_ loop: EventLoop, _ pool: BlockingPool) {
            self.loop = loop
            self.pool = pool
        }

        func visit() async throws -> [String] {
            note("actor method")
            if await !plain() { strayed.append("plain async function") }
            try await loop.sleep(for: .milliseconds(1))
            note("after sleep")
            let onPool = try await pool.run { EventLoop.current != nil }
            if onPool { strayed.append("the pool's work was on a loop") }
            note("after the pool")
            async let child = plain()
            if await !child { strayed.append("async let") }
            let group = await withTaskGroup(of: Bool.self) { tasks in
                for _ in 0..<4 { tasks.addTask { await plain() } }
                return await tasks.reduce(true) { $0 && $1 }
            }
            if !group { strayed.append("child task") }
            await Task.yield()
            note("after yield")
            return strayed
        }

        private func note(_ place: String) {
            if !loop.inLoop() { strayed.append(place) }
        }
    }

    @Test func `whatever a pinned actor calls stays on its loop's thread`() async throws {
        try await withGroup { group in
            for loop in group.loops {
                let strayed = try await loop.run { try await Pinned(loop, group.blocking).visit() }
                #expect(strayed == [])
            }
        }
    }

    @Test func `work handed over from other threads all runs, on the loop, in order for each sender`() async throws {
        try await withGroup { group in
            let target = group.loops[1]
            let seen = Monitor([Int: [Int]]())
            let strays = Monitor(0)
            await withTaskGroup(of: Void.self) { tasks in
                for sender in 0..<8 {
                    tasks.addTask {
                        for number in 0..<500 {
                            target.execute {
                                if EventLoop.current !== target { strays.update { $0 += 1 } }
                                seen.update { $0[sender, default: []].append(number) }
                            }
                        }
                    }
                }
            }
            // Behind all of them in the same queue.
            await withCheckedContinuation { continuation in target.execute { continuation.resume() } }
            #expect(strays.update { $0 } == 0)
            #expect(seen.update { $0 } == Dictionary(uniqueKeysWithValues: (0..<8).map { ($0, Array(0..<500)) }))
        }
    }

    @Test func `tasks of two loops can wait for each other many times over`() async throws {
        try await withGroup { group in
            let counter = Counter(group.loops[0])
            try await group.loops[1].run {
                for _ in 0..<2000 { await counter.increment() }
            }
            #expect(await counter.value == 2000)
        }
    }

    private actor Counter {
        private nonisolated let loop: EventLoop
        nonisolated var unownedExecutor: UnownedSerialExecutor { loop.asUnownedSerialExecutor() }
        var value = 0

        init(_ loop: EventLoop) {
            self.loop = loop
        }

        func increment() {
            loop.checkIsolated()
            value += 1
        }
    }

    @Test func `a tick-end hook runs once, after the jobs that were ready`() async throws {
        try await withGroup(loops: 1) { group in
            let loop = group.loops[0]
            let log = Mutex([String]())
            try await loop.run {
                await withCheckedContinuation { continuation in
                    loop.onTickEnd {
                        log.withLock { $0.append("hook") }
                        continuation.resume()
                    }
                    for number in 0..<3 { loop.spawn { log.withLock { $0.append("job \(number)") } } }
                }
                try await loop.sleep(for: .milliseconds(1))
            }
            #expect(log.withLock { $0 } == ["job 0", "job 1", "job 2", "hook"])
        }
    }

    @Test func `callbacks come in order of their time, and not once cancelled`() async throws {
        try await withGroup(loops: 1) { group in
            let loop = group.loops[0]
            let log = Mutex([Int]())
            await withCheckedContinuation { continuation in
                let note: @Sendable (Int) -> Void = { number in log.withLock { $0.append(number) } }
                loop.schedule(after: .milliseconds(30)) { note(3) }
                loop.schedule(after: .milliseconds(10)) { note(1) }
                let cancelled = loop.schedule(after: .milliseconds(15)) { note(99) }
                loop.schedule(after: .milliseconds(20)) { note(2) }
                loop.schedule(after: .milliseconds(40)) { continuation.resume() }
                cancelled.cancel()
                cancelled.cancel()
            }
            #expect(log.withLock { $0 } == [1, 2, 3])
        }
    }

    @Test func `sleep takes at least its time`() async throws {
        try await withGroup(loops: 1) { group in
            let start = Deadline.now
            try await group.loops[0].sleep(for: .milliseconds(20))
            #expect(Deadline.now >= start + .milliseconds(20))
        }
    }

    @Test(arguments: [true, false])
    func `a cancelled sleep ends at once, cancelled before or during`(_ before: Bool) async throws {
        try await withGroup(loops: 1) { group in
            let loop = group.loops[0]
            let task = Task(executorPreference: loop) {
                if before { withUnsafeCurrentTask { $0?.cancel() } }
                try await loop.sleep(for: .seconds(600))
            }
            loop.execute { loop.onTickEnd { task.cancel() } }
            await #expect(throws: CancellationError.self) { try await task.value }
        }
    }

    @Test func `shutdown ends sleeps and waits, and lets the tasks finish`() async throws {
        let finished = Atomic<Int>(0)
        let group = try EventLoopGroup(count: 2)
        let (reader, writer) = try makePipe()
        for loop in group.loops {
            loop.spawn {
                await #expect(throws: CancellationError.self) { try await loop.sleep(for: .seconds(600)) }
                finished.add(1, ordering: .relaxed)
            }
        }
        let loop = group.loops[0]
        let source = FileDescriptorSource(fd: reader, loop: loop)
        loop.spawn {
            await #expect(throws: IOError(.closed, operation: "readable")) { try await source.readable() }
            // Also what begins during the shutdown ends.
            await #expect(throws: IOError(.closed, operation: "readable")) { try await source.readable() }
            await #expect(throws: CancellationError.self) { try await loop.sleep(for: .seconds(600)) }
            finished.add(1, ordering: .relaxed)
        }
        // Waiting out the grace although everything has ended would exceed the suite's time limit.
        #expect(try await BlockingPool(threads: 1).run { group.shutdown(grace: .seconds(600)) })
        #expect(finished.load(ordering: .relaxed) == 3)
        closeDescriptor(writer)
    }

    @Test func `shutdown says so when a task does not end, and does not wait for ever`() async throws {
        let group = try EventLoopGroup(count: 1)
        let stuck = AsyncStream.makeStream(of: Void.self)
        let begun = AsyncStream.makeStream(of: Void.self)
        group.loops[0].spawn {
            begun.continuation.finish()
            for await _ in stuck.stream {}
        }
        for await _ in begun.stream {}
        #expect(try await BlockingPool(threads: 1).run { group.shutdown(grace: .milliseconds(50)) } == false)
        #expect(try await BlockingPool(threads: 1).run { group.shutdown() } == false)
    }

    @Test func `runBlocking returns and throws what its body does`() async throws {
        struct Failure: Error {}
        try await withGroup(loops: 1) { group in
            let caller = BlockingPool(threads: 1)
            let wasOnLoop = try await caller.run { try group.runBlocking { EventLoop.current === group.loops[0] } }
            #expect(wasOnLoop)
            await #expect(throws: Failure.self) {
                try await caller.run { try group.runBlocking { () async throws -> Int in throw Failure() } }
            }
        }
    }
}

private func plain() async -> Bool {
    await Task.yield()
    return EventLoop.current != nil
}
