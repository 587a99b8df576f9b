internal import CLinux
internal import Glibc
internal import Store

/// The signals a keeper is sent, through a descriptor that `poll` can wait for. They are blocked in `main`.
final class KeeperSignals {
    /// Passed on to the server.
    static let numbers = [SIGTERM, SIGINT, SIGHUP]
    let descriptor: Int32

    init() throws {
        var set = sigset_t()
        sigemptyset(&set)
        for number in KeeperSignals.numbers { sigaddset(&set, number) }
        descriptor = signalfd(-1, &set, Int32(SFD_NONBLOCK) | Int32(SFD_CLOEXEC))
        if descriptor < 0 { throw KeeperError(call: "signalfd", number: errno) }
    }

    deinit { close(descriptor) }

    /// The next signal that has come; `nil` when none has.
    func next() -> Int32? {
        var info = signalfd_siginfo()
        let size = MemoryLayout<signalfd_siginfo>.size
        return read(descriptor, &info, size) == size ? Int32(info.ssi_signo) : nil
    }
}

struct KeeperError: Error, CustomStringConvertible {
    var call: String
    var number: Int32
    var description: String { "\(call): \(String(cString: strerror(number)))" }
}
