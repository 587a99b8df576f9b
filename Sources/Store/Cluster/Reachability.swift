internal import Glibc

/// Whether an OS user gets to a place, judged from owner, group and mode of each directory on the way (access control
/// lists are not looked at).
public enum Reachability {
    /// The first directory on the way to `path`, itself included, that `user` may not enter; `nil` when there is none.
    ///
    /// - Parameter path: Absolute, without links.
    public static func obstacle(to path: String, for user: OSUser) throws(SystemError) -> String? {
        if user.id == 0 { return nil }
        for directory in chain(to: path) {
            var status = stat()
            if stat(directory, &status) != 0 {
                if errno == EACCES { return directory }
                throw SystemError("stat", directory)
            }
            if !status.allows(user, 0o1) { return directory }
        }
        return nil
    }

    /// The first file or folder among `folder` and what is below it that `user` may not read; `nil` when there is none
    /// among the first `limit`. Links are not followed.
    ///
    /// - Parameter folder: Absolute, without links; the way to it is not looked at.
    public static func unreadable(below folder: String, for user: OSUser, limit: Int) -> String? {
        var waiting = [folder]
        var seen = 0
        while let path = waiting.popLast(), seen < limit {
            seen += 1
            var status = stat()
            guard lstat(path, &status) == 0 else { continue }
            let kind = status.st_mode & S_IFMT
            guard kind == S_IFDIR || kind == S_IFREG else { continue }
            if !status.allows(user, kind == S_IFDIR ? 0o5 : 0o4) { return path }
            guard kind == S_IFDIR, let names = try? Directory(opening: path).names() else { continue }
            waiting += names.prefix(limit - min(limit, waiting.count)).sorted(by: >).map { "\(path)/\($0)" }
        }
        return nil
    }

    /// `/a/b` → `/`, `/a`, `/a/b`.
    static func chain(to path: String) -> [String] {
        var chain = ["/"]
        var prefix = ""
        for part in path.split(separator: "/") {
            prefix += "/\(part)"
            chain.append(prefix)
        }
        return chain
    }
}

extension stat {
    /// Whether owner, group and mode give `user` all of these rights, as `rwx` bits.
    fileprivate func allows(_ user: OSUser, _ rights: UInt32) -> Bool {
        let shift: UInt32 = st_uid == user.id ? 6 : st_gid == user.group ? 3 : 0
        return user.id == 0 || (st_mode >> shift) & rights == rights
    }
}
