internal import Postgres

/// Makes the two databases of an installation where they are missing.
struct DatabaseCreation {
    var migrator: Migrator

    func run() async throws {
        try await migrator.withConnection(to: migrator.options.database) { connection in
            let version = await connection.serverVersion
            guard version >= 150_000 else {
                throw MigrationError(
                    .serverUnsuitable, "the server is Postgres \(version / 10_000), Sluice needs 15 or later",
                    hint: "Name a newer cluster with SLUICE_DATABASE_URL, or unset it for the embedded one.")
            }
            let rows = try await connection.query("SELECT datname::text, datallowconn FROM pg_database")
            let isOpen = try Dictionary(
                uniqueKeysWithValues: rows.map { row throws(PostgresError) in
                    (try row.decode(at: 0, as: String.self), try row.decode(at: 1, as: Bool.self))
                })
            for name in PlatformDatabase.allCases.map(migrator.databaseName) where isOpen[name] != true {
                let statements = DatabaseCreation.statements(for: name)
                // A crash may have left it made and still closed to everybody.
                try await run(isOpen[name] == nil ? statements : Array(statements.dropFirst()), for: name, connection)
            }
        }
    }

    /// The first makes it, closed to everybody; the others open it to those whom migrations let in. There is no moment at
    /// which PUBLIC may connect.
    static func statements(for database: String) -> [String] {
        let name = SQL.quoted(identifier: database)
        return [
            "CREATE DATABASE \(name) TEMPLATE template0 ENCODING 'UTF8' LOCALE 'C.UTF-8' ALLOW_CONNECTIONS false",
            "REVOKE ALL ON DATABASE \(name) FROM PUBLIC",
            "ALTER DATABASE \(name) ALLOW_CONNECTIONS true",
        ]
    }

    private func run(_ statements: [String], for database: String, _ connection: Connection) async throws {
        do throws(PostgresError) {
            for statement in statements { try await run(statement, connection) }
        } catch {
            throw MigrationError(
                .serverUnsuitable, "the database \(database) is missing and cannot be created",
                hint: "Have a superuser run the output of `sluice migrate --print-privileged` with psql.", cause: error)
        }
    }

    /// How often a statement is tried that met another program's; there are three for each program.
    private static let attempts = 20

    /// Runs one statement beside other programs that do the same. What another one has made may still be closed, so
    /// whoever comes second opens it, too.
    private func run(_ statement: String, _ connection: Connection) async throws(PostgresError) {
        for attempt in 1... {
            do throws(PostgresError) {
                return try await connection.script(statement)
            } catch {
                switch error.sqlState {
                case "42P04", "23505": return
                // Tuple concurrently updated: catalogs know no waiting.
                case "XX000" where attempt < Self.attempts: continue
                default: throw error
                }
            }
        }
    }
}
