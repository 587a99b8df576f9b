import Synchronization

/// Durations counted into fixed buckets. Recording is two relaxed atomic additions.
public final class Histogram: Sendable {
    /// Upper bounds in microseconds: 100 µs to 30 s, about three to a decade; a last bucket has no bound.
    public static let bounds: [Int64] = [
        100, 250, 500, 1000, 2500, 5000, 10_000, 25_000, 50_000, 100_000, 250_000, 500_000, 1_000_000, 2_500_000,
        5_000_000, 10_000_000, 30_000_000,
    ]

    private let counts: [Counter] = (0...bounds.count).map { _ in Counter() }
    private let sumOfMicroseconds = Counter()

    public init() {}

    /// Counts a duration; a negative one as zero.
    public func record(_ duration: Duration) {
        let (seconds, attoseconds) = duration.components
        let microseconds = max(0, seconds &* 1_000_000 &+ attoseconds / 1_000_000_000_000)
        let bucket = Histogram.bounds.firstIndex { microseconds <= $0 } ?? Histogram.bounds.count
        counts[bucket].add()
        sumOfMicroseconds.add(UInt64(microseconds))
    }

    /// Counts per bucket and their sum in seconds. Values recorded meanwhile may be in one and not yet in the other.
    public var snapshot: (counts: [UInt64], sumOfSeconds: Double) {
        (counts.map(\.value), Double(sumOfMicroseconds.value) / 1_000_000)
    }
}
