internal import Glibc

/// Where a data dir really is: where it was asked for, or in a place that its OS users can reach.
struct DataDirectoryPlace {
    /// Data dirs that cannot be where they were asked for, say below /root, go here, with a link left in their place.
    static let systemFolder = "/var/lib/sluice"

    /// Finds or makes the data dir asked for as `requested`, and returns its real path.
    static func settle(
        _ requested: String, users: ClusterUsers, systemFolder: String = systemFolder, log: ClusterLog
    ) throws(ClusterError) -> String {
        try asClusterError { () throws(SystemError) -> Result<String, ClusterError> in
            let wanted = try FilePath.absolute(requested)
            var status = stat()
            if lstat(wanted, &status) == 0 {
                if status.st_mode & S_IFMT == S_IFLNK { return .success(try settleLink(wanted)) }
                let place = try FilePath.real(wanted)
                // Only the way to it counts here: its own mode is set later.
                guard let obstacle = try obstacle(to: FilePath.parent(of: place), users) else { return .success(place) }
                // An empty one may move.
                if rmdir(wanted) != 0 { return .failure(unreachable(wanted, obstacle)) }
                return .success(try move(wanted, to: systemFolder, obstacle: obstacle, log: log))
            }
            let parent = FilePath.parent(of: wanted)
            if let obstacle = try obstacle(to: try existing(parent), users) {
                try FilePath.makeDirectories(parent)
                return .success(try move(wanted, to: systemFolder, obstacle: obstacle, log: log))
            }
            try FilePath.makeDirectories(wanted)
            return .success(try FilePath.real(wanted))
        }.get()
    }

    /// Follows the link; one whose target is gone (a wiped /var) gets a new, empty target.
    private static func settleLink(_ link: String) throws(SystemError) -> String {
        var status = stat()
        if stat(link, &status) != 0, errno == ENOENT {
            let target = try FilePath.target(of: link)
            try FilePath.makeDirectories(target.hasPrefix("/") ? target : "\(FilePath.parent(of: link))/\(target)")
        }
        return try FilePath.real(link)
    }

    private static func move(
        _ wanted: String, to systemFolder: String, obstacle: String, log: ClusterLog
    ) throws(SystemError) -> String {
        let place = "\(systemFolder)/\(FilePath.shortHash(wanted))"
        try FilePath.makeDirectories(place)
        if symlink(place, wanted) != 0 { throw SystemError("symlink", wanted) }
        log(
            "the data dir is elsewhere, linked from where it was asked for: Sluice's OS users cannot reach it there",
            ["asked": wanted, "is": place, "obstacle": obstacle])
        return try FilePath.real(place)
    }

    private static func obstacle(to path: String, _ users: ClusterUsers) throws(SystemError) -> String? {
        guard users.areSeparate else { return nil }
        let path = try FilePath.real(path)
        if let obstacle = try Reachability.obstacle(to: path, for: users.server) { return obstacle }
        return try Reachability.obstacle(to: path, for: users.postgres)
    }

    /// The nearest directory above `path`, or itself, that exists.
    static func existing(_ path: String) throws(SystemError) -> String {
        var path = path
        while path != "/", access(path, F_OK) != 0 { path = FilePath.parent(of: path) }
        return path
    }

    private static func unreachable(_ path: String, _ obstacle: String) -> ClusterError {
        ClusterError(
            .dataDirectoryUnusable, "Sluice's OS users cannot reach \(path): \(obstacle) is shut to them",
            hint: "Move it to a place that they reach, such as \(systemFolder), and name that with --data-dir.")
    }
}
