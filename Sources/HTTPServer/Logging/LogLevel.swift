internal import Glibc

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
    /// In `0..<1_000_000_000`, added to `seconds`.
    public var nanoseconds: Int64
    public var message: String
    public var metadata: [(key: String, value: String)]
}

extension LogEntry {
    /// An entry of this moment.
    public init(level: LogLevel, message: StaticString, metadata: [(key: String, value: String)]) {
        var now = timespec()
        clock_gettime(CLOCK_REALTIME, &now)
        self.init(
            level: level, seconds: Int64(now.tv_sec), nanoseconds: Int64(now.tv_nsec), message: "\(message)",
            metadata: metadata)
    }
}
