internal import Cryptography
internal import EventLoop
internal import Postgres
internal import Store
internal import Synchronization

/// Lets the server log in as each principal: by lines of the embedded cluster's login map, or over TCP by passwords
/// that nobody keeps, since they are derived from the server's key.
final class PrincipalLogins: Sendable {
    enum Way: Sendable {
        case identMap(IdentMap, osUser: String)
        case passwords(SecretKey)
    }

    private let sessions: Sessions
    private let way: Way
    /// The map is a file, synced before it counts.
    private let blocking: BlockingPool
    /// Roles that can be logged in as.
    private let known = Locked<Set<String>>([])

    init(sessions: Sessions, way: Way, blocking: BlockingPool) {
        self.sessions = sessions
        self.way = way
        self.blocking = blocking
    }

    /// The password of a role, 256 bits in hex.
    static func password(of role: String, _ key: SecretKey) -> String {
        Hex.encode(HMACSHA256.authenticationCode(for: Array("role \(role)".utf8), key: key))
    }

    /// Makes the logins of principals that came or went since the last call. Cheap when nothing changed.
    func refresh() async throws {
        try await sessions.withServerSession { connection in
            let rows = try await connection.query("SELECT role_name::text FROM sluice.principal ORDER BY id")
            let roles = try rows.map { try $0.decode(at: 0, as: String.self) }
            let fresh = known.withLock { known in
                let fresh = roles.filter { !known.contains($0) }
                return fresh.isEmpty && known.count == roles.count ? nil : fresh
            }
            guard let fresh else { return }
            switch way {
            case .identMap(let map, let osUser):
                try await blocking.run { try map.write(osUser: osUser, roles: roles) }
                try await connection.execute("SELECT pg_reload_conf()")
            case .passwords(let key):
                for role in fresh {
                    let password = Self.password(of: role, key)
                    try await connection.execute(
                        "ALTER ROLE \(identifier: role) PASSWORD \(raw: SQL(unsafe: SQL.quoted(literal: password)))")
                }
            }
            known.withLock { $0 = Set(roles) }
        }
    }
}

extension ServerContext {
    /// How sessions reach the cluster.
    func sessionSource(_ key: SecretKey) throws -> SessionSource {
        switch database {
        case .embedded(let socketDirectory):
            return .embedded(socketDirectory: socketDirectory, user: IdentMap.superuser)
        case .url(let url):
            let options = try ConnectionOptions(url: url)
            return SessionSource(
                server: { database in
                    var options = options
                    options.database = database
                    return options
                },
                principal: { role in
                    var options = options
                    options.database = PlatformDatabase.warehouse.rawValue
                    options.user = role
                    options.password = PrincipalLogins.password(of: role, key)
                    return options
                })
        }
    }

    func principalLogins(_ sessions: Sessions, _ key: SecretKey, _ blocking: BlockingPool) -> PrincipalLogins {
        let way: PrincipalLogins.Way =
            switch database {
            case .embedded: .identMap(data.identMap, osUser: data.users.server.name)
            case .url: .passwords(key)
            }
        return PrincipalLogins(sessions: sessions, way: way, blocking: blocking)
    }
}
