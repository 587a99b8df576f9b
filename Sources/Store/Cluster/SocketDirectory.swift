internal import Glibc

/// The folder of the cluster's socket, shut to all but Postgres's and the server's OS user.
enum SocketDirectory {
    /// The port only names the socket.
    static let socketName = ".s.PGSQL.5432"
    /// `sun_path` less its terminating NUL.
    static let longestPath = 107

    static func fits(_ directory: String) -> Bool {
        directory.utf8.count + 1 + socketName.utf8.count <= longestPath
    }

    /// Makes the folder: `run` in the data dir or, where the socket's path would be too long, a folder with a short
    /// path to which `run` is a link. Returns the path to use.
    static func settle(in data: DataDirectory, log: ClusterLog) throws(ClusterError) -> String {
        let users = data.users
        let mode: UInt32 = users.areSeparate ? 0o750 : 0o700
        let directory = try data.open()
        let inside = "\(data.path)/run"
        if fits(inside) {
            try asClusterError { () throws(SystemError) in
                // A link is left from a time when the path was longer.
                if try directory.entry("run")?.kind == .link { try directory.remove("run") }
                _ = try directory.makeDirectory(
                    "run", user: users.postgres.id, group: users.server.group, mode: mode)
            }
            return inside
        }
        let name = "sluice-\(users.server.id)-\(FilePath.shortHash(data.path))"
        let base = users.areSeparate ? "/run" : getenv("XDG_RUNTIME_DIR").map { String(cString: $0) } ?? P_tmpdir
        let short = "\(base)/\(name)"
        try asClusterError { () throws(SystemError) in
            // In a folder where all may write, one that somebody else prepared must not be taken: chmod fails on it.
            let parent = try Directory(opening: try FilePath.real(base))
            _ = try parent.makeDirectory(name, user: users.postgres.id, group: users.server.group, mode: mode)
            if try directory.entry("run")?.kind == .directory { try directory.remove("run") }
            try directory.makeLink("run", to: short)
        }
        log("the socket is in a folder with a shorter path", ["folder": short])
        return short
    }
}
