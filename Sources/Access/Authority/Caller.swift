import Cryptography
public import Postgres

/// The principal on whose behalf a request runs, as the warehouse knew it at `policyVersion`.
public final class Caller: Sendable {
    /// Its row in `sluice.principal`.
    public let principalID: Int64
    public let name: String
    /// What it acts for; `nil`: for no purpose.
    public let purpose: String?
    /// The login role in which its statements run.
    public let role: String
    /// Every id under which a grant or a rule may name it: its own, its groups', and that of the purpose it acts for.
    public let subjectIDs: [Int64]
    public let authority: Authority
    /// The policy's epoch at which all this was read.
    public let policyVersion: Int64
    /// How long from the reading on the token and every grant in force last; `nil`: a day or longer.
    public let validFor: Duration?

    public init(
        principalID: Int64, name: String, actingFor purpose: String? = nil, role: String, subjectIDs: [Int64],
        authority: Authority, policyVersion: Int64, validFor: Duration? = nil
    ) {
        self.principalID = principalID
        self.name = name
        self.purpose = purpose
        self.role = role
        self.subjectIDs = subjectIDs
        self.authority = authority
        self.policyVersion = policyVersion
        self.validFor = validFor
    }
}

extension Caller {
    /// The principal called `name`, or `nil`.
    public static func read(named name: String, on connection: Connection) async throws -> Caller? {
        try await read(
            "s.role_name = p.role_name", where: "p.name = \(name)", until: "'infinity'::timestamptz", on: connection)
    }

    /// The principal called `name` as it acts for `purpose`; `nil` without a grant in force to do so, and before its
    /// login for it was made (`Governance.acting`).
    static func read(named name: String, actingFor purpose: String, on connection: Connection) async throws -> Caller? {
        try await read(
            "s.principal_id = p.id AND s.purpose_id = (SELECT u.id FROM sluice.purpose AS u WHERE u.name = \(purpose))",
            where: "p.name = \(name) AND s.until > statement_timestamp()", until: "s.until", on: connection)
    }

    /// The principal to whom the unexpired token with this SHA-256 belongs, or `nil`.
    public static func read(tokenHash: [UInt8], on connection: Connection) async throws -> Caller? {
        let token: SQL = "t.hash = decode(\(Hex.encode(tokenHash)), 'hex') AND t.expires_at > statement_timestamp()"
        return try await read(
            "s.role_name = p.role_name",
            where: "p.id = (SELECT t.principal_id FROM sluice.token AS t WHERE \(raw: token))",
            until: "(SELECT t.expires_at FROM sluice.token AS t WHERE \(raw: token))", on: connection)
    }

    /// The same principal acting for the same purpose, as it is now.
    public func readAgain(on connection: Connection) async throws -> Caller? {
        guard let purpose else { return try await Self.read(named: name, on: connection) }
        return try await Self.read(named: name, actingFor: purpose, on: connection)
    }

    private static func read(
        _ login: SQL, where condition: SQL, until expiry: SQL, on connection: Connection
    ) async throws -> Caller? {
        let rows = try await connection.query(
            """
            SELECT p.id, p.name, s.role_name::text, s.ids, e.epoch, h.scope_id, h.privilege,
                (extract(epoch FROM least(h.until, \(raw: expiry)))
                    - extract(epoch FROM statement_timestamp()))::float8,
                (SELECT u.name FROM sluice.purpose AS u WHERE u.id = s.purpose_id)
            FROM sluice.policy_epoch AS e
            CROSS JOIN sluice.principal AS p
            JOIN sluice.subject AS s ON \(raw: login)
            LEFT JOIN sluice.held_grant AS h ON h.subject_id = ANY (s.ids) AND h.until > statement_timestamp()
            WHERE \(raw: condition)
            """)
        guard let first = rows.first else { return nil }
        var held: [Int64: Set<Privilege>] = [:]
        for row in rows {
            guard let scope = try row.decode(at: 5, as: Int64?.self) else { continue }
            held[scope, default: []].insert(try Privilege(stored: row.decode(at: 6)))
        }
        let seconds = try rows.map { try $0.decode(at: 7, as: Double.self) }.min() ?? .infinity
        return Caller(
            principalID: try first.decode(at: 0), name: try first.decode(at: 1), actingFor: try first.decode(at: 8),
            role: try first.decode(at: 2), subjectIDs: try first.decode(at: 3), authority: Authority(held),
            policyVersion: try first.decode(at: 4),
            validFor: seconds < 86_400 ? .seconds(max(seconds, 0)) : nil)
    }
}
