internal import Access
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
    /// Roles that can be logged in as, with their passwords as Postgres keeps them, where the server may know.
    private let known = Locked<[String: String?]>([:])

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
                let fresh = roles.filter { known[$0] == nil }
                return fresh.isEmpty && known.count == roles.count ? nil : fresh
            }.map(Set.init)
            guard let fresh else { return }
            switch way {
            case .identMap(let map, let osUser):
                try await blocking.run { try map.write(osUser: osUser, roles: roles) }
                try await connection.execute("SELECT pg_reload_conf()")
            case .passwords(let key):
                for role in fresh.sorted() {
                    try await LoginRole.setPassword(Self.password(of: role, key), of: role, on: connection)
                }
            }
            let kept = try await LoginRole.passwords(on: connection) ?? [:]
            known.withLock { known in
                // Of those made before, what was kept then counts: a password may have been changed since.
                known = Dictionary(
                    uniqueKeysWithValues: roles.map { role in
                        (role, fresh.contains(role) ? kept[role] : known[role] ?? nil)
                    })
            }
        }
    }

    /// Sets back what principals have made of their own roles: settings, and passwords, of which there is none where the
    /// system's user says who one is. Without a superuser's rights passwords are set anew at each start only.
    ///
    /// - Returns: The roles that were altered.
    func mend() async throws -> [String] {
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
