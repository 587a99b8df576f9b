/// How many sessions there are, by state, and who waits: for metrics.
public struct SessionCounts: Sendable, Equatable {
    /// Backends, including those being opened or closed.
    public var open = 0
    /// Of `open`, those of principals.
    public var principals = 0
    /// Of `open`, those ready to be lent.
    public var idle = 0
    /// Of `open`, pipelines, in use or not.
    public var shared = 0
    /// Callers that wait for a session.
    public var waiting = 0
    /// Of `open`, those lent, being opened or being closed.
    public var busy: Int { open - idle - shared }
}
