internal import Scheduling

/// Lines of a run's log that wait for the queue: at most ``limit``, beyond which the oldest are dropped.
struct WaitingLog {
    static let limit = 500

    private var lines: [LogLine] = []

    mutating func add(_ line: LogLine) {
        if lines.count >= Self.limit { lines.removeFirst() }
        lines.append(line)
    }

    /// All lines, which wait no longer.
    mutating func take() -> [LogLine] {
        defer { lines = [] }
        return lines
    }

    /// Puts lines that could not be told before those that came since, for the next time.
    mutating func putBack(_ batch: [LogLine]) {
        lines = Array((batch + lines).suffix(Self.limit))
    }
}
