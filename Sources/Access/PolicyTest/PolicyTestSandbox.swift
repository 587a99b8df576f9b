import Catalog
import Postgres

/// A savepoint within the transaction of a change, in which statements read as a principal would read after its commit.
///
/// The decision functions go by the session's login, so the principal's row in `sluice.subject` gets that of the server
/// for as long. The statement runs in a `SECURITY DEFINER` function that belongs to the principal's role: with the rights
/// of that role and no others, and where Postgres lets nobody change roles
/// ([decision 19](../../../docs/decisions/0019-policy-tests.md)). All of it is taken back.
public struct PolicyTestSandbox {
    /// How long one statement may take, and wait for a lock. Other changes wait meanwhile.
    public static let timeout = Duration.seconds(5)
    private static let lockTimeout = Duration.seconds(1)

    private let connection: Connection

    /// Begins the savepoint.
    ///
    /// - Throws: `purpose_not_granted`, without a savepoint.
    public init(in change: Change, principal: String, purpose: String?) async throws {
        connection = change.connection
        try await connection.execute("SAVEPOINT policy_test_sandbox")
        do {
            try await enter(as: try await role(of: principal, for: purpose))
        } catch let refusal as Refusal {
            try await leave()
            throw refusal
        }
    }

    private func role(of principal: String, for purpose: String?) async throws -> String {
        let rows = try await connection.query("SELECT id FROM sluice.principal WHERE name = \(principal)")
        guard let id: Int64 = try rows.first?.decode(at: 0) else { throw Refusal.notFound("principal \(principal)") }
        if let purpose {
            guard try await Governance.mayAct(id, for: purpose, on: connection) else {
                throw Refusal.notGranted(purpose, to: principal)
            }
            try await Governance.makeLogin(of: id, for: purpose, on: connection)
        }
        return try await connection.query(
            """
            SELECT s.role_name::text FROM sluice.subject AS s LEFT JOIN sluice.purpose AS u ON u.id = s.purpose_id
            WHERE s.principal_id = \(id) AND u.name IS NOT DISTINCT FROM \(purpose)
            """)[0].decode(at: 0)
    }

    private func enter(as role: String) async throws {
        // A server that is no superuser has to be a member to give something away.
        try await connection.execute("GRANT \(identifier: role) TO CURRENT_USER")
        try await connection.execute("CREATE SCHEMA sluice_policy_test")
        try await connection.execute("GRANT CREATE ON SCHEMA sluice_policy_test TO \(identifier: role)")
        try await connection.execute(
            """
            CREATE FUNCTION sluice_policy_test.run(statement text) RETURNS TABLE (r bigint, v bigint, o bigint)
            LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
            AS $$ BEGIN RETURN QUERY EXECUTE statement; END $$
            """)
        try await connection.execute(
            "ALTER FUNCTION sluice_policy_test.run(text) OWNER TO \(identifier: role)")
        try await connection.execute("UPDATE sluice.subject SET role_name = session_user WHERE role_name = \(role)")
        for (name, time) in [("statement_timeout", Self.timeout), ("lock_timeout", Self.lockTimeout)] {
            try await connection.execute(
                "SET LOCAL \(identifier: name) = \(raw: SQL(unsafe: "'\(time.components.seconds)s'"))")
        }
    }

    /// Runs the statement of a test that `ConfinedStatement` has nothing against.
    ///
    /// - Throws: `PostgresError` as the principal would get it; the sandbox goes on.
    public func find(_ test: PolicyTest) async throws -> PolicyTestExpectation.Finding {
        precondition(test.notBeforeApply == nil, "a statement that may not run here")
        try await connection.execute("SAVEPOINT policy_test")
        do {
            let row = try await connection.query(
                "SELECT r, v, o FROM sluice_policy_test.run(\(test.statement().text))")[0]
            try await connection.execute("RELEASE SAVEPOINT policy_test")
            return .counted(rows: try row.decode(at: 0), values: try row.decode(at: 1), others: try row.decode(at: 2))
        } catch {
            try await connection.execute("ROLLBACK TO SAVEPOINT policy_test")
            throw error
        }
    }

    /// Takes everything back.
    public func leave() async throws {
        try await connection.execute("ROLLBACK TO SAVEPOINT policy_test_sandbox")
        try await connection.execute("RELEASE SAVEPOINT policy_test_sandbox")
    }
}
