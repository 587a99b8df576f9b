internal import Glibc

/// An operating-system user with its primary group.
public struct OSUser: Sendable, Equatable {
    public var name: String
    /// The uid.
    public var id: UInt32
    /// The gid of the primary group.
    public var group: UInt32

    public init(name: String, id: UInt32, group: UInt32) {
        self.name = name
        self.id = id
        self.group = group
    }

    /// Whether this process has root's rights (effective uid 0).
    public static var isRoot: Bool { geteuid() == 0 }

    /// The effective user of this process; `nil` when its id has no entry in the user database (peer authentication
    /// goes by name, so such a user cannot reach the embedded Postgres).
    public static func current() -> OSUser? {
        lookUp { entry, buffer, size, result in getpwuid_r(geteuid(), entry, buffer, size, result) }
    }

    /// The user of this name, or `nil` when there is none.
    public static func named(_ name: String) -> OSUser? {
        lookUp { entry, buffer, size, result in getpwnam_r(name, entry, buffer, size, result) }
    }

    private static func lookUp(
        _ call: (
            UnsafeMutablePointer<passwd>, UnsafeMutablePointer<CChar>, Int,
            UnsafeMutablePointer<UnsafeMutablePointer<passwd>?>
        ) -> CInt
    ) -> OSUser? {
        // Entries of directory services can be long; 1 MiB is where glibc itself gives up.
        var size = 1024
        while size <= 1 << 20 {
            var entry = passwd()
            var result: UnsafeMutablePointer<passwd>?
            let buffer = UnsafeMutablePointer<CChar>.allocate(capacity: size)
            defer { buffer.deallocate() }
            if call(&entry, buffer, size, &result) == ERANGE {
                size *= 4
                continue
            }
            guard result != nil else { return nil }
            return OSUser(name: String(cString: entry.pw_name), id: entry.pw_uid, group: entry.pw_gid)
        }
        return nil
    }
}
