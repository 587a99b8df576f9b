internal import CLinux
internal import Synchronization

/// The loops of a process, one per core, and its pool for blocking calls.
public final class EventLoopGroup: Sendable {
    public let loops: [EventLoop]
    public let blocking: BlockingPool
    private let nextIndex = Atomic<Int>(0)
    private let outcome = Monitor(Bool?.none)

    /// Cores this process may use.
    public static var cores: Int {
        max(1, Int(clinux_usable_cores()))
    }

    /// Starts the loops. Throws `.system` when there are no descriptors or threads for them.
    public init(count: Int = EventLoopGroup.cores, blocking: BlockingPool = BlockingPool()) throws(IOError) {
        precondition(count > 0, "a group without a loop")
        var loops: [EventLoop] = []
        do throws(IOError) {
            for index in 0..<count {
                let loop = try EventLoop(index: index)
                try loop.start()
                loops.append(loop)
            }
        } catch {
            for loop in loops { loop.stop(before: .now) }
            throw error
        }
        self.loops = loops
        self.blocking = blocking
    }

    /// The loops in turn, for spreading work that has no connection.
    public func next() -> EventLoop {
        loops[Int(UInt(bitPattern: nextIndex.add(1, ordering: .relaxed).oldValue) % UInt(loops.count))]
    }

    /// Runs `body` on the first loop and blocks the calling thread until it has ended: what `main` does.
    public func runBlocking<T: Sendable>(_ body: @escaping @Sendable () async throws -> T) throws -> T {
        precondition(EventLoop.current == nil, "would wait for itself")
        let done = Monitor(Result<T, any Error>?.none)
        loops[0].spawn {
            do {
                let value = try await body()
                done.update { $0 = .success(value) }
            } catch {
                done.update { $0 = .failure(error) }
            }
        }
        guard let result = done.wait(for: { $0 }) else { preconditionFailure("a wait without deadline has ended") }
        return try result.get()
    }

    /// Ends every wait and closes every descriptor, gives spawned tasks up to `grace` to end, and stops all threads.
    ///
    /// Blocks the caller, which must be no loop's thread. Returns whether everything ended in time; what did not is
    /// abandoned. Stop listeners and finish requests before. Again: returns the first answer.
    @discardableResult
    public func shutdown(grace: Duration = .seconds(5)) -> Bool {
        precondition(EventLoop.current == nil, "would wait for itself")
        return outcome.update { outcome in
            if let outcome { return outcome }
            let deadline = Deadline.after(grace)
            for loop in loops { loop.stop(before: deadline) }
            var clean = true
            // A second more than the loops give themselves: a loop stuck in a blocking call ends no wait.
            for loop in loops { clean = loop.waitUntilStopped(before: deadline + .seconds(1)) && clean }
            clean = blocking.shutdown(before: deadline + .seconds(1)) && clean
            outcome = clean
            return clean
        }
    }
}
