import Catalog
import EventLoop

/// How many loads may run at once: each holds a session for as long as its client sends.
public final class LoadSlots: Sendable {
    /// Others wait their turn, and get 429 when that takes too long.
    public static let limit = 16

    private let taken = Locked(0)

    public init() {}

    /// Runs `body`, or throws `too_many_requests` when `limit` loads are under way.
    public func withSlot<T>(_ body: () async throws -> T) async throws -> T {
        let isFree = taken.withLock { taken in
            guard taken < Self.limit else { return false }
            taken += 1
            return true
        }
        guard isFree else {
            throw Refusal(
                .tooManyRequests, "\(Self.limit) loads are under way, and there may not be more",
                hint: "Retry in a moment, or load several batches one after the other.")
        }
        defer { taken.withLock { $0 -= 1 } }
        return try await body()
    }
}
