internal import Glibc

/// A system call that failed.
public struct SystemError: Error, Sendable, Equatable, CustomStringConvertible {
    /// What was tried, in the system call's own name: `openat`.
    public var call: String
    /// The file, directory or program it was tried on.
    public var subject: String
    /// The `errno` value.
    public var number: Int32

    init(_ call: String, _ subject: String, _ number: Int32 = errno) {
        self.call = call
        self.subject = subject
        self.number = number
    }

    public var description: String { "\(call) \(subject): \(String(cString: strerror(number)))" }
}
