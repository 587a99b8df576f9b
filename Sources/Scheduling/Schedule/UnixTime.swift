/// A moment: seconds since 1970-01-01T00:00:00Z, without leap seconds. Printed as RFC 3339 in UTC.
public struct UnixTime: Sendable, Hashable, Comparable, CustomStringConvertible {
    /// Negative before 1970.
    public var seconds: Int64

    public init(_ seconds: Int64) {
        self.seconds = seconds
    }

    public static func < (left: UnixTime, right: UnixTime) -> Bool { left.seconds < right.seconds }

    public var description: String { "\(WallTime(seconds))Z" }
}
