public import JSON

/// A task lent to a worker: one attempt, under an epoch of its own, until it is completed or the lease is taken away.
public struct Claim: Sendable, Hashable {
    public var task: TaskID
    public var run: RunID
    /// Raised into the dataset's fence before the source's offset is read.
    public var epoch: Epoch
    /// Counted from 1 over the life of the run, lost attempts included.
    public var attempt: Int
    /// The step's name; its definition is in `pipeline.spec`.
    public var step: String
    public var pipeline: PipelineRef
    /// Of the run; empty unless it was started with some.
    public var parameters: JSONValue
    /// How long the attempt may take from its claim on. A duration, since a worker's clock may be wrong.
    public var timeout: Duration
    /// The run was cancelled between queueing and claim: complete with `.cancelled` and start nothing.
    public var isCancelRequested: Bool
}

/// What has become of a lease.
public enum LeaseState: String, Sendable, Hashable {
    /// It is the worker's: go on.
    case held
    /// The run shall end: stop the job process and complete with `.cancelled`.
    case cancelled
    /// Taken away, or completed: stop the job process; nothing it reports has an effect any more.
    case lost
}
