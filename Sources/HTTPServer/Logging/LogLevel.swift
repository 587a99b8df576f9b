/// How much a log entry matters.
public enum LogLevel: String, Sendable, CaseIterable, Comparable {
    case debug, info, warning, error

    public static func < (left: LogLevel, right: LogLevel) -> Bool { left.rank < right.rank }

    var rank: Int {
        switch self {
        case .debug: 0
        case .info: 1
        case .warning: 2
        case .error: 3
        }
    }
}

/// One thing that happened: a constant message and what it was about.
public struct LogEntry: Sendable {
    public var level: LogLevel
    /// Seconds since 1970, UTC.
    public var seconds: Int64
    public var nanoseconds: Int64
    public var message: String
    public var metadata: [(key: String, value: String)]
}
