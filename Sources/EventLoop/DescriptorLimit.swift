internal import Glibc

/// How many descriptors the process may have open (`RLIMIT_NOFILE`).
public enum DescriptorLimit {
    /// Descriptors kept for what is not a client's connection: database sessions, files, loops.
    public static let reserve = 128

    /// The limit in force.
    public static var current: Int {
        limits.map { Int(clamping: $0.rlim_cur) } ?? 1024
    }

    /// Client connections that leave `reserve` free, at least half of the limit.
    static var forConnections: Int {
        max(current - reserve, current / 2, 1)
    }

    /// Raises the limit as far as the process may, and returns it. For the start of a server.
    @discardableResult
    public static func raise() -> Int {
        if var limits {
            limits.rlim_cur = limits.rlim_max
            // Refused in some sandboxes; the limit then stays what `current` says.
            _ = setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limits)
        }
        return current
    }

    private static var limits: rlimit? {
        var limits = rlimit()
        return getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limits) == 0 ? limits : nil
    }
}
