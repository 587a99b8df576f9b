/// Where a run stands.
public enum RunState: String, Sendable, CaseIterable {
    case queued, running, succeeded, failed, cancelled

    public var hasEnded: Bool { self != .queued && self != .running }
}
