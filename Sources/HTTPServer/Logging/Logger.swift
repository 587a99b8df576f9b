/// What code logs with: one instance is made at the start and passed down.
///
/// A message is constant, what varies is metadata, so that entries can be searched and counted by message.
public struct Logger: Sendable {
    /// Entries below are not even made.
    public var level: LogLevel
    /// Metadata of every entry.
    public var metadata: [(key: String, value: String)]
    private let sink: LogSink?

    /// - Parameter sink: `nil` logs nothing.
    public init(level: LogLevel = .info, sink: LogSink?, metadata: [(key: String, value: String)] = []) {
        self.level = level
        self.sink = sink
        self.metadata = metadata
    }

    /// Logs nothing: for tests.
    public static var none: Logger { Logger(sink: nil) }

    /// The same logger with more metadata.
    public func with(_ metadata: KeyValuePairs<String, String>) -> Logger {
        Logger(level: level, sink: sink, metadata: self.metadata + metadata.map { ($0.key, $0.value) })
    }

    /// For who looks for a fault in the program.
    public func debug(_ message: StaticString, _ metadata: @autoclosure () -> KeyValuePairs<String, String> = [:]) {
        log(.debug, message, metadata())
    }

    /// What an operator may want to know: starts, ends, changes.
    public func info(_ message: StaticString, _ metadata: @autoclosure () -> KeyValuePairs<String, String> = [:]) {
        log(.info, message, metadata())
    }

    /// Something is wrong and was dealt with.
    public func warning(_ message: StaticString, _ metadata: @autoclosure () -> KeyValuePairs<String, String> = [:]) {
        log(.warning, message, metadata())
    }

    /// Something failed and somebody should look.
    public func error(_ message: StaticString, _ metadata: @autoclosure () -> KeyValuePairs<String, String> = [:]) {
        log(.error, message, metadata())
    }

    /// Writes an entry unless `level` is below the logger's; `metadata` is evaluated only then.
    public func log(
        _ level: LogLevel, _ message: StaticString, _ metadata: @autoclosure () -> KeyValuePairs<String, String> = [:]
    ) {
        guard let sink, level >= self.level else { return }
        let metadata = self.metadata + metadata().map { ($0.key, $0.value) }
        sink.write(LogEntry(level: level, message: message, metadata: metadata))
    }
}
