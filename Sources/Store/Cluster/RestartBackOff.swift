/// When to start Postgres again after it died: at once the first time, then ever later while it keeps dying.
public struct RestartBackOff: Sendable {
    /// The longest delay.
    public static let ceiling: Duration = .seconds(30)
    /// After this long a life, the next death counts as the first.
    public static let calm: Duration = .seconds(60)

    private var deaths = 0
    private var startedAt: ContinuousClock.Instant

    public init(startedAt: ContinuousClock.Instant) { self.startedAt = startedAt }

    /// Notes a start, from which the length of this life is counted.
    public mutating func started(at now: ContinuousClock.Instant) { startedAt = now }

    /// The delay before the next start: 0, 0.1 s, 0.2 s, 0.4 s, … up to `ceiling`.
    public mutating func delay(afterDeathAt now: ContinuousClock.Instant) -> Duration {
        if now - startedAt >= RestartBackOff.calm { deaths = 0 }
        defer { deaths += 1 }
        if deaths == 0 { return .zero }
        return min(.milliseconds(100 << min(deaths - 1, 10)), RestartBackOff.ceiling)
    }
}
