public import Access
internal import Catalog
internal import Ingestion
public import Postgres
public import Store

/// The database `warehouse` as a supervisor needs it: what a pipeline reads and writes, whether it may, and the fence.
///
/// Everything but the rows: those are a job process's to write.
public struct IngestWarehouse: Sendable {
    let sessions: Sessions
    let governance: Governance
    let secrets: SecretBox
    let logins: PrincipalLogins
    private let login: @Sendable (_ role: String) -> ConnectionOptions

    /// - Parameter login: How a job process reaches `warehouse` as a role.
    public init(
        sessions: Sessions, governance: Governance, secrets: SecretBox, logins: PrincipalLogins,
        login: @escaping @Sendable (_ role: String) -> ConnectionOptions
    ) {
        self.sessions = sessions
        self.governance = governance
        self.secrets = secrets
        self.logins = logins
        self.login = login
    }

    func session(role: String, epoch: Int64) -> TargetSession {
        var options = login(role)
        options.applicationName = TargetSession.applicationName(epoch: epoch)
        return TargetSession(options: options)
    }

    /// `bounds` with the mark and the place of this very cluster, so that no pipeline reads from it.
    func excludingItself(_ bounds: SourceBounds) async throws -> SourceBounds {
        var bounds = bounds
        do {
            bounds.ownSystemIdentifier = try await sessions.withServerSession { connection in
                try await connection.query("SELECT system_identifier::text FROM pg_catalog.pg_control_system()")[0]
                    .decode(at: 0)
            }
        } catch let error as PostgresError where error.sqlState == "42501" {
            // Not ours to know on somebody else's cluster; its address is excluded all the same.
        }
        let options = login("")
        if !options.isLocal { (bounds.ownHost, bounds.ownPort) = (options.host, options.port) }
        return bounds
    }

    func policyVersion() async throws -> Int64 {
        try await sessions.withServerSession { connection in
            try await connection.query("SELECT epoch FROM sluice.policy_epoch")[0].decode(at: 0)
        }
    }
}
