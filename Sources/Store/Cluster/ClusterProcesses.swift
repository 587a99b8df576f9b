internal import Glibc

/// Finds the processes of a cluster through /proc, by what every user may read there.
struct ClusterProcesses {
    var dataDirectory: String
    var clusterName: String
    var userID: UInt32

    /// Whether `process` is the postmaster of this data dir, and not one that was given its number later.
    func isPostmaster(_ id: Int32) -> Bool {
        guard owner(of: id) == userID else { return false }
        let arguments = commandLine(of: id)
        guard let program = arguments.first, FilePath.name(of: program) == "postgres" else { return false }
        return zip(arguments, arguments.dropFirst()).contains { $0 == "-D" && $1 == dataDirectory }
    }

    /// Every process of the cluster: a postmaster, what it has started, and what it left behind when it was killed,
    /// which ends by itself once it notices.
    ///
    /// Known by their titles, `postgres: <cluster_name>: checkpointer`, and in their first moments, before they have
    /// one, by the postmaster's command line.
    func all() throws(SystemError) -> [ProcessHandle] {
        try Directory(opening: "/proc").names().compactMap { name in
            guard let id = Int32(name), owner(of: id) == userID,
                commandLine(of: id).first?.hasPrefix("postgres: \(clusterName): ") == true || isPostmaster(id),
                let process = ProcessHandle(existing: id)
            else { return nil }
            return process
        }
    }

    private func owner(of id: Int32) -> UInt32? {
        var status = stat()
        return stat("/proc/\(id)", &status) == 0 ? status.st_uid : nil
    }

    private func commandLine(of id: Int32) -> [String] {
        guard let directory = try? Directory(opening: "/proc/\(id)"),
            let text = try? directory.read("cmdline", limit: 16_384)
        else { return [] }  // it has ended meanwhile
        return text.split(separator: "\0").map(String.init)
    }
}
