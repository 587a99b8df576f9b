public import Postgres
internal import Synchronization

/// A throw-away cluster for one test process, set up as in production (encoding, locale, checksums, WAL level), but
/// nothing is ever flushed to disk.
public final class TestCluster: Sendable {
    /// Directory of the socket; a `ConnectionOptions.host`.
    public var socketDirectory: String { server.socketDirectory }
    /// The role that initialised the cluster. Every role may log in without a password.
    public let superuser = "postgres"
    private let counter = Atomic<Int>(0)
    private let server: ThrowAwayServer

    /// The cluster of this process, started when first asked for.
    public static func shared() throws -> TestCluster {
        try started.get()
    }

    private static let started = Result { try TestCluster() }

    private init() throws {
        server = try ThrowAwayServer(
            preparation: """
                $as "$1/initdb" -D "$root/data" -U postgres --auth=trust --encoding=UTF8 --locale=C.UTF-8 \\
                    --data-checksums --no-sync
                """,
            settings: """
                listen_addresses = ''
                wal_level = logical
                max_connections = 800
                shared_buffers = 64MB
                fsync = off
                # As the embedded cluster has it: policy functions are cheap, statements short.
                jit = off
                synchronous_commit = off
                full_page_writes = off
                autovacuum = off
                """)
    }

    /// How to reach `database`, as the superuser or as `user`.
    public func options(database: String = "postgres", user: String? = nil) -> ConnectionOptions {
        ConnectionOptions(host: socketDirectory, user: user ?? superuser, database: database)
    }

    /// Creates an empty database and returns its name.
    public func makeDatabase() async throws -> String {
        let number = counter.add(1, ordering: .relaxed).newValue
        let name = "test_\(number)"
        let connection = try await TestLoops.connect(options())
        do {
            // Closed to PUBLIC from the first moment: one that is open is drift to every warehouse of the cluster.
            try await connection.execute(
                "CREATE DATABASE \(identifier: name) TEMPLATE template0 ALLOW_CONNECTIONS false")
            try await connection.execute("REVOKE CONNECT ON DATABASE \(identifier: name) FROM PUBLIC")
            try await connection.execute("ALTER DATABASE \(identifier: name) ALLOW_CONNECTIONS true")
        } catch {
            await connection.close()
            throw error
        }
        await connection.close()
        return name
    }
}
