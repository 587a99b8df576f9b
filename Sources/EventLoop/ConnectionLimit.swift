internal import Synchronization

/// Counts the open connections of all loops against one limit.
public final class ConnectionLimit: Sendable {
    /// Connections open at once, over all loops.
    public let maximum: Int
    private let open = Atomic<Int>(0)
    private let refusedCount = Atomic<Int>(0)

    public init(maximum: Int) {
        precondition(maximum > 0, "a listener that accepts nothing")
        self.maximum = maximum
    }

    /// Connections open now.
    public var count: Int { open.load(ordering: .relaxed) }
    /// Connections turned away since the start.
    public var refused: Int { refusedCount.load(ordering: .relaxed) }

    /// Takes one place, or counts a refusal and returns `false`.
    func take() -> Bool {
        if open.add(1, ordering: .relaxed).newValue <= maximum { return true }
        open.subtract(1, ordering: .relaxed)
        refusedCount.add(1, ordering: .relaxed)
        return false
    }

    func giveBack() {
        open.subtract(1, ordering: .relaxed)
    }
}
