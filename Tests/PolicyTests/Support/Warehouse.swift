import Access
import Cryptography
import EventLoop
import JSON
import Store
import TestSupport
import Testing

/// A migrated installation of its own on the test cluster, changed through `Governance`, read as any role directly.
///
/// Roles are the cluster's: each installation has its own prefix.
final class Warehouse: Sendable {
    let cluster: TestCluster
    let database: String
    let sessions: Sessions
    let governance: Governance

    /// Creates, migrates and bootstraps one.
    static func make() async throws -> Warehouse {
        let warehouse = try Warehouse(platform: try await TestPlatform.make())
        let prefix = warehouse.database.replacing("_", with: "")
        try warehouse.superuser().rows("UPDATE sluice.installation SET name = '\(prefix)'")
        // Keys that the reference knows.
        for domain in [nil] + ReferenceMask.tokenDomains {
            let (name, key) = (domain.map(ReferenceValue.quoted), Hex.encode(ReferenceMask.key(of: domain)))
            try warehouse.superuser().rows(
                name.map { "INSERT INTO sluice.mask_key (token_domain, key) VALUES (\($0), '\\x\(key)')" }
                    ?? "UPDATE sluice.mask_key SET key = '\\x\(key)'")
        }
        try await warehouse.sessions.withServerSession { connection in
            try await Bootstrap.makeAdministrator(on: connection) { "slt_of_the_tests" }
        }
        return warehouse
    }

    private init(platform: TestPlatform) throws {
        cluster = platform.cluster
        database = platform.warehouse
        let source = SessionSource(
            server: { platform.options($0 == "control" ? .control : .warehouse) },
            principal: { platform.options(.warehouse, user: $0) })
        sessions = Sessions(source: source, group: try TestLoops.group())
        governance = Governance(sessions: sessions)
    }

    /// A session as `user`, with further libpq keywords.
    func session(
        as user: String, database: String? = nil, host: String? = nil, _ keywords: [String: String] = [:]
    ) throws -> RawSession {
        let base = [
            "host": host ?? cluster.socketDirectory, "user": user, "dbname": database ?? self.database,
            "options": "-c TimeZone=UTC -c DateStyle=ISO", "client_encoding": "UTF8",
        ]
        return try RawSession(base.merging(keywords) { $1 })
    }

    func superuser() throws -> RawSession { try session(as: cluster.superuser) }

    /// A change by the administrator, without conditions; stored masks are filled in after it.
    @discardableResult
    func change(_ body: (Change) async throws -> Void) async throws -> Int64 {
        let version = try await governance.change(
            by: Bootstrap.administrator, requestID: "test", requiresConditions: false, { try await body($0) }
        ).policyVersion
        while try await governance.fillStoredMasks() {}
        return version
    }

    /// Makes the login of a principal for the purpose that it acts for.
    func act(as actor: ReferenceWorld.Principal) async throws {
        if let purpose = actor.purpose { try await act(as: actor.name, for: purpose) }
    }

    func act(as principal: String, for purpose: String) async throws {
        let found = try await sessions.withServerSession { try await Caller.read(named: principal, on: $0) }
        _ = try await governance.acting(try #require(found), for: purpose)
    }

    /// The login role of a principal, for a purpose or for none.
    func role(of principal: String, actingFor purpose: String? = nil) throws -> String {
        let name = ReferenceValue.quoted(principal)
        let rows = try superuser().rows(
            """
            SELECT s.role_name FROM sluice.subject AS s
            JOIN sluice.principal AS p ON p.id = s.principal_id
            LEFT JOIN sluice.purpose AS u ON u.id = s.purpose_id
            WHERE p.name = \(name) AND u.name IS NOT DISTINCT FROM \(purpose.map(ReferenceValue.quoted) ?? "NULL")
            """)
        return try #require(rows.first?.first ?? nil)
    }

    /// The table of a dataset.
    func table(of address: String) throws -> String {
        let rows = try superuser().rows(
            "SELECT id FROM sluice.dataset WHERE sluice.dataset_address(id) = \(ReferenceValue.quoted(address))")
        return "store.d\(try #require(rows.first?.first ?? nil))"
    }
}

func json(_ text: String) throws -> JSONValue { try JSONValue.parse(Array(text.utf8)) }
