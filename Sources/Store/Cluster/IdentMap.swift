internal import Glibc

/// The map of peer authentication: as which roles one OS user may log in. One line each, never a pattern.
///
/// Postgres reads the file at `pg_reload_conf()`; a role works from the reload after its line was written.
public struct IdentMap: Sendable {
    /// The bootstrap superuser, always in the map: without it nobody could log in and mend the map.
    public static let superuser = "sluice"
    static let fileName = "pg_ident.conf"

    /// Folder of the file; writable by the server's OS user, readable by Postgres's.
    public let directory: String

    public init(directory: String) { self.directory = directory }

    /// Replaces the whole map at once.
    ///
    /// - Parameters:
    ///   - osUser: The user whose processes may log in.
    ///   - roles: As whom; Sluice's own role names, 1…63 of `[a-z0-9_]`, not beginning with a digit.
    public func write(osUser: String, roles: some Sequence<String>) throws(ClusterError) {
        let text = try IdentMap.text(osUser: osUser, roles: roles)
        try asClusterError { () throws(SystemError) in
            // Not chown'd: the folder is the caller's and its group (setgid) Postgres's.
            try Directory(opening: directory).replaceFile(
                IdentMap.fileName, with: text, user: geteuid(), group: UInt32.max, mode: 0o640)
        }
    }

    /// The content of the file.
    static func text(osUser: String, roles: some Sequence<String>) throws(ClusterError) -> String {
        // A name that begins with a slash would be a regular expression, quoted or not.
        guard !osUser.hasPrefix("/"), osUser.utf8.allSatisfy({ $0 > 0x20 && $0 != UInt8(ascii: "\"") }), !osUser.isEmpty
        else {
            throw ClusterError(
                .userMissing, "the OS user's name \(osUser.debugDescription) cannot stand in an ident map",
                hint: "Start as a user whose name has neither spaces nor quotes.")
        }
        var text = "# Written by Sluice; replaced as a whole at the next change of roles.\n"
        for role in [superuser] + roles.filter({ $0 != superuser }) {
            guard isRoleName(role) else {
                throw ClusterError(
                    .systemCallFailed, "\(role.debugDescription) is no role name of Sluice's",
                    hint: "This is a fault of Sluice; please report it.")
            }
            text += "sluice \"\(osUser)\" \"\(role)\"\n"
        }
        return text
    }

    private static func isRoleName(_ name: String) -> Bool {
        guard let first = name.utf8.first, (1...63).contains(name.utf8.count), !(0x30...0x39).contains(first) else {
            return false
        }
        return name.utf8.allSatisfy { (0x61...0x7A).contains($0) || (0x30...0x39).contains($0) || $0 == 0x5F }
    }
}
