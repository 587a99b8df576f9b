internal import Glibc

/// Why an operation on a descriptor did not complete.
public struct IOError: Error, Sendable, Hashable {
    public enum Code: String, Sendable {
        /// The deadline passed first. The descriptor is still usable.
        case timedOut
        /// The descriptor was closed by this side, or its loop is shutting down.
        case closed
        /// The waiting task was cancelled. The descriptor is still usable.
        case cancelled
        /// The text is not an address this library can use.
        case addressInvalid
        /// The kernel refused; `errno` says why.
        case system
    }

    public var code: Code
    /// The kernel's error number, 0 unless `code` is `.system`.
    public var errno: Int32
    /// The system call or step that failed.
    public var operation: String

    public init(_ code: Code, operation: String, errno: Int32 = 0) {
        self.code = code
        self.operation = operation
        self.errno = errno
    }

    /// The failure the last system call left in `errno`.
    static func last(_ operation: String) -> IOError {
        IOError(.system, operation: operation, errno: Glibc.errno)
    }

    /// Whether the peer went away: reset, or gone while sending.
    public var isDisconnect: Bool {
        code == .system && (errno == ECONNRESET || errno == EPIPE || errno == ENOTCONN)
    }
}

extension IOError: CustomStringConvertible {
    public var description: String {
        switch code {
        case .system: "\(operation): \(String(cString: strerror(errno)))"
        case .timedOut: "\(operation): timed out"
        case .closed: "\(operation): descriptor closed"
        case .cancelled: "\(operation): cancelled"
        case .addressInvalid: "\(operation): not a usable address"
        }
    }
}
