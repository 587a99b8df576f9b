public import JSON

/// How an attempt ended.
public enum Outcome: Sendable, Hashable {
    /// All units are committed. `rows`: the object of `GET /runs/{id}`, member `rows`.
    case succeeded(rows: JSONValue)
    /// Something was wrong. A retryable one is tried again, with full jitter, while the pipeline's `retry` allows.
    case failed(RunProblem, isRetryable: Bool)
    /// Stopped because the claim's `timeout` had passed. Tried again like a retryable failure.
    case timedOut
    /// Stopped because the run was cancelled.
    case cancelled
    /// Given back unharmed by a draining worker: ready at once for another, and no attempt is counted as failed.
    case released
    /// The job process ended without a result: killed, or crashed. Tried again; the third time the task is parked as
    /// `poisoned`. `how` is for people: `signal 9`, `exit status 70`.
    case died(how: String)
}

/// The numbers a running attempt reports.
public struct Progress: Sendable, Hashable {
    /// Counters so far, the same members as in the result.
    public var rows: JSONValue
    /// How much of the input is done, in `0...1`; `nil` when its size is unknown.
    public var share: Double?

    public init(rows: JSONValue, share: Double? = nil) {
        self.rows = rows
        self.share = share
    }
}
