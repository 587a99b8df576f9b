public import Catalog

/// A question about a connection's source, lent to a worker. Reading only, so whoever claims it again does no harm.
public struct Probe: Sendable, Hashable {
    /// In `control`.
    public var id: Int64
    /// In `warehouse`.
    public var connectionID: Int64
    public var question: SourceQuestion
    /// How long somebody waits for the answer, from the claim on. A duration, since a worker's clock may be wrong.
    public var patience: Duration
}

/// How far a question is.
public enum ProbeState: Sendable, Hashable {
    /// No worker has taken it up; `hasWorker`: one that lives might.
    case waiting(hasWorker: Bool)
    /// A worker is at it.
    case claimed
    case answered(ProbeAnswer)
    /// It was dropped: the database has lost what is not logged, or its minute has passed.
    case gone
}

/// Bounds of what is asked, over all servers.
public enum ProbeLimits {
    /// How long a server waits for an answer.
    public static let patience = Duration.seconds(20)
    /// How long it waits for a worker when none lives: one that just starts is not there yet.
    public static let workerPatience = Duration.seconds(4)
    /// How long a job process may work at one.
    public static let workTime = Duration.seconds(15)
    /// Open questions, in all and of one principal.
    public static let open = 64
    public static let openOwn = 4
    /// Questions of one principal in a minute.
    public static let rate = 120
    /// Bytes of an answer.
    public static let answerBytes = 900 << 10
}
