internal import EventLoop
public import Postgres
public import Store
internal import Synchronization

/// Databases with the platform's schema, copied from ones that are migrated once in a test process.
///
/// The roles of a cluster are one set for all its databases: a test that makes roles names them after its databases.
public struct TestPlatform: Sendable {
    public let cluster: TestCluster
    public let warehouse: String
    public let control: String

    /// How to reach one of the databases, as the superuser or as `user`.
    public func options(_ database: PlatformDatabase, user: String? = nil) -> ConnectionOptions {
        cluster.options(database: database == .warehouse ? warehouse : control, user: user)
    }

    /// Makes a fresh pair of databases.
    public static func make() async throws -> TestPlatform {
        let cluster = try TestCluster.shared()
        try await template.value
        let number = counter.add(1, ordering: .relaxed).newValue
        let platform = TestPlatform(cluster: cluster, warehouse: "warehouse_\(number)", control: "control_\(number)")
        let connection = try await TestLoops.connect(cluster.options())
        do {
            for (name, source) in [(platform.warehouse, PlatformDatabase.warehouse), (platform.control, .control)] {
                try await connection.execute(
                    """
                    CREATE DATABASE \(identifier: name) TEMPLATE \(identifier: templateName(source))
                    ALLOW_CONNECTIONS false
                    """)
                // Privileges on a database are not copied with it; one that PUBLIC may enter is drift to all others.
                try await connection.execute("REVOKE ALL ON DATABASE \(identifier: name) FROM PUBLIC")
                try await connection.execute("ALTER DATABASE \(identifier: name) ALLOW_CONNECTIONS true")
                try await connection.execute(
                    "GRANT CONNECT ON DATABASE \(identifier: name) TO sluice_reader, sluice_ingest")
            }
        } catch {
            await connection.close()
            throw error
        }
        await connection.close()
        return platform
    }

    private static let counter = Atomic<Int>(0)

    private static func templateName(_ database: PlatformDatabase) -> String { "template_\(database.rawValue)" }

    private static let template = Task {
        let group = try TestLoops.group()
        let loop = group.next()
        let options = try TestCluster.shared().options()
        try await TestLoops.run(on: loop) {
            var migrator = Migrator(options: options, loop: loop, blocking: group.blocking)
            migrator.databaseName = templateName
            _ = try await migrator.run()
        }
    }
}
