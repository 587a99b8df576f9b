/// The line that each answer leaves in the log.
public struct AccessLog: Sendable {
    private let logger: Logger
    private let level: LogLevel

    /// - Parameter level: Of answers below 500, which is most of the log's volume; server errors are `error`.
    public init(_ logger: Logger, level: LogLevel = .info) {
        self.logger = logger
        self.level = level
    }

    /// What an application does on each completion. The query string stays out: it may hold protected values.
    public func record(_ completion: Completion) {
        let level = completion.status.code >= 500 && completion.status != 503 ? LogLevel.error : level
        logger.log(
            level, "request",
            [
                "method": completion.method?.rawValue ?? "-", "path": completion.path,
                "route": completion.route ?? "-", "status": "\(completion.status.code)",
                "ms": milliseconds(completion.duration), "bytes": "\(completion.bytes)",
                "requestId": completion.requestID, "peer": completion.remoteAddress,
                "principal": completion.principal ?? "-", "cutOff": completion.isCutOff ? "true" : "false",
            ])
    }
}
