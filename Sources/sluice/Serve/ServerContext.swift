internal import Postgres
internal import Store

/// What a server process starts from, once the data dir is prepared and the privileges are given up.
struct ServerContext: Sendable {
    /// How to reach Postgres.
    enum Database: Sendable {
        /// The embedded cluster: the folder of its socket. This process's OS user is its superuser's.
        case embedded(socketDirectory: String)
        /// Somebody else's cluster, by its libpq URL.
        case url(String)
    }

    var settings: ServeSettings
    var data: DataDirectory
    var database: Database
    var log: Log

    /// How the server's own login reaches the cluster; the database is to be replaced.
    func administration() throws(PostgresError) -> ConnectionOptions {
        switch database {
        case .embedded(let socketDirectory):
            ConnectionOptions(host: socketDirectory, user: IdentMap.superuser, database: "postgres")
        case .url(let url): try ConnectionOptions(url: url)
        }
    }
}
