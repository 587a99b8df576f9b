internal import Glibc

/// What to do after `accept` failed: a rule without I/O.
///
/// With no descriptor left, the connection stays in the backlog and a level-triggered listener would report it without
/// end. So accepting pauses, longer each time in a row, until connections have ended.
struct AcceptPause: Sendable {
    enum Decision: Sendable, Equatable {
        /// The failure concerned one connection, or was an interruption: accept the next one.
        case next
        /// Nothing is waiting.
        case idle
        /// Out of descriptors or memory: look again after this time.
        case pause(Duration)
        /// The listener itself is unusable.
        case stop
    }

    static let first = Duration.milliseconds(50)
    static let longest = Duration.seconds(1)

    private var current = AcceptPause.first

    /// A connection was accepted: the shortage is over.
    mutating func accepted() {
        current = AcceptPause.first
    }

    mutating func failed(errno: Int32) -> Decision {
        switch errno {
        case EAGAIN: return .idle
        case EMFILE, ENFILE, ENOBUFS, ENOMEM:
            defer { current = min(current * 2, AcceptPause.longest) }
            return .pause(current)
        case EBADF, EINVAL, ENOTSOCK, EOPNOTSUPP, EFAULT: return .stop
        // ECONNABORTED, EINTR, EPERM (a firewall's rule), and the errors pending on the new connection (accept(2)).
        default: return .next
        }
    }
}
