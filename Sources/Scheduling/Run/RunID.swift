/// A run: one execution of a pipeline.
public struct RunID: Sendable, Hashable, CustomStringConvertible {
    /// The row in `control`, from 1.
    public var value: Int64

    public init(_ value: Int64) {
        self.value = value
    }

    /// Reads the decimal text of an API path; `nil` when it is no id.
    public init?(_ text: some StringProtocol) {
        guard let value = Int64(text), value > 0, String(value) == text else { return nil }
        self.value = value
    }

    public var description: String { "\(value)" }
}

/// A task: one step of a run, as the queue knows it.
public struct TaskID: Sendable, Hashable, CustomStringConvertible {
    /// The row in `control`, from 1.
    public var value: Int64

    public init(_ value: Int64) {
        self.value = value
    }

    public var description: String { "\(value)" }
}

/// The number of one claim. Later claims have larger ones: what a fence compares, and what completes a lease.
public struct Epoch: Sendable, Hashable, Comparable, CustomStringConvertible {
    /// From 1; never given twice.
    public var value: Int64

    public init(_ value: Int64) {
        self.value = value
    }

    public static func < (left: Epoch, right: Epoch) -> Bool { left.value < right.value }

    public var description: String { "\(value)" }
}
