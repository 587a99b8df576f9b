import Catalog
public import Postgres

/// The principal and the group that manage the platform from the first start.
public enum Bootstrap {
    public static let administrator = "admin"
    public static let administrators = "admins"
    private static let tokenSeconds = 10 * 365 * 86_400

    /// Makes principal `admin` with `token` unless it exists; its and the group's authority comes with it.
    ///
    /// - Parameter token: Called only when the principal is new; the caller has to keep what it returns.
    public static func makeAdministrator(on connection: Connection, token: () throws -> String) async throws {
        let isNew = try await connection.transaction { connection in
            try await connection.execute("SELECT sluice.begin_change()")
            guard try await Caller.read(named: administrator, on: connection) == nil else { return false }
            let nobody = Caller(
                principalID: 0, name: "sluice", role: "", subjectIDs: [],
                authority: Authority([Authority.platform: [.manage]]), policyVersion: 0)
            let change = Change(
                connection: connection, caller: nobody, requestID: "bootstrap", requiresConditions: false)
            let id = try await change.makePrincipal(administrator, .user)
            try await connection.execute(
                """
                INSERT INTO sluice.held_grant (subject_id, scope_id, privilege)
                SELECT s, 0, 'manage' FROM (
                    SELECT \(id) AS s UNION ALL SELECT id FROM sluice.principal_group WHERE name = \(administrators)
                ) AS subjects
                """)
            change.principals.insert(id)
            _ = try await change.insertToken(
                of: id, text: try token(), description: "first start", seconds: tokenSeconds)
            _ = try await change.compile()
            let version = try await change.finish()
            return version > 0
        }
        guard isNew else { return }
        try await connection.execute("SELECT sluice.fence((SELECT epoch FROM sluice.policy_epoch))")
    }
}
