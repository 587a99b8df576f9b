internal import Glibc
internal import HTTPServer

/// The log of a process that has one thread and may wait: the keeper, and the server before its loops run. The same
/// lines as `Logger`'s, written at once.
struct Log: Sendable {
    var level: LogLevel
    private let format: LogFormat = isatty(STDERR_FILENO) == 1 ? .human : .json

    init(level: LogLevel) { self.level = level }

    /// One line: a constant message, and what it is about in `metadata`, never a secret or a row's value.
    func callAsFunction(_ level: LogLevel, _ message: StaticString, _ metadata: KeyValuePairs<String, String> = [:]) {
        guard level >= self.level else { return }
        var line: [UInt8] = []
        format.append(
            LogEntry(level: level, message: message, metadata: metadata.map { ($0.key, $0.value) }), to: &line)
        Commands.write(String(decoding: line, as: UTF8.self), to: STDERR_FILENO)
    }

    /// As a `ClusterLog`.
    func info(_ message: StaticString, _ metadata: KeyValuePairs<String, String>) { self(.info, message, metadata) }
}
