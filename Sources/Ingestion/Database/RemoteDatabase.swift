internal import Catalog
internal import EventLoop
internal import Postgres

/// A database of another server, whose address has been looked up and may be used.
struct RemoteDatabase {
    /// As messages call it.
    let server: String
    let options: ConnectionOptions
    /// The cluster that it must not be.
    let ownSystemIdentifier: String?

    init(server: String, options: ConnectionOptions, ownSystemIdentifier: String?) {
        self.server = server
        self.options = options
        self.ownSystemIdentifier = ownSystemIdentifier
    }

    /// Looks the server's name up.
    ///
    /// - Parameter blocking: Where that happens.
    /// - Throws: `source_refused` for an address that may not be used, `source_unavailable` where there is none.
    static func find(
        _ server: PostgresServer, password: String?, _ policy: AddressPolicy, blocking: BlockingPool
    ) async throws(SourceFailure) -> RemoteDatabase {
        let found = try await HostResolver(blocking: blocking).find(server.host, port: server.port, policy)
        // With the addresses libpq looks nothing up; the name goes along for TLS.
        let hosts = found.addresses.map { _ in server.host }.joined(separator: ",")
        let options = ConnectionOptions(
            host: hosts, port: server.port, user: server.user, password: password ?? "", database: server.database,
            applicationName: "sluice",
            others: [
                "hostaddr": found.addresses.map(\.text).joined(separator: ","), "sslmode": server.sslMode.rawValue,
                // Nothing of the machine's takes part: no ticket, no file of passwords.
                "gssencmode": "disable", "passfile": "/dev/null",
            ])
        return RemoteDatabase(
            server: "\(server.host):\(server.port)", options: options, ownSystemIdentifier: policy.ownSystemIdentifier)
    }

    /// Opens a session.
    ///
    /// - Parameter patience: How long that may take.
    /// - Parameter silence: How long the server may then say nothing; `nil`: as sessions have it.
    func connect(
        on loop: EventLoop, blocking: BlockingPool, patience: Duration = .seconds(30), silence: Duration? = nil
    ) async throws(SourceFailure) -> Connection {
        var configuration = Connection.Configuration()
        if let silence { configuration.timeout = silence }
        do throws(PostgresError) {
            return try await Connection.connect(
                options, on: loop, blocking: blocking, configuration: configuration, timeout: patience)
        } catch { throw SourceFailure(error, server: server, user: options.user, table: nil) }
    }

    /// Refuses a server that is this platform's own, or does not say that it is another.
    func requireAnother(_ connection: Connection) async throws(SourceFailure) {
        guard let ownSystemIdentifier else { return }
        do throws(PostgresError) {
            let rows = try await connection.query("SELECT system_identifier::text FROM pg_catalog.pg_control_system()")
            guard try rows.first?.decode(at: 0, as: String.self) != ownSystemIdentifier else {
                throw PostgresError(code: .invalidStatement, message: "")
            }
        } catch {
            // It fails closed: a server that does not say who it is may be this platform's own.
            guard error.code == .queryFailed || error.code == .invalidStatement else {
                throw SourceFailure(error, server: server, user: "", table: nil)
            }
            throw SourceFailure(
                .sourceRefused,
                error.code == .invalidStatement
                    ? "\(server) is this platform's own database" : "\(server) does not tell its system identifier",
                hint: error.code == .invalidStatement
                    ? "Read its datasets where they are." : "Grant the user EXECUTE on pg_control_system().")
        }
    }
}
