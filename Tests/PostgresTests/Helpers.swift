import EventLoop
import Postgres
import TestSupport
import Testing

extension EventLoop {
    /// Starts a task on this loop whose result can be awaited.
    func spawnThrowing<T: Sendable>(_ body: @escaping @Sendable () async throws -> T) -> Task<T, any Error> {
        Task(executorPreference: self) { try await body() }
    }
}

extension Connection {
    /// Asks again until the one boolean of `condition` is true.
    func waitUntil(_ condition: SQL) async throws {
        while true {
            let rows = try await query(condition)
            if let row = rows.first, try row.decode(at: 0, as: Bool.self) { return }
            try await loop.sleep(for: .milliseconds(2))
        }
    }
}

extension Connection {
    /// Fails the test unless a statement still gets its answer.
    func expectUsable() async throws {
        let rows = try await query("SELECT \(41) + 1 AS n")
        #expect(try rows.map { try $0.decode("n", as: Int.self) } == [42])
    }
}

extension Pipeline {
    /// Fails the test unless a statement still gets its answer.
    func expectUsable() async throws {
        let rows = try await query("SELECT \(41) + 1 AS n")
        #expect(try rows.map { try $0.decode("n", as: Int.self) } == [42])
    }
}

/// Fails the test unless all tasks fail as statements do whose backend was terminated.
func expectTerminated<T>(_ tasks: [Task<T, any Error>]) async {
    for task in tasks {
        let error = await #expect(throws: PostgresError.self) { _ = try await task.value }
        #expect(error?.code == .connectionFailed)
        #expect(error?.sqlState == "57P01")
    }
}

/// Lends a session of its own to `body`.
func withConnection<T>(
    _ configuration: Connection.Configuration = .init(), _ body: (Connection) async throws -> T
) async throws -> T {
    try await TestLoops.connect(try TestCluster.shared().options(), configuration: configuration).lend(to: body)
}

/// Lends a pipelined session of its own to `body`.
func withPipeline<T>(
    _ configuration: Pipeline.Configuration = .init(), _ body: (Pipeline) async throws -> T
) async throws -> T {
    let group = try TestLoops.group()
    let loop = group.next()
    let options = try TestCluster.shared().options()
    let pipeline = try await TestLoops.run(on: loop) {
        try await Pipeline.connect(options, on: loop, blocking: group.blocking, configuration: configuration)
    }
    do {
        let value = try await body(pipeline)
        await pipeline.close()
        return value
    } catch {
        await pipeline.close()
        throw error
    }
}
