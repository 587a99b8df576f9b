internal import Postgres

/// The bookkeeping of migrations, in a schema of its own that only the migrating role may use.
enum MigrationTable {
    static let create = """
        CREATE SCHEMA IF NOT EXISTS sluice_migration;
        CREATE TABLE IF NOT EXISTS sluice_migration.schema_migrations (
            name text PRIMARY KEY,
            checksum text NOT NULL,
            release int NOT NULL,
            applied_at timestamptz NOT NULL DEFAULT now()
        );
        """

    /// Held by whoever migrates, through a session of its own: it conflicts with itself, not with the entries that are
    /// made meanwhile. An advisory lock would be anybody's to take.
    static let lock = """
        BEGIN;
        LOCK TABLE sluice_migration.schema_migrations IN SHARE UPDATE EXCLUSIVE MODE;
        """

    static let applied: SQL = """
        SELECT name, checksum, release
        FROM sluice_migration.schema_migrations
        ORDER BY name
        """

    /// The statement that records `migration`.
    static func entry(for migration: EmbeddedMigration) -> String {
        let values =
            [migration.name, migration.checksum].map { SQL.quoted(literal: $0) } + ["\(MigrationPlan.release)"]
        return """
            INSERT INTO sluice_migration.schema_migrations (name, checksum, release)
            VALUES (\(values.joined(separator: ", ")));
            """
    }

    static func decode(_ row: Row) throws(PostgresError) -> MigrationPlan.Applied {
        MigrationPlan.Applied(
            name: try row.decode("name"), checksum: try row.decode("checksum"), release: try row.decode("release"))
    }
}
