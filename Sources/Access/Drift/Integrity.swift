import EventLoop
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
    @discardableResult
    public func check() async throws -> [Drift] {
        let drift = try await sessions.withServerSession { connection in try await Drift.check(on: connection) }
        found.withLock { $0 = drift }
        return drift
    }
}
