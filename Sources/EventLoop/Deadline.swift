internal import Glibc

/// A point on the monotonic clock by which something must have happened.
///
/// An absolute time, so that one deadline can span several waits (all reads of one request head).
public struct Deadline: Sendable, Hashable, Comparable {
    /// Nanoseconds of `CLOCK_MONOTONIC`; `Int64.max` is never.
    public let nanoseconds: Int64

    init(nanoseconds: Int64) {
        self.nanoseconds = nanoseconds
    }

    /// A wait until it has no bound. No time is added to it.
    public static let never = Deadline(nanoseconds: .max)

    /// Reads the clock.
    public static var now: Deadline {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return Deadline(nanoseconds: Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec))
    }

    /// The deadline `duration` from now; what overflows is `.never`, what is negative has passed.
    public static func after(_ duration: Duration) -> Deadline {
        now + duration
    }

    /// `duration` later; never wraps around.
    public static func + (start: Deadline, duration: Duration) -> Deadline {
        guard start != .never else { return .never }
        let (seconds, attoseconds) = duration.components
        let (whole, overflow) = seconds.multipliedReportingOverflow(by: 1_000_000_000)
        guard !overflow else { return seconds < 0 ? Deadline(nanoseconds: 0) : .never }
        let (sum, overflowed) = start.nanoseconds.addingReportingOverflow(whole)
        guard !overflowed else { return .never }
        let (total, tooFar) = sum.addingReportingOverflow(attoseconds / 1_000_000_000)
        return tooFar ? .never : Deadline(nanoseconds: max(0, total))
    }

    /// Time left until `self`, zero once it has passed; `nil` for `.never`.
    public var remaining: Duration? {
        self == .never ? nil : .nanoseconds(max(0, nanoseconds - Deadline.now.nanoseconds))
    }

    public static func < (a: Deadline, b: Deadline) -> Bool {
        a.nanoseconds < b.nanoseconds
    }
}
