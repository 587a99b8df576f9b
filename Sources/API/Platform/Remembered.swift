import Synchronization

/// Something read from the database that is taken for granted for a moment.
///
/// One of those who ask in the second half of that moment reads it anew while the others go on with what there is.
/// Otherwise all would find it out of date at once: twice a second, 32 connections would then read the same 32 times.
final class Remembered<Value: Sendable>: Sendable {
    let value: Value
    private let renewal: ContinuousClock.Instant
    private let end: ContinuousClock.Instant
    private let isBeingRenewed = Atomic(false)

    init(_ value: Value, for lifetime: Duration, since now: ContinuousClock.Instant = .now) {
        self.value = value
        renewal = now + lifetime / 2
        end = now + lifetime
    }

    /// Whether its moment has not passed and nobody need read it anew now.
    var isFresh: Bool {
        let now = ContinuousClock.now
        return now < renewal || now < end && isBeingRenewed.load(ordering: .relaxed)
    }

    /// Whether the asker is to use it, rather than read it anew.
    func isGoodForAsker() -> Bool {
        let now = ContinuousClock.now
        if now < renewal { return true }
        guard now < end else { return false }
        return isBeingRenewed.exchange(true, ordering: .relaxed)
    }
}
