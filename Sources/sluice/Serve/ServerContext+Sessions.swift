internal import Access
internal import Cryptography
internal import EventLoop
internal import Postgres
internal import Store

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
