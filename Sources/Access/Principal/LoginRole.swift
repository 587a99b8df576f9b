public import Postgres

/// The login role of a principal, and what Sluice keeps as it made it: a role may change its own settings and password.
public enum LoginRole {
    /// Limits that bind the principal's own sessions even without Sluice; a session may lower or lift the time-outs,
    /// so the server enforces its budgets from outside as well.
    static let settings = [
        "search_path = ''", "statement_timeout = '300s'", "idle_in_transaction_session_timeout = '60s'",
        "lock_timeout = '30s'", "default_transaction_read_only = on", "temp_file_limit = '4GB'",
    ]
    /// Roles mended at once.
    private static let limit = 100

    static func make(_ role: String, on connection: Connection) async throws {
        try await connection.execute(
            """
            CREATE ROLE \(identifier: role) LOGIN INHERIT NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION
            CONNECTION LIMIT 64 IN ROLE sluice_reader
            """)
        try await applySettings(to: role, on: connection)
        let enforcer = Enforcer(connection: connection)
        try await enforcer.remember("role", role, nil, of: nil)
        try await enforcer.remember("settings", role, nil, of: nil)
    }

    static func forget(_ role: String, on connection: Connection) async throws {
        let enforcer = Enforcer(connection: connection)
        try await enforcer.forget("role", role)
        try await enforcer.forget("settings", role)
    }

    private static func applySettings(to role: String, on connection: Connection) async throws {
        for setting in settings {
            try await connection.execute("ALTER ROLE \(identifier: role) SET \(raw: SQL(unsafe: setting))")
        }
    }

    /// Sets the settings of login roles back that are not as they were made, each role in a transaction of its own.
    ///
    /// - Returns: The roles that were altered, at most 100 at a time.
    /// - Throws: `PostgresError`, also when a principal alters its role at that very moment; the next call mends it.
    public static func mendSettings(on connection: Connection) async throws -> [String] {
        let rows = try await connection.query(
            "SELECT role, databases FROM sluice.altered_logins() ORDER BY role LIMIT \(Int64(limit))")
        var mended: [String] = []
        for row in rows {
            let (role, databases): (String, [String]) = (try row.decode(at: 0), try row.decode(at: 1))
            try await connection.transaction { connection in
                try await connection.execute("ALTER ROLE \(identifier: role) RESET ALL")
                for database in databases {
                    try await connection.execute(
                        "ALTER ROLE \(identifier: role) IN DATABASE \(identifier: database) RESET ALL")
                }
                try await applySettings(to: role, on: connection)
            }
            mended.append(role)
        }
        return mended
    }

    /// The password of each login role as Postgres keeps it, of those that have one; `nil` when only a superuser may
    /// know and the server is none.
    public static func passwords(on connection: Connection) async throws -> [String: String]? {
        let head = try await connection.query("SELECT current_setting('is_superuser') = 'on'")
        guard try head[0].decode(at: 0, as: Bool.self) else { return nil }
        let rows = try await connection.query(
            """
            SELECT a.rolname::text, a.rolpassword FROM pg_catalog.pg_authid AS a
            JOIN sluice.subject AS s ON s.role_name = a.rolname WHERE a.rolpassword IS NOT NULL
            """)
        return try Dictionary(
            uniqueKeysWithValues: rows.map { row in (try row.decode(at: 0), try row.decode(at: 1)) })
    }

    /// Gives the role a password, or takes it away.
    public static func setPassword(_ password: String?, of role: String, on connection: Connection) async throws {
        let literal = password.map { SQL.quoted(literal: $0) } ?? "NULL"
        try await connection.execute("ALTER ROLE \(identifier: role) PASSWORD \(raw: SQL(unsafe: literal))")
    }
}
