internal import CLinux
internal import Glibc

/// A signal the operator sends.
public enum Signal: Sendable, Hashable, CaseIterable {
    case terminate, interrupt, hangup

    var number: Int32 {
        switch self {
        case .terminate: SIGTERM
        case .interrupt: SIGINT
        case .hangup: SIGHUP
        }
    }
}

/// What a process does about signals once, at its start.
public enum Signals {
    /// Blocks the signals of `Signal`, so that a `SignalSource` receives them, and ignores SIGPIPE (TLS writes raise it).
    ///
    /// The first line of `main`: threads inherit the mask of the one that starts them. A spawned program must be given
    /// an empty mask (`POSIX_SPAWN_SETSIGMASK`).
    public static func block() {
        var set = mask
        pthread_sigmask(SIG_BLOCK, &set, nil)
        signal(SIGPIPE, SIG_IGN)
    }

    /// Lets this thread take the signals of `Signal` again, each with its default effect: it ends the process.
    public static func unblock() {
        var set = mask
        pthread_sigmask(SIG_UNBLOCK, &set, nil)
    }

    static var mask: sigset_t {
        var set = sigset_t()
        sigemptyset(&set)
        for signal in Signal.allCases { sigaddset(&set, signal.number) }
        return set
    }
}

/// The signals of the process as values, in order of arrival. Equal ones that come together may be one.
public struct SignalSource: Sendable {
    private let source: FileDescriptorSource

    /// Needs `Signals.block()` before. One source per process: a signal goes to one reader.
    public init(loop: EventLoop) throws(IOError) {
        var set = Signals.mask
        let descriptor = signalfd(-1, &set, Int32(SFD_NONBLOCK) | Int32(SFD_CLOEXEC))
        guard descriptor >= 0 else { throw IOError.last("signalfd") }
        source = FileDescriptorSource(fd: descriptor, loop: loop)
    }

    /// The next signal. On the loop's thread. Throws `.closed` after `close()` or when the loop stops, `.cancelled`.
    public func next() async throws(IOError) -> Signal {
        while true {
            if source.isClosed { throw IOError(.closed, operation: "signalfd") }
            var info = signalfd_siginfo()
            let size = MemoryLayout<signalfd_siginfo>.size
            if read(source.descriptor, &info, size) == size {
                if let signal = Signal.allCases.first(where: { $0.number == Int32(info.ssi_signo) }) { return signal }
            } else if errno == EAGAIN {
                try await source.readable()
            } else if errno != EINTR {
                throw IOError.last("signalfd")
            }
        }
    }

    /// Ends the stream of signals. Idempotent.
    public func close() {
        source.close()
    }
}
