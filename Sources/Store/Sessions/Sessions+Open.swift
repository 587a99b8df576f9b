import EventLoop
import Postgres

extension Sessions {
    /// How long a principal's first session waits for its login map or its fresh role to be live.
    static let freshRolePatience = Duration.seconds(5)

    func open(_ kind: SessionKind, on loop: EventLoop) async throws -> Connection {
        try await retryingFreshRole(kind, on: loop) { () async throws(PostgresError) in
            try await Connection.connect(
                source.options(for: kind), on: loop, blocking: group.blocking,
                configuration: kind.configuration)
        }
    }

    /// Tries again while the cluster does not know the role yet: a reload of the login map takes a moment.
    func retryingFreshRole<T>(
        _ kind: SessionKind, on loop: EventLoop, _ body: () async throws(PostgresError) -> T
    ) async throws -> T {
        let deadline = ContinuousClock.now + Self.freshRolePatience
        while true {
            do throws(PostgresError) {
                return try await body()
            } catch {
                guard kind.role != nil, error.sqlState == "28000", ContinuousClock.now < deadline else { throw error }
            }
            try await loop.sleep(for: .milliseconds(50))
        }
    }
}

extension SessionKind {
    fileprivate var configuration: Connection.Configuration {
        var configuration = Connection.Configuration()
        switch self {
        case .warehouse, .control: configuration.preparedStatements = 64
        case .rows: configuration.preparedStatements = 64
        case .query: configuration.preparedStatements = 0
        }
        return configuration
    }
}
