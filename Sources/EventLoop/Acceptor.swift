internal import CLinux
internal import Glibc

/// One loop's listening socket: level-triggered, so connections left for the next tick are reported again.
// @unchecked: variables are touched on the loop's thread only, after `start`.
final class Acceptor: EventHandler, @unchecked Sendable {
    private let loop: EventLoop
    private let limit: ConnectionLimit
    private let refusal: [UInt8]
    private let onConnection: @Sendable (Socket) -> Void
    private var descriptor: Int32
    private var token: UInt64?
    private var pause = AcceptPause()
    private var resumption: TimerHandle?

    /// Connections taken in one tick, so that a flood leaves time for those already open.
    private static let perTick = 64

    init(
        descriptor: Int32, loop: EventLoop, limit: ConnectionLimit, refusal: [UInt8],
        onConnection: @escaping @Sendable (Socket) -> Void
    ) {
        self.descriptor = descriptor
        self.loop = loop
        self.limit = limit
        self.refusal = refusal
        self.onConnection = onConnection
    }

    func start() {
        loop.execute { self.register() }
    }

    func close() {
        loop.execute { self.closeInLoop() }
    }

    /// For one that was never started.
    func closeUnstarted() {
        Glibc.close(descriptor)
        descriptor = -1
    }

    func handle(events: UInt32) {
        for _ in 0..<Acceptor.perTick {
            guard descriptor >= 0 else { return }
            var peer = sockaddr_storage()
            var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
            let connection = clinux_accept(descriptor, &peer, &length)
            if connection >= 0 {
                pause.accepted()
                welcome(connection, SocketAddress(kernel: peer))
                continue
            }
            switch pause.failed(errno: errno) {
            case .next: continue
            case .idle: return
            case .pause(let time): return stopAccepting(for: time)
            case .stop: return closeInLoop()
            }
        }
    }

    func loopStops() {
        closeInLoop()
    }

    private func welcome(_ connection: Int32, _ peer: SocketAddress?) {
        let socket = Socket(fd: connection, remoteAddress: peer, loop: loop)
        guard limit.take() else { return refuse(socket) }
        socket.source.setCloseHandler { [limit] in limit.giveBack() }
        onConnection(socket)
    }

    private func refuse(_ socket: Socket) {
        if !refusal.isEmpty {
            // One attempt, for courtesy: whoever is turned away must not cost memory or time.
            _ = try? refusal.withUnsafeBytes { (bytes) throws(IOError) in try socket.trySend(bytes) }
            socket.finishSending()
            // Unread bytes at close would turn the end into a reset, which can overtake the refusal.
            withUnsafeTemporaryAllocation(byteCount: 4096, alignment: 1) { _ = try? socket.tryReceive(into: $0) }
        }
        socket.close()
    }

    private func register() {
        guard descriptor >= 0, token == nil else { return }
        guard !loop.isStopping else { return closeInLoop() }
        do throws(IOError) { token = try loop.register(self, for: Epoll.input, on: descriptor) } catch {
            // The kernel is out of memory or watches: the same shortage as a failing accept, and treated alike.
            stopAccepting(for: AcceptPause.longest)
        }
    }

    private func stopAccepting(for time: Duration) {
        deregister()
        resumption = loop.schedule(after: time) { self.register() }
    }

    private func deregister() {
        guard let token else { return }
        loop.deregister(token, of: descriptor)
        self.token = nil
    }

    private func closeInLoop() {
        guard descriptor >= 0 else { return }
        deregister()
        resumption?.cancel()
        resumption = nil
        Glibc.close(descriptor)
        descriptor = -1
    }
}
