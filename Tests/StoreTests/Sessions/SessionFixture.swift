import Postgres
import TestSupport

@testable import Store

enum SessionFixture {
    /// Lends a pool over the test cluster, with the roles `names` able to log in.
    static func withSessions(
        roles names: [String] = [], _ limits: SessionLimits = SessionLimits(),
        _ body: (Sessions, [String]) async throws -> Void
    ) async throws {
        let cluster = try TestCluster.shared()
        let database = try await cluster.makeDatabase()
        let admin = try await TestLoops.connect(cluster.options())
        let roles = names.map { "\(database)_\($0)" }
        for role in roles {
            try await admin.execute("CREATE ROLE \(identifier: role) LOGIN")
            try await admin.execute("GRANT CONNECT ON DATABASE \(identifier: database) TO \(identifier: role)")
        }
        await admin.close()
        let source = SessionSource(
            server: { _ in cluster.options(database: database) },
            principal: { cluster.options(database: database, user: $0) })
        let sessions = Sessions(source: source, group: try TestLoops.group(), limits: limits)
        do {
            try await body(sessions, roles)
            await sessions.close()
        } catch {
            await sessions.close()
            throw error
        }
    }

    static func limits(
        total: Int, reserved: Int = 0, waiting: Int = 100, patience: Duration = .seconds(10)
    ) -> SessionLimits {
        var limits = SessionLimits()
        limits.total = total
        limits.reserved = reserved
        limits.waiting = waiting
        limits.patience = patience
        return limits
    }

    /// Waits until `condition` holds; after 20 s it fails.
    static func until(_ condition: () async throws -> Bool) async throws {
        let deadline = ContinuousClock.now + .seconds(20)
        while try await !condition() {
            guard ContinuousClock.now < deadline else { throw NeverCame() }
            await Task.yield()
        }
    }

    struct NeverCame: Error {}
}
