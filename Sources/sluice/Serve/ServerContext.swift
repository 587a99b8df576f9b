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
}
