internal import CLinux
internal import Glibc
public import JSON

/// The job process's end of the conversation: writes reports, no faster than its supervisor wants to read.
///
/// One thread at a time. A supervisor that is gone takes the job along, so a failed write needs no answer.
public final class JobReporter {
    /// Progress is told at most this often.
    public static let progressInterval: Duration = .milliseconds(500)
    /// Log lines an attempt may write; what is beyond is counted, and the count told at the end.
    public static let mostLogLines = 1000
    /// Log lines in any one second.
    public static let mostLogLinesPerSecond = 50

    private let descriptor: Int32
    private let clock: () -> Duration
    private var lastProgress: Duration?
    private var logLines = 0
    private var second: (number: Int64, lines: Int) = (0, 0)
    private var droppedLogLines = 0

    /// - Parameters:
    ///   - descriptor: A blocking stream socket.
    ///   - clock: Time since some moment.
    public init(descriptor: Int32, clock: @escaping () -> Duration = JobReporter.monotonicTime) {
        self.descriptor = descriptor
        self.clock = clock
    }

    /// Since the machine's start; never set back.
    public static func monotonicTime() -> Duration {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return .seconds(Int64(time.tv_sec)) + .nanoseconds(Int64(time.tv_nsec))
    }

    /// Tells progress, unless it was told a moment ago.
    public func progress(rows: @autoclosure () -> JSONValue, share: Double?) {
        let now = clock()
        if let lastProgress, now - lastProgress < Self.progressInterval { return }
        lastProgress = now
        write(.progress(rows: rows(), share: share))
    }

    /// Adds a line to the run's log, within the bounds above.
    public func log(_ level: String, _ message: String, _ fields: JSONObject = [:]) {
        let number = clock().components.seconds
        if second.number != number { second = (number, 0) }
        guard logLines < Self.mostLogLines, second.lines < Self.mostLogLinesPerSecond else {
            droppedLogLines += 1
            return
        }
        logLines += 1
        second.lines += 1
        write(.log(level: level, message: message, fields: fields))
    }

    /// Tells how it ended.
    public func finish(_ report: JobReport) {
        if droppedLogLines > 0 {
            let fields: JSONObject = ["lines": JSONValue(droppedLogLines)]
            write(.log(level: "warning", message: "log lines were left out", fields: fields))
        }
        write(report)
    }

    private func write(_ report: JobReport) {
        var bytes = (report.line + [UInt8(ascii: "\n")])[...]
        while !bytes.isEmpty {
            let count = bytes.withUnsafeBytes { send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
            if count > 0 { bytes = bytes.dropFirst(count) } else if errno != EINTR { return }
        }
    }
}
