internal import Glibc

/// The data dir: one folder with all that an installation keeps outside of its databases, and the embedded cluster.
///
///     lock       held while a `serve` uses the data dir
///     postgres/  the cluster's files (PGDATA)
///     conf/      its settings and pg_hba.conf, written by the keeper
///     ident/     pg_ident.conf, written by the server
///     run/       its socket; a link to a short private folder where the path would be too long
///     log/       its log
///
/// Started as root, the folder belongs to root with the sticky bit: the server makes files of its own there, and cannot
/// put something else in the place of what the keeper uses as root.
public struct DataDirectory: Sendable {
    /// Absolute, without links.
    public let path: String
    public let users: ClusterUsers

    public var postgres: String { "\(path)/postgres" }
    public var identMap: IdentMap { IdentMap(directory: "\(path)/ident") }

    /// A data dir that another process has prepared.
    ///
    /// - Parameter path: Absolute, without links.
    public init(prepared path: String, users: ClusterUsers) {
        self.path = path
        self.users = users
    }

    /// Finds or makes the data dir and takes its lock.
    ///
    /// - Parameter requested: As the user gave it; relative paths start at the working directory.
    public static func prepare(
        _ requested: String, users: ClusterUsers, log: ClusterLog
    ) throws(ClusterError) -> (DataDirectory, DataDirectoryLock) {
        let path = try DataDirectoryPlace.settle(requested, users: users, log: log)
        let data = DataDirectory(prepared: path, users: users)
        let directory = try data.open()
        try data.checkOwnership(of: directory)
        try asClusterError { () throws(SystemError) in
            let mode: UInt32 = users.areSeparate ? 0o1771 : 0o700
            try directory.own(user: users.areSeparate ? 0 : users.server.id, group: users.server.group, mode: mode)
        }
        return (data, try DataDirectoryLock(in: directory))
    }

    func open() throws(ClusterError) -> Directory {
        try asClusterError { () throws(SystemError) in try Directory(opening: path) }
    }

    /// Refuses a folder with something else in it, and a cluster that another OS user made.
    func checkOwnership(of directory: borrowing Directory) throws(ClusterError) {
        let names = try asClusterError { () throws(SystemError) in try directory.names() }
        guard names.isEmpty || names.contains(DataDirectoryLock.fileName) else {
            throw ClusterError(
                .dataDirectoryForeign, "\(path) is neither empty nor a data dir of Sluice's",
                hint: "Name an empty or a new folder with --data-dir.")
        }
        let cluster = try asClusterError { () throws(SystemError) in try directory.entry("postgres") }
        if let cluster, cluster.owner != users.postgres.id {
            throw ClusterError(
                .dataDirectoryForeign,
                "the cluster in \(path) belongs to user id \(cluster.owner), it would run as \(users.postgres.name)",
                hint: "Start as that user (as root, if it was made by root), or use another --data-dir.")
        }
    }
}
