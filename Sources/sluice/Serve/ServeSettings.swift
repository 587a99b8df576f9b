internal import EventLoop
internal import HTTPServer

/// What `sluice serve` is told: see the table of settings in the documentation.
struct ServeSettings: Sendable {
    var dataDirectory: String
    /// A libpq URL; `nil`: the embedded cluster. May hold a password.
    var databaseURL: String?
    /// Of the HTTP listener; loopback, unless plain text may leave the machine.
    var http: SocketAddress
    /// How long running requests may take after SIGTERM.
    var drainTimeout: Duration
    /// Folders below which `file` connections may read; absolute, links resolved.
    var fileRoots: [String]
    var allowsOutdatedPostgres: Bool
    /// Of the worker beside the server; with 0 slots there is none.
    var worker: WorkerSettings
    /// Of principal `admin`, if it is made now; `nil`: a new one.
    var administratorToken: String?
    /// Flags given for parts that are not built yet.
    var ignoredFlags: [String]
    var logLevel: LogLevel

    static let dataDirectoryOption = CommandOption.setting(
        "--data-dir", "SLUICE_DATA_DIR", "DIR", fallback: ".sluice", "Embedded Postgres, keys and logs")
    static let databaseURLOption = CommandOption.setting(
        "--database-url", "SLUICE_DATABASE_URL", "URL", "An existing cluster, Postgres 15 or later")
    static let httpOption = CommandOption.setting(
        "--http", "SLUICE_HTTP", "HOST:PORT", fallback: "127.0.0.1:8080", "Where the API listens")
    static let drainTimeoutOption = CommandOption.setting(
        "--drain-timeout", "SLUICE_DRAIN_TIMEOUT", "SECONDS", fallback: "30",
        "How long running requests and jobs may take after SIGTERM")
    static let logOption = CommandOption.setting(
        "--log", "SLUICE_LOG", "LEVEL", fallback: "info", "debug, info, warning or error")
    static let allowPlaintextOption = CommandOption.switch(
        "--allow-plaintext", "Listens without TLS on addresses that are not loopback")
    /// Of parts that are not built yet; taken, so that a deployment need not be rewritten when they are.
    static let laterOptions = [
        CommandOption.setting("--sql", "SLUICE_SQL", "HOST:PORT", "The SQL endpoint: not built yet, a warning says so")
    ]
    static let fileRootsOption = CommandOption.setting(
        "--file-roots", "SLUICE_FILE_ROOTS", "DIRS", "Folders, with : between, that file connections may read")
    static let administratorTokenOption = CommandOption.secret(
        "SLUICE_ADMIN_TOKEN", "TOKEN", "At the first start: admin's token, instead of a new one in admin-token")
    static let allowOutdatedOption = CommandOption.switch(
        "--allow-outdated-postgres", "Serves with a Postgres that has known holes")

    /// Those that say where the databases are.
    static let storeOptions = [dataDirectoryOption, databaseURLOption, logOption, allowOutdatedOption]
    static let options =
        storeOptions + [httpOption, allowPlaintextOption, drainTimeoutOption, fileRootsOption]
        + WorkerSettings.options + laterOptions + [administratorTokenOption]

    init(_ arguments: Arguments) throws(UsageError) {
        dataDirectory = arguments[ServeSettings.dataDirectoryOption] ?? ""
        guard !dataDirectory.isEmpty else {
            throw UsageError(message: "the data dir is empty", hint: "Write --data-dir DIR or unset SLUICE_DATA_DIR.")
        }
        // Empty as if unset: how deployment tools switch a setting off.
        databaseURL = arguments[ServeSettings.databaseURLOption].flatMap { $0.isEmpty ? nil : $0 }
        http = try ServeSettings.address(
            arguments[ServeSettings.httpOption] ?? "",
            allowsPlaintext: arguments.has(ServeSettings.allowPlaintextOption))
        drainTimeout = .seconds(try arguments.integer(ServeSettings.drainTimeoutOption) ?? 30)
        fileRoots = try FileRootsSetting.parse(
            arguments[ServeSettings.fileRootsOption] ?? "", dataDirectory: dataDirectory)
        allowsOutdatedPostgres = arguments.has(ServeSettings.allowOutdatedOption)
        worker = try WorkerSettings(arguments)
        administratorToken = arguments[ServeSettings.administratorTokenOption].flatMap { $0.isEmpty ? nil : $0 }
        ignoredFlags = ServeSettings.laterOptions.filter { !(arguments[$0] ?? "").isEmpty }.map(\.flag)
        let level = arguments[ServeSettings.logOption] ?? ""
        guard let logLevel = LogLevel(rawValue: level) else {
            throw UsageError(
                message: "the log level is \(level.debugDescription)",
                hint: "Write --log \(LogLevel.allCases.map(\.rawValue).joined(separator: ", --log ")).")
        }
        self.logLevel = logLevel
    }

    /// Reads `HOST:PORT`. Plain text leaves the machine only when that is asked for.
    private static func address(_ text: String, allowsPlaintext: Bool) throws(UsageError) -> SocketAddress {
        let address: SocketAddress
        do { address = try SocketAddress(parsing: text) } catch {
            throw UsageError(
                message: "\(text.debugDescription) is no address to listen on", hint: "Write --http 127.0.0.1:8080.")
        }
        guard address.isLoopback || allowsPlaintext else {
            throw UsageError(
                message: "\(address) is no loopback address, and there is no TLS yet",
                hint: "Listen on 127.0.0.1 behind a proxy that speaks TLS, or add --allow-plaintext.")
        }
        return address
    }
}
