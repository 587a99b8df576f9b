public import Cryptography
public import EventLoop
import Postgres
public import Store

/// Lets Sluice's processes log in as principals and as ingest roles: by lines of the embedded cluster's login map, or over
/// TCP by passwords that nobody keeps, since they are derived from the server's key.
///
/// Servers and workers all write; a row of `sluice.installation` says whose turn it is.
public final class PrincipalLogins: Sendable {
    /// How a principal's role is logged in as.
    public enum Way: Sendable {
        case identMap(IdentMap, osUser: String)
        case passwords(SecretKey)
    }

    private let sessions: Sessions
    private let way: Way
    /// The map is a file, synced before it counts.
    private let blocking: BlockingPool
    /// Roles that can be logged in as, with their passwords as Postgres keeps them, where the server may know.
    private let known = Locked<[String: String?]>([:])

    public init(sessions: Sessions, way: Way, blocking: BlockingPool) {
        self.sessions = sessions
        self.way = way
        self.blocking = blocking
    }

    /// The password of a role, 256 bits in hex.
    public static func password(of role: String, _ key: SecretKey) -> String {
        Hex.encode(HMACSHA256.authenticationCode(for: Array("role \(role)".utf8), key: key))
    }

    /// Makes the logins of roles that came or went since the last call. Cheap when nothing changed.
    public func refresh() async throws {
        let roles = try await sessions.withServerSession { try await Self.roles($0) }
        let isCurrent = known.withLock { known in known.count == roles.count && roles.allSatisfy { known[$0] != nil } }
        if !isCurrent { try await write(only: nil) }
    }

    /// Makes the login of one role that was made a moment ago. It works once Postgres has read its map again, a few
    /// milliseconds later.
    public func admit(_ role: String) async throws {
        if known.withLock({ $0[role] != nil }) { return }
        try await write(only: role)
    }

    /// Writes the whole map, or the password of one role or of all that are not known yet, in turn with other processes.
    private func write(only role: String?) async throws {
        try await sessions.withServerSession { connection in
            let (roles, written) = try await connection.transaction { connection in
                try await connection.execute("SELECT FROM sluice.installation FOR NO KEY UPDATE")
                // Read in its own turn, so that no writer undoes what another has just added.
                let roles = try await Self.roles(connection)
                switch way {
                case .identMap(let map, let osUser):
                    try await blocking.run { try map.write(osUser: osUser, roles: roles) }
                    return (roles, Set(roles))
                case .passwords(let key):
                    let known = known.withLock { Set($0.keys) }
                    let wanted = roles.filter { name in role.map { $0 == name } ?? !known.contains(name) }
                    for role in wanted {
                        try await LoginRole.setPassword(Self.password(of: role, key), of: role, on: connection)
                    }
                    return (roles, Set(wanted))
                }
            }
            if case .identMap = way { try await connection.execute("SELECT pg_reload_conf()") }
            let kept = try await LoginRole.passwords(on: connection) ?? [:]
            known.withLock { known in
                // Of those made before, what was kept then counts: a password may have been changed since.
                for role in written where known[role] == nil { known[role] = .some(kept[role]) }
                for role in Set(known.keys).subtracting(roles) { known[role] = nil }
            }
        }
    }

    /// Sets back what principals have made of their own roles: settings, and passwords, of which there is none where the
    /// system's user says who one is. Without a superuser's rights passwords are set anew at each start only.
    ///
    /// - Returns: The roles that were altered.
    public func mend() async throws -> [String] {
        try await sessions.withServerSession { connection in
            var mended = Set(try await LoginRole.mendSettings(on: connection))
            guard let kept = try await LoginRole.passwords(on: connection) else { return mended.sorted() }
            for (role, verifier) in known.withLock({ $0 }) {
                switch way {
                case .identMap:
                    guard kept[role] != nil else { continue }
                    try await LoginRole.setPassword(nil, of: role, on: connection)
                case .passwords(let key):
                    guard kept[role] != verifier else { continue }
                    try await LoginRole.setPassword(Self.password(of: role, key), of: role, on: connection)
                    let renewed = try await LoginRole.passwords(on: connection)?[role]
                    known.withLock { $0[role] = .some(renewed) }
                }
                mended.insert(role)
            }
            return mended.sorted()
        }
    }

    private static func roles(_ connection: Connection) async throws -> [String] {
        try await connection.query(
            """
            SELECT role_name::text FROM sluice.subject
            UNION ALL SELECT role_name::text FROM sluice.ingest_role ORDER BY 1
            """
        ).map { try $0.decode(at: 0, as: String.self) }
    }
}
