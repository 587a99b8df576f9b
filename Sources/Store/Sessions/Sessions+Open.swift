import EventLoop
import Postgres

extension Sessions {
    /// How long a principal's first session waits for its login map or its fresh role to be live.
    static let freshRolePatience = Duration.seconds(5)

    /// A session for `key`, in its slot.
    func acquire(_ key: SessionKey, on loop: EventLoop) async throws -> Connection {
        while let connection = try await admit(key, on: loop) {
            if await connection.isIdle { return connection }
            // It broke while it was idle: its slot goes back, and we ask again.
            await connection.close()
            free(key)
        }
        return try await filling(key) {
            try await retryingFreshRole(key.kind, on: loop) { () async throws(PostgresError) in
                try await Connection.connect(
                    source.options(for: key.kind), on: loop, blocking: group.blocking,
                    configuration: key.kind.configuration)
            }
        }
    }

    /// Opens a pipeline in a slot of its own, which is shared from then on.
    func open(_ shared: SharedPipeline, role: String, on loop: EventLoop) async throws {
        let key = SessionKey(kind: .rows(role: role), loop: loop.index, isShared: true)
        _ = try await admit(key, on: loop)
        let pipeline = try await filling(key) {
            try await retryingFreshRole(key.kind, on: loop) { () async throws(PostgresError) in
                try await Pipeline.connect(
                    source.options(for: key.kind), on: loop, blocking: group.blocking, configuration: .pointReads)
            }
        }
        // In this order: nobody finds it broken before the book knows of it.
        share(shared, key)
        shared.opened(pipeline)
    }

    /// Gives the slot of `key` back when `opening` fails.
    private func filling<T>(_ key: SessionKey, _ opening: () async throws -> T) async throws -> T {
        do {
            return try await opening()
        } catch {
            free(key)
            throw error
        }
    }

    /// Tries again while the cluster does not know the role yet: a reload of the login map takes a moment.
    private func retryingFreshRole<T>(
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

extension Pipeline.Configuration {
    /// For statements that give a row or none.
    fileprivate static var pointReads: Self {
        var configuration = Self()
        configuration.takesRowsSingly = false
        return configuration
    }
}

extension SessionKind {
    fileprivate var configuration: Connection.Configuration {
        var configuration = Connection.Configuration()
        switch self {
        case .warehouse, .control, .rows: configuration.preparedStatements = 64
        case .query: configuration.preparedStatements = 0
        }
        return configuration
    }
}
