internal import HTTPServer

/// What `sluice serve` is told: see the table of settings in the documentation.
struct ServeSettings: Sendable {
    var dataDirectory: String
    /// A libpq URL; `nil`: the embedded cluster. May hold a password.
    var databaseURL: String?
    /// `HOST:PORT` of the HTTP listener.
    var http: String
    /// How long running requests may take after SIGTERM.
    var drainTimeout: Duration
    var allowsOutdatedPostgres: Bool
    var logLevel: LogLevel

    static let dataDirectoryOption = CommandOption.setting(
        "--data-dir", "SLUICE_DATA_DIR", "DIR", fallback: ".sluice", "Embedded Postgres, keys and logs")
    static let databaseURLOption = CommandOption.setting(
        "--database-url", "SLUICE_DATABASE_URL", "URL", "An existing cluster, Postgres 15 or later")
    static let httpOption = CommandOption.setting(
        "--http", "SLUICE_HTTP", "HOST:PORT", fallback: "127.0.0.1:8080", "Where the API listens")
    static let drainTimeoutOption = CommandOption.setting(
        "--drain-timeout", "SLUICE_DRAIN_TIMEOUT", "SECONDS", fallback: "30",
        "How long running requests may take after SIGTERM")
    static let logOption = CommandOption.setting(
        "--log", "SLUICE_LOG", "LEVEL", fallback: "info", "debug, info, warning or error")
    static let allowOutdatedOption = CommandOption.switch(
        "--allow-outdated-postgres", "Serves with a Postgres that has known holes")

    /// Those that say where the databases are.
    static let storeOptions = [dataDirectoryOption, databaseURLOption, logOption, allowOutdatedOption]
    static let options = storeOptions + [httpOption, drainTimeoutOption]

    init(_ arguments: Arguments) throws(UsageError) {
        dataDirectory = arguments[ServeSettings.dataDirectoryOption] ?? ""
        guard !dataDirectory.isEmpty else {
            throw UsageError(message: "the data dir is empty", hint: "Write --data-dir DIR or unset SLUICE_DATA_DIR.")
        }
        // Empty as if unset: how deployment tools switch a setting off.
        databaseURL = arguments[ServeSettings.databaseURLOption].flatMap { $0.isEmpty ? nil : $0 }
        http = arguments[ServeSettings.httpOption] ?? ""
        drainTimeout = .seconds(try arguments.integer(ServeSettings.drainTimeoutOption) ?? 30)
        allowsOutdatedPostgres = arguments.has(ServeSettings.allowOutdatedOption)
        let level = arguments[ServeSettings.logOption] ?? ""
        guard let logLevel = LogLevel(rawValue: level) else {
            throw UsageError(
                message: "the log level is \(level.debugDescription)",
                hint: "Write --log \(LogLevel.allCases.map(\.rawValue).joined(separator: ", --log ")).")
        }
        self.logLevel = logLevel
    }
}
