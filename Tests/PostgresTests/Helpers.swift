import EventLoop
import Postgres
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
