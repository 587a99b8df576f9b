internal import Glibc
internal import Store

extension Command {
    /// `sluice serve`, in one of three parts: the keeper of an embedded cluster, its child, which is the server, or,
    /// for a cluster of somebody else's, the server alone.
    static let serve = Command(
        name: "serve", summary: "Runs the platform until SIGTERM",
        options: ServeSettings.options + KeptServer.options
    ) { arguments in
        let settings = try ServeSettings(arguments)
        let log = Log(level: settings.logLevel)
        if let kept = try KeptServer(arguments) { return try runKept(kept, settings: settings, log: log) }
        let users = try ClusterUsers.resolve()
        let (data, lock) = try DataDirectory.prepare(settings.dataDirectory, users: users, log: log.info)
        // Held to the end of this process.
        defer { withExtendedLifetime(lock) {} }
        if let url = settings.databaseURL {
            try giveUpPrivileges(users)
            return ServerProcess.run(ServerContext(settings: settings, data: data, database: .url(url), log: log))
        }
        return try Keeper(data: data, lock: lock, settings: settings, log: log).run()
    }

    private static func runKept(_ kept: KeptServer, settings: ServeSettings, log: Log) throws -> Int32 {
        let users = try ClusterUsers.resolve()
        try giveUpPrivileges(users)
        guard try Confinement.dieWith(parent: kept.keeperID) else { return 1 }
        try Confinement.closeOnExec(KeptServer.lockDescriptor)
        let data = DataDirectory(prepared: kept.dataDirectory, users: users)
        return ServerProcess.run(
            ServerContext(
                settings: settings, data: data, database: .embedded(socketDirectory: kept.socketDirectory), log: log))
    }

    private static func giveUpPrivileges(_ users: ClusterUsers) throws(SystemError) {
        if OSUser.isRoot { try Confinement.become(users.server) }
        // Files of the server are its own alone, whatever the shell that started it thinks.
        umask(0o077)
    }
}

extension Log {
    /// As a `ClusterLog`.
    func info(_ message: StaticString, _ metadata: KeyValuePairs<String, String>) { self(.info, message, metadata) }
}
