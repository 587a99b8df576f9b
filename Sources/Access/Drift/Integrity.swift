import EventLoop
import Postgres
public import Store

/// Whether enforcement is as Sluice made it, as of the last check. Starts as not intact.
public final class Integrity: Sendable {
    private let sessions: Sessions
    private let found = Locked<[Drift]?>(nil)

    public init(sessions: Sessions) {
        self.sessions = sessions
    }

    public var isIntact: Bool { found.withLock { $0?.isEmpty ?? false } }

    /// What the last check found; `nil` before the first.
    public var drift: [Drift]? { found.withLock { $0 } }

    /// Checks now and remembers the outcome, which it returns.
    ///
    /// A change that commits while the check reads leaves it with the records of one policy version and the objects of
    /// another. So what is found counts only if it is still there with changes held back.
    @discardableResult
    public func check() async throws -> [Drift] {
        let drift = try await sessions.withServerSession { connection in
            let found = try await Drift.check(on: connection)
            guard !found.isEmpty else { return found }
            return try await connection.transaction { connection in
                try await connection.execute("SELECT sluice.begin_change()")
                return try await Drift.check(on: connection)
            }
        }
        found.withLock { $0 = drift }
        return drift
    }
}
