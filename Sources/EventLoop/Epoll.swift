internal import CLinux
internal import Glibc

/// The `EPOLL…` bits as one type (the importer makes some of them enums and some integers).
enum Epoll {
    static let input = EPOLLIN.rawValue
    static let output = EPOLLOUT.rawValue
    static let peerFinished = EPOLLRDHUP.rawValue
    static let hangup = EPOLLHUP.rawValue
    static let error = EPOLLERR.rawValue
    static let edge: UInt32 = 1 << 31
}

/// One epoll instance and the eventfd that wakes it from other threads.
struct Poller: ~Copyable {
    /// Token of the wake-up descriptor; no handler has it, since generations start at 0 and slots stay below 2^32 - 1.
    static let wakeToken = UInt64.max

    private let epoll: Int32
    private let wake: Int32

    init() throws(IOError) {
        let epoll = epoll_create1(Int32(EPOLL_CLOEXEC))
        guard epoll >= 0 else { throw IOError.last("epoll_create1") }
        let wake = eventfd(0, Int32(EFD_NONBLOCK) | Int32(EFD_CLOEXEC))
        var event = epoll_event(events: Epoll.input, data: epoll_data_t(u64: Poller.wakeToken))
        guard wake >= 0, epoll_ctl(epoll, EPOLL_CTL_ADD, wake, &event) == 0 else {
            let failure = IOError.last("eventfd")
            if wake >= 0 { Glibc.close(wake) }
            Glibc.close(epoll)
            throw failure
        }
        self.epoll = epoll
        self.wake = wake
    }

    deinit {
        Glibc.close(wake)
        Glibc.close(epoll)
    }

    borrowing func add(_ descriptor: Int32, events: UInt32, token: UInt64) throws(IOError) {
        try control(EPOLL_CTL_ADD, descriptor, events, token)
    }

    borrowing func modify(_ descriptor: Int32, events: UInt32, token: UInt64) throws(IOError) {
        try control(EPOLL_CTL_MOD, descriptor, events, token)
    }

    /// Removes a registration. A descriptor that is closed already has removed itself, so failure says nothing new.
    borrowing func remove(_ descriptor: Int32) {
        _ = epoll_ctl(epoll, EPOLL_CTL_DEL, descriptor, nil)
    }

    /// Makes `wait` return, now or at its next call. Callable from any thread.
    borrowing func wakeUp() {
        var one: UInt64 = 1
        // EAGAIN means the counter is full, hence the loop is awake; EINTR cannot lose the wake-up if tried again.
        while write(wake, &one, 8) < 0, errno == EINTR {}
    }

    borrowing func clearWakeUp() {
        var count: UInt64 = 0
        while read(wake, &count, 8) < 0, errno == EINTR {}
    }

    /// Waits up to `milliseconds` (-1: without bound) and returns how many of `events` were filled.
    borrowing func wait(_ events: UnsafeMutableBufferPointer<epoll_event>, milliseconds: Int32) -> Int {
        let count = epoll_wait(epoll, events.baseAddress, Int32(events.count), milliseconds)
        // EINTR is the one failure a valid descriptor and buffer can have; the caller comes again.
        return max(0, Int(count))
    }

    private borrowing func control(_ operation: Int32, _ descriptor: Int32, _ events: UInt32, _ token: UInt64)
        throws(IOError)
    {
        var event = epoll_event(events: events, data: epoll_data_t(u64: token))
        guard epoll_ctl(epoll, operation, descriptor, &event) == 0 else { throw IOError.last("epoll_ctl") }
    }
}
