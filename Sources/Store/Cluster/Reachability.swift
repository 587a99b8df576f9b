internal import Glibc

/// Whether an OS user gets to a place, judged from owner, group and mode of each directory on the way (access control
/// lists are not looked at).
enum Reachability {
    /// The first directory on the way to `path`, itself included, that `user` may not enter; `nil` when there is none.
    ///
    /// - Parameter path: Absolute, without links.
    static func obstacle(to path: String, for user: OSUser) throws(SystemError) -> String? {
        if user.id == 0 { return nil }
        for directory in chain(to: path) {
            var status = stat()
            if stat(directory, &status) != 0 {
                if errno == EACCES { return directory }
                throw SystemError("stat", directory)
            }
            let bit: UInt32 =
                status.st_uid == user.id ? S_IXUSR : status.st_gid == user.group ? S_IXGRP : S_IXOTH
            if status.st_mode & bit == 0 { return directory }
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
