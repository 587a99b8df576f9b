/// A run as the API shows it.
public struct RunDocument: Sendable {
    public var id: RunID
    /// Who may describe it may see the run.
    public var domainID: Int64
    public var pipeline: String
    public var state: RunState
    /// The dataset whose quarantine it replays: who may manage that may see the run, too.
    public var replayedDatasetID: Int64?
    /// JSON.
    public var text: String
}

/// Which runs a list shows.
public struct RunFilter: Sendable {
    /// `domain.name`.
    public var pipeline: String?
    /// `nil`: of every state.
    public var state: RunState?
    /// Of these domains; `nil`: of all.
    public var domains: [Int64]?
    /// Older than this one.
    public var before: RunID?

    public init() {}
}

/// How far a run and its log are: what a follower compares.
public struct RunFeed: Sendable, Hashable {
    /// Rises with every change of the run.
    public var version: Int64
    /// The number of lines in the log.
    public var lastLine: Int64
    public var hasEnded: Bool
}
