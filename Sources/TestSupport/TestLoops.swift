public import EventLoop
public import Postgres

/// The event loops of a test process, never shut down.
public enum TestLoops {
    private static let started = Result { () throws(IOError) in try EventLoopGroup(count: 2) }

    /// Two loops, the same for all tests. Throws when the first start failed.
    public static func group() throws -> EventLoopGroup {
        try started.get()
    }

    /// Opens a session on one of the loops.
    public static func connect(
        _ options: ConnectionOptions, configuration: Connection.Configuration = .init()
    ) async throws -> Connection {
        let group = try group()
        let loop = group.next()
        // On the loop from the start: tests that block the shared pool must not use up the time for connecting.
        return try await run(on: loop) {
            try await Connection.connect(options, on: loop, blocking: group.blocking, configuration: configuration)
        }
    }

    /// Runs `body` as a task of `loop`, and waits for it.
    public static func run<T: Sendable>(
        on loop: EventLoop, _ body: @escaping @Sendable () async throws -> T
    ) async throws -> T {
        try await Task(executorPreference: loop) { try await body() }.value
    }
}
