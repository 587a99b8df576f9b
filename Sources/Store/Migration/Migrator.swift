public import EventLoop
public import Postgres

/// Brings the two databases to this program's schema. Several programs may try at once: one does it, the others wait.
public struct Migrator: Sendable {
    /// What was done in one database.
    public struct Report: Sendable, Equatable {
        public var database: PlatformDatabase
        /// The names of the migrations that were applied, in order.
        public var applied: [String]
    }

    /// Any database of the cluster, with a login that may create the two; their names replace its own.
    public var options: ConnectionOptions
    public var loop: EventLoop
    public var blocking: BlockingPool
    /// For one migration, and for waiting until another program has migrated.
    public var timeout: Duration = .seconds(600)
    /// What the databases are called; tests have several of each in one cluster.
    public var databaseName: @Sendable (PlatformDatabase) -> String = { $0.rawValue }
    var migrations: @Sendable (PlatformDatabase) -> [EmbeddedMigration] = { $0.migrations }

    public init(options: ConnectionOptions, loop: EventLoop, blocking: BlockingPool) {
        self.options = options
        self.loop = loop
        self.blocking = blocking
    }

    /// Creates the databases that are missing and applies what is due in each.
    ///
    /// - Throws: `MigrationError`; `PostgresError` when the server cannot be reached.
    public func run() async throws -> [Report] {
        try await DatabaseCreation(migrator: self).run()
        var reports: [Report] = []
        for database in PlatformDatabase.allCases { reports.append(try await migrate(database)) }
        return reports
    }

    func connect(to database: String) async throws(PostgresError) -> Connection {
        var options = options
        options.database = database
        options.applicationName = "sluice migrate"
        var configuration = Connection.Configuration()
        configuration.timeout = timeout
        return try await Connection.connect(options, on: loop, blocking: blocking, configuration: configuration)
    }

    /// Lends a session for the length of `body`.
    func withConnection<T>(to database: String, _ body: (Connection) async throws -> T) async throws -> T {
        try await connect(to: database).lend(to: body)
    }

    private func migrate(_ database: PlatformDatabase) async throws -> Report {
        try await withConnection(to: databaseName(database)) { guardian in
            try await prepareTable(guardian)
            try await guardian.script(MigrationTable.lock)
            return try await withConnection(to: databaseName(database)) { connection in
                let applied = try await connection.query(MigrationTable.applied).map(MigrationTable.decode)
                let pending = try MigrationPlan.pending(known: migrations(database), applied: applied)
                try await checkPrivilege(for: pending, connection)
                for migration in pending { try await apply(migration, connection) }
                return Report(database: database, applied: pending.map(\.name))
            }
        }
    }

    private func prepareTable(_ connection: Connection) async throws {
        let present = try await connection.query(
            "SELECT to_regclass('sluice_migration.schema_migrations') IS NOT NULL AS present")
        if try present.first?.decode("present", as: Bool.self) == true { return }
        do throws(PostgresError) {
            try await connection.script(MigrationTable.create)
        } catch {
            // IF NOT EXISTS does not keep two that create at once apart; the second time there is nothing to create.
            guard error.sqlState == "23505" else { throw error }
            try await connection.script(MigrationTable.create)
        }
    }

    private func checkPrivilege(for pending: [EmbeddedMigration], _ connection: Connection) async throws {
        guard let privileged = pending.first(where: \.isPrivileged) else { return }
        let rows = try await connection.query("SELECT rolsuper FROM pg_roles WHERE rolname = current_user")
        if try rows.first?.decode("rolsuper", as: Bool.self) == true { return }
        throw MigrationError(
            .needsSuperuser, "\(privileged.database)/\(privileged.name).sql needs a superuser, \(options.user) is none",
            hint: "Have a superuser run the output of `sluice migrate --print-privileged` with psql, then start again.")
    }

    private func apply(_ migration: EmbeddedMigration, _ connection: Connection) async throws(MigrationError) {
        let entry = MigrationTable.entry(for: migration)
        do throws(PostgresError) {
            if migration.runsInTransaction {
                // The entry first: the migration may change role or search_path for the rest of its transaction. What
                // waits for a lock keeps others waiting behind it, so it gives up soon.
                try await connection.script("BEGIN; SET LOCAL lock_timeout = '10s'; \(entry)")
                try await connection.script(migration.sql)
                try await connection.script("COMMIT")
            } else {
                // Killed in between, it runs again, which it can.
                try await connection.script(migration.sql)
                try await connection.script(entry)
            }
        } catch {
            throw MigrationError(
                .statementFailed, "\(migration.database)/\(migration.name).sql failed",
                hint: error.sqlState == "55P03"
                    ? "Another session holds a lock it needs: end that, then start again."
                    : "The databases are as the migration before left them; see Postgres's message.", cause: error)
        }
    }
}
