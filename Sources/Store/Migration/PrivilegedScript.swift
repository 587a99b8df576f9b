internal import Postgres

/// What a superuser runs once in a cluster where Sluice's login is none, as a script for psql.
public enum PrivilegedScript {
    /// - Parameter login: The role that Sluice logs in with.
    public static func text(login: String) -> String {
        text(login: login) { $0.migrations }
    }

    static func text(
        login: String, databaseName: (PlatformDatabase) -> String = { $0.rawValue },
        migrations: (PlatformDatabase) -> [EmbeddedMigration]
    ) -> String {
        let role = SQL.quoted(identifier: login)
        var text = """
            -- Prepares a cluster for Sluice, whose login \(role) is no superuser.
            -- As a superuser: psql --set ON_ERROR_STOP=1 --file THIS

            -- It makes a role for each principal, and bounds the temporary files of each.
            ALTER ROLE \(role) CREATEROLE;
            GRANT SET ON PARAMETER temp_file_limit TO \(role);
            -- It looks for sessions that began before a policy was narrowed, and ends them.
            GRANT pg_read_all_stats, pg_signal_backend TO \(role);
            -- PUBLIC loses CONNECT on this one below, and Sluice's URL may name it.
            SELECT \(SQL.quoted(literal: "GRANT CONNECT ON DATABASE postgres TO \(role)"))
            WHERE EXISTS (SELECT FROM pg_database WHERE datname = 'postgres') \\gexec

            """
        for database in PlatformDatabase.allCases {
            let name = SQL.quoted(identifier: databaseName(database))
            let statements = DatabaseCreation.statements(for: databaseName(database))
            text += """

                SELECT \(SQL.quoted(literal: statements[0]))
                WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = \(SQL.quoted(literal: databaseName(database)))) \\gexec
                \(statements.dropFirst().joined(separator: ";\n"));
                GRANT CONNECT, CREATE ON DATABASE \(name) TO \(role);
                \\connect \(name)
                BEGIN;
                \(MigrationTable.create)
                GRANT USAGE ON SCHEMA sluice_migration TO \(role);
                GRANT SELECT, INSERT, UPDATE ON sluice_migration.schema_migrations TO \(role);
                COMMIT;

                """
            for migration in migrations(database) where migration.isPrivileged {
                // An upgrade prints the earlier ones, too.
                text += """

                    SELECT count(*) = 0 AS due
                    FROM sluice_migration.schema_migrations
                    WHERE name = \(SQL.quoted(literal: migration.name)) \\gset
                    \\if :due
                    BEGIN;
                    \(MigrationTable.entry(for: migration))
                    \(migration.sql)
                    COMMIT;
                    \\endif

                    """
            }
            if database == .warehouse {
                text += """

                    -- PUBLIC has lost it above.
                    GRANT EXECUTE ON FUNCTION pg_catalog.pg_lock_status(), pg_catalog.pg_stat_get_activity(int) TO \(role);
                    -- It migrates and loads as the owner of Sluice's objects, and governs as the owner of the views.
                    GRANT sluice_owner, sluice_view TO \(role);

                    """
            }
        }
        return text
    }
}
