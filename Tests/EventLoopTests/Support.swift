import EventLoop

/// Runs `body` with a group of its own and stops it afterwards.
func withGroup<R: Sendable>(
    loops: Int = 2, blocking: BlockingPool = BlockingPool(),
    _ body: @Sendable (EventLoopGroup) async throws -> R
) async throws -> R {
    let group = try EventLoopGroup(count: loops, blocking: blocking)
    do {
        let value = try await body(group)
        await stop(group)
        return value
    } catch {
        await stop(group)
        throw error
    }
}

/// Shuts down without blocking a thread of the pool that other tests run on.
private func stop(_ group: EventLoopGroup) async {
    let stopper = BlockingPool(threads: 1)
    _ = try? await stopper.run { group.shutdown(grace: .seconds(5)) }
}

extension EventLoop {
    /// Runs `body` on this loop and returns what it gave.
    func run<R: Sendable>(_ body: @escaping @Sendable () async throws -> R) async throws -> R {
        try await Task(executorPreference: self) { try await body() }.value
    }
}

/// Echoes until the peer has finished, pinned to its socket's loop.
actor Echo {
    private nonisolated let socket: Socket
    nonisolated var unownedExecutor: UnownedSerialExecutor { socket.loop.asUnownedSerialExecutor() }

    init(_ socket: Socket) {
        self.socket = socket
    }

    func run() async {
        defer { socket.close() }
        do {
            while true {
                let bytes = try await socket.receive(upTo: 4096, before: .after(.seconds(20)))
                if bytes.isEmpty { return }
                try await socket.send(bytes, before: .after(.seconds(20)))
            }
        } catch {
            // The client has gone: its side of the test says why.
        }
    }

    static func serve(_ socket: Socket) {
        socket.loop.spawn { await Echo(socket).run() }
    }
}
