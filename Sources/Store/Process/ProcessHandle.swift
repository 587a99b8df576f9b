internal import CLinux
internal import Glibc

/// One process, held by a pidfd: signals and waits cannot hit another process that was given the same number later.
public final class ProcessHandle: Sendable {
    /// The pid, which the kernel gives to another process once this one has been waited for.
    public let id: Int32
    /// Readable once the process has ended; for `poll` and `epoll`. Closed with this object.
    public let descriptor: Int32

    /// Starts a process.
    public init(starting specification: ProcessSpecification) throws(SystemError) {
        let commandLine = specification.commandLine
        var id: pid_t = 0
        let failure = withCStrings(commandLine) { arguments in
            withCStrings(specification.environment) { environment in
                let path = commandLine[0]
                let descriptors = specification.descriptors
                func spawn(_ directory: UnsafePointer<CChar>?) -> CInt {
                    clinux_spawn(
                        &id, path, arguments, environment, descriptors, CInt(descriptors.count),
                        specification.startsSession, specification.keepsSignalMask, directory)
                }
                return specification.workingDirectory?.withCString(spawn) ?? spawn(nil)
            }
        }
        if failure != 0 { throw SystemError("posix_spawn", commandLine[0], failure) }
        let descriptor = clinux_pidfd_open(id)
        if descriptor < 0 {
            // Out of descriptors: what cannot be watched must not run.
            let error = SystemError("pidfd_open", commandLine[0])
            kill(id, SIGKILL)
            waitpid(id, nil, 0)
            throw error
        }
        self.id = id
        self.descriptor = descriptor
    }

    /// Watches a process that runs already, ours or not; `nil` when there is none of this number.
    public init?(existing id: Int32) {
        guard id > 0 else { return nil }
        let descriptor = clinux_pidfd_open(id)
        guard descriptor >= 0 else { return nil }
        self.id = id
        self.descriptor = descriptor
    }

    deinit { close(descriptor) }

    /// Returns false when the process has ended already.
    @discardableResult public func signal(_ number: Int32) -> Bool { clinux_pidfd_signal(descriptor, number) == 0 }

    public var hasEnded: Bool { hasEnded(within: .zero) }

    /// Waits, blocking the thread, until the process has ended; false when `limit` passed first.
    public func hasEnded(within limit: Duration) -> Bool {
        waitForInput(on: [descriptor], within: limit)[0]
    }

    /// The status of a child that has ended, 128 + the number for one that a signal ended. `nil`: it still runs, was
    /// reaped before, or is no child of this process.
    public func reap() -> Int32? {
        var status: Int32 = 0
        return clinux_pidfd_reap(descriptor, &status) == 1 ? status : nil
    }
}

/// Waits, blocking the thread, until one of `descriptors` is readable or `limit` has passed; returns which are.
/// A signal handler does not end the wait. `nil` waits without a limit.
public func waitForInput(on descriptors: [Int32], within limit: Duration?) -> [Bool] {
    let deadline = limit.map { ContinuousClock.now + $0 }
    var entries = descriptors.map { pollfd(fd: $0, events: Int16(POLLIN), revents: 0) }
    while true {
        var timeout: CInt = -1
        if let deadline {
            let left = max(.zero, deadline - .now)
            // Rounded up: a wait that ends early would spin.
            let milliseconds =
                left.components.seconds * 1000 + (left.components.attoseconds + 999_999_999_999_999)
                / 1_000_000_000_000_000
            timeout = CInt(min(milliseconds, Int64(CInt.max)))
        }
        let count = poll(&entries, nfds_t(entries.count), timeout)
        if count >= 0 || errno != EINTR { return entries.map { $0.revents != 0 } }
    }
}

/// Lends `strings` as a NULL-terminated array of C strings.
private func withCStrings<Result>(
    _ strings: [String], _ body: (UnsafePointer<UnsafeMutablePointer<CChar>?>) -> Result
) -> Result {
    let pointers = strings.map { strdup($0) } + [nil]
    defer { for pointer in pointers { free(pointer) } }
    return body(pointers)
}
