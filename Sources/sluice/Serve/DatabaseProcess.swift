internal import Glibc
internal import Store

/// A command that works on the databases, in one of three parts: the keeper of the embedded cluster and of a worker, its
/// child, which does the work, or, where there is nothing to keep, the work alone. Whoever does it has given up root's
/// rights.
enum DatabaseProcess {
    /// - Parameters:
    ///   - command: The name under which the keeper starts the child.
    ///   - work: Returns the exit status.
    static func run(_ command: String, _ arguments: Arguments, work: (ServerContext) -> Int32) throws -> Int32 {
        let settings = try ServeSettings(arguments)
        let log = Log(level: settings.logLevel)
        let users = try ClusterUsers.resolve()
        if let kept = try KeptServer(arguments) {
            try giveUpPrivileges(users)
            guard try Confinement.dieWith(parent: kept.keeperID) else { return 1 }
            try Confinement.closeOnExec(KeptServer.lockDescriptor)
            let data = DataDirectory(prepared: kept.dataDirectory, users: users)
            let database = try kept.database(url: settings.databaseURL)
            return work(ServerContext(settings: settings, data: data, database: database, log: log))
        }
        let (data, lock) = try DataDirectory.prepare(settings.dataDirectory, users: users, log: log.info)
        // Held to the end of this process.
        defer { withExtendedLifetime(lock) {} }
        let keepsWorker = command == "serve" && settings.worker.slots > 0
        if let url = settings.databaseURL, !keepsWorker {
            try giveUpPrivileges(users)
            return work(ServerContext(settings: settings, data: data, database: .url(url), log: log))
        }
        return try Keeper(
            command: command, data: data, lock: lock, settings: settings, keepsWorker: keepsWorker, log: log
        ).run()
    }

    static func giveUpPrivileges(_ users: ClusterUsers) throws(SystemError) {
        if OSUser.isRoot { try Confinement.become(users.server) }
        try Confinement.forbidInspection()
        // Files of the server are its own alone, whatever the shell that started it thinks.
        umask(0o077)
    }
}
