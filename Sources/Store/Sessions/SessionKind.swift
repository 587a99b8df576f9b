/// What a session with Postgres is for; sessions of one kind stand in for each other.
public enum SessionKind: Hashable, Sendable {
    /// The server's own login, in the database `warehouse`.
    case warehouse
    /// The server's own login, in the database `control`.
    case control
    /// A principal's login role; runs only statements that Sluice wrote, and keeps them prepared.
    case rows(role: String)
    /// A principal's login role; runs the principal's own SQL and is discarded of all state after each use.
    case query(role: String)

    /// The principal's login role; `nil` for the server's own sessions.
    public var role: String? {
        switch self {
        case .warehouse, .control: nil
        case .rows(let role), .query(let role): role
        }
    }
}

/// How many sessions there may be, and how long one waits for one.
public struct SessionLimits: Sendable {
    /// Backends in all.
    public var total = 80
    /// Of these, kept free of principals' sessions, so that the server itself always reaches Postgres.
    public var reserved = 10
    /// Of one principal.
    public var perRole = 24
    /// Callers that wait; one more is refused.
    public var waiting = 2048
    /// How long a caller waits.
    public var patience: Duration = .seconds(10)
    /// After how long an idle session is closed.
    public var idle: Duration = .seconds(120)

    public init() {}
}

/// Why no session could be had.
public struct SessionError: Error, Sendable, Equatable {
    public enum Code: String, Sendable {
        /// The queue of waiting callers is full.
        case saturated
        /// No session became free in time.
        case timedOut
        /// The pool is closed: the server is shutting down.
        case closed
    }

    public var code: Code
}

extension SessionError: CustomStringConvertible {
    public var description: String {
        switch code {
        case .saturated: "too many requests wait for a database session"
        case .timedOut: "no database session became free in time"
        case .closed: "the server is shutting down"
        }
    }
}
