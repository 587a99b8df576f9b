/// Codes that the queue itself gives runs and attempts; sources and sinks have their own.
public enum QueueCode: String, Sendable, CaseIterable {
    /// The job process ended without having said how.
    case jobDied = "job_died"
    /// The step ended too many processes or workers, and is not tried again by itself.
    case poisoned
    /// The attempt lasted longer than the pipeline allows.
    case stepTimeout = "step_timeout"
    /// The worker was silent for too long.
    case workerLost = "worker_lost"

    /// The code in words. But for `jobDied` the queue's functions in `control` write it, and a test compares them.
    public var title: String {
        switch self {
        case .jobDied: "The job process ended without a result"
        case .poisoned: "The step was parked"
        case .stepTimeout: "The step took too long"
        case .workerLost: "The worker was lost"
        }
    }
}
