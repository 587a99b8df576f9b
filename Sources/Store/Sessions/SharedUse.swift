import EventLoop
import Synchronization

/// Counts who uses a session that many share, without a lock: that is the path of every point read.
///
/// Once retired it stays so, and nobody joins any more: whoever retired it may end the session.
final class SharedUse: Sendable {
    /// Users at this moment; far below zero once retired, where late joiners do not bring it back up.
    private let users = Atomic<Int>(0)
    private let lastEnd = Atomic<Int64>(Deadline.now.nanoseconds)
    private static let retired = Int.min / 2

    /// Joins; `false`: it is retired. Every `true` is followed by one `end`.
    func begin() -> Bool {
        users.add(1, ordering: .acquiringAndReleasing).newValue > 0
    }

    /// Leaves. `true`: nobody uses it any more.
    func end() -> Bool {
        lastEnd.store(Deadline.now.nanoseconds, ordering: .relaxed)
        // Sequentially consistent: see `Sessions.isWanted`.
        return users.subtract(1, ordering: .sequentiallyConsistent).newValue == 0
    }

    /// Since when nobody has used it, in nanoseconds of the monotonic clock; `nil`: in use or retired.
    var idleSince: Int64? {
        users.load(ordering: .sequentiallyConsistent) == 0 ? lastEnd.load(ordering: .relaxed) : nil
    }

    /// Ends the sharing if nobody uses it; `true` at most once.
    func retire() -> Bool {
        users.compareExchange(expected: 0, desired: Self.retired, ordering: .sequentiallyConsistent).exchanged
    }
}

/// A session that many use at once.
protocol SharedSession: Sendable {
    var use: SharedUse { get }
}
