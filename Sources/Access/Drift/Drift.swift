public import Postgres

/// What is not as Sluice made it: an enforcing object altered by hand, a revocation undone, a role that holds too much.
public struct Drift: Sendable, Equatable {
    public var object: String
    public var problem: String

    public init(object: String, problem: String) {
        self.object = object
        self.problem = problem
    }

    /// Everything that differs now; empty when enforcement is intact.
    public static func check(on connection: Connection) async throws -> [Drift] {
        try await connection.query("SELECT object, problem FROM sluice.drift() ORDER BY 1, 2 LIMIT 100").map { row in
            Drift(object: try row.decode(at: 0), problem: try row.decode(at: 1))
        }
    }
}
