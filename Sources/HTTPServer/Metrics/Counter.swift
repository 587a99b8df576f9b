import Synchronization

/// A number that only grows. Adding is one relaxed atomic addition, callable anywhere.
public final class Counter: Sendable {
    private let total = Atomic<UInt64>(0)

    public init() {}

    /// Adds; past 2^64 it begins at 0 again, as Prometheus expects of a restart.
    public func add(_ amount: UInt64 = 1) {
        total.wrappingAdd(amount, ordering: .relaxed)
    }

    /// The total so far.
    public var value: UInt64 { total.load(ordering: .relaxed) }
}

/// A number that goes up and down.
public final class Gauge: Sendable {
    private let current = Atomic<Int>(0)

    public init() {}

    /// Adds, or takes away below 0.
    public func add(_ amount: Int) {
        current.wrappingAdd(amount, ordering: .relaxed)
    }

    /// Replaces the value.
    public func set(_ value: Int) {
        current.store(value, ordering: .relaxed)
    }

    /// The value now.
    public var value: Int { current.load(ordering: .relaxed) }
}
