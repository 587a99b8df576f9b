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
            let present = try await connection.query("SELECT datname::text AS name FROM pg_database")
                .map { row throws(PostgresError) in try row.decode("name", as: String.self) }
            for name in PlatformDatabase.allCases.map(migrator.databaseName) where !present.contains(name) {
                try await create(name, connection)
            }
        }
    }

    /// Nobody but their owner gets in from the first moment: privileges are granted by migrations.
    static func statements(for database: String) -> [String] {
        let name = SQL.quoted(identifier: database)
        return [
            "CREATE DATABASE \(name) TEMPLATE template0 ENCODING 'UTF8' LOCALE 'C.UTF-8'",
            "REVOKE ALL ON DATABASE \(name) FROM PUBLIC",
        ]
    }

    private func create(_ database: String, _ connection: Connection) async throws {
        do throws(PostgresError) {
            for statement in DatabaseCreation.statements(for: database) { try await connection.script(statement) }
        } catch {
            // Another program was faster; it revokes, too.
            if error.sqlState == "42P04" || error.sqlState == "23505" { return }
            throw MigrationError(
                .serverUnsuitable, "the database \(database) is missing and cannot be created",
                hint: "Have a superuser run the output of `sluice migrate --print-privileged` with psql.", cause: error)
        }
    }
}
