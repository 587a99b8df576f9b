internal import EventLoop
internal import Glibc

/// What the connections of one loop share: a read buffer, the current date, who is open and who is busy.
// @unchecked: touched on the loop's thread only: by connections, which are isolated to it, and by entries that check.
final class LoopContext: @unchecked Sendable {
    let loop: EventLoop
    private let scratch = UnsafeMutableRawBufferPointer.allocate(byteCount: 64 * 1024, alignment: 16)
    private var connections: [ObjectIdentifier: HTTP1Connection] = [:]
    private var dateSecond: Int = -1
    private var dateBytes: [UInt8] = []

    /// Connections with a request that is being answered.
    private var busyConnections = 0
    /// Set once the server drains: new requests get 503.
    private(set) var isDraining = false
    private var onIdle: (@Sendable () -> Void)?

    init(loop: EventLoop) {
        self.loop = loop
    }

    deinit {
        scratch.deallocate()
    }

    /// Lends the loop's read buffer, 64 KiB, for the length of a call that does not suspend.
    func withScratch<R, E: Error>(_ body: (UnsafeMutableRawBufferPointer) throws(E) -> R) throws(E) -> R {
        loop.checkIsolated()
        return try body(scratch)
    }

    /// The value of `Date`, made anew each second.
    func date() -> [UInt8] {
        loop.checkIsolated()
        let second = time(nil)
        if second != dateSecond {
            dateSecond = second
            dateBytes = Array(HTTPDate.format(unixSeconds: Int64(second)).utf8)
        }
        return dateBytes
    }

    func add(_ connection: HTTP1Connection) {
        loop.checkIsolated()
        connections[ObjectIdentifier(connection)] = connection
    }

    func remove(_ connection: HTTP1Connection) {
        loop.checkIsolated()
        connections[ObjectIdentifier(connection)] = nil
    }

    func connectionBecameBusy() {
        busyConnections += 1
    }

    func connectionBecameIdle() {
        busyConnections -= 1
        if isDraining, busyConnections == 0 { reportIdle() }
    }

    /// From now on new requests get 503; calls `onIdle` once when none is being answered.
    func drain(onIdle: @escaping @Sendable () -> Void) {
        loop.checkIsolated()
        isDraining = true
        self.onIdle = onIdle
        if busyConnections == 0 { reportIdle() }
    }

    /// Ends every connection at once, cancelling what is still being answered.
    func abortAll() {
        loop.checkIsolated()
        for connection in connections.values { connection.assumeIsolated { $0.abort() } }
    }

    private func reportIdle() {
        onIdle?()
        onIdle = nil
    }
}
