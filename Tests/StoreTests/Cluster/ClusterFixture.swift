import Glibc
import Testing

@testable import Store

/// The data dir of one test, driven through one keeper's life after another. What still runs at the end is stopped.
final class ClusterFixture {
    let folder: TemporaryFolder
    let users: ClusterUsers
    private(set) var cluster: EmbeddedCluster?
    private var lock: DataDirectoryLock?

    init() throws {
        folder = try TemporaryFolder()
        users = try ClusterUsers.resolve()
    }

    var dataDirectory: String { "\(folder.path)/data" }

    deinit {
        if cluster == nil { _ = try? start() }
        cluster?.stop(within: .seconds(20))
    }

    /// Ends the keeper's life, if there is one, and begins the next: prepares and starts.
    @discardableResult func start(_ path: String? = nil) throws -> EmbeddedCluster.Start {
        forget()
        let (data, lock) = try DataDirectory.prepare(path ?? dataDirectory, users: users) { _, _ in }
        self.lock = lock
        let installation = try PostgresInstallation.find(searchPath: nil, allowOutdated: false)
        let cluster = try EmbeddedCluster(in: data, installation: installation) { _, _ in }
        self.cluster = cluster
        return try cluster.start(within: .seconds(60))
    }

    /// Ends a keeper's life as `kill -9` does: nothing is stopped, the kernel takes the lock back.
    func forget() {
        cluster = nil
        lock = nil
    }

    /// Runs SQL through psql as one OS user and role and returns what it prints; `nil` when it fails.
    func psql(_ sql: String, role: String = IdentMap.superuser, as user: OSUser? = nil) throws -> String? {
        let host = try #require(cluster).socketDirectory
        var specification = ProcessSpecification(
            executable: "/usr/bin/psql",
            arguments: ["-XAtq", "-v", "ON_ERROR_STOP=1", "-h", host, "-U", role, "-d", "postgres", "-c", sql],
            environment: PostgresInstallation.environment)
        specification.user = OSUser.isRoot ? user ?? users.server : nil
        specification.workingDirectory = "/"
        let answer = try ProcessHandle.run(specification, within: .seconds(20))
        return answer.status == 0 ? String(answer.output.split(separator: "\n").joined(separator: "\n")) : nil
    }

    /// Every process of the running cluster.
    func processes() throws -> [ProcessHandle] { try #require(cluster).processes.all() }
}
