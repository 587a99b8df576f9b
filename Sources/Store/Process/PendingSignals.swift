internal import CLinux
internal import Glibc

/// The signals that a parent of processes is sent, through a descriptor that `poll` can wait for. They are blocked in
/// `main`; one per process, since a signal goes to one reader.
public final class PendingSignals {
    /// Those that are passed on to children.
    static let numbers = [SIGTERM, SIGINT, SIGHUP]
    /// Readable when a signal has come. Closed with this object.
    public let descriptor: Int32

    /// Blocks the signals in this thread and those it starts. Throws when the kernel has no descriptor left.
    public init() throws(SystemError) {
        var set = sigset_t()
        sigemptyset(&set)
        for number in PendingSignals.numbers { sigaddset(&set, number) }
        descriptor = signalfd(-1, &set, Int32(SFD_NONBLOCK) | Int32(SFD_CLOEXEC))
        if descriptor < 0 { throw SystemError("signalfd", "") }
    }

    deinit { close(descriptor) }

    /// The next signal that has come; `nil` when none has.
    public func next() -> Int32? {
        var info = signalfd_siginfo()
        let size = MemoryLayout<signalfd_siginfo>.size
        return read(descriptor, &info, size) == size ? Int32(info.ssi_signo) : nil
    }
}
