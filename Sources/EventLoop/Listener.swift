internal import CLinux
internal import Glibc

/// A listening TCP port with one socket per loop, among which the kernel spreads connections (`SO_REUSEPORT`).
public final class Listener: Sendable {
    /// How connections are taken.
    public struct Options: Sendable {
        /// Connections the kernel keeps for each loop while they wait to be accepted.
        public var backlog = 1024
        /// Most connections open at once over all loops. One above it is accepted, sent `refusal` and closed. Lowered to
        /// what `DescriptorLimit` leaves for connections.
        public var maxConnections = 10_000
        /// Bytes for a connection above the limit: a complete response, small enough for an empty socket buffer.
        public var refusal: [UInt8] = []

        public init() {}
    }

    /// The address in use, with the real port when 0 was asked for.
    public let address: SocketAddress
    /// Open and refused connections.
    public let connections: ConnectionLimit
    private let acceptors: [Acceptor]

    /// Binds `address` for every loop of `group` and starts accepting.
    ///
    /// - Parameter onConnection: Called on the connection's loop for each new one. It must not block, and owns the socket:
    ///   typically `socket.loop.spawn { await Connection(socket).run() }`.
    /// - Throws: `.system`, as for an address in use. Nothing stays bound then.
    public static func bind(
        _ address: SocketAddress, group: EventLoopGroup, options: Options = Options(),
        onConnection: @escaping @Sendable (Socket) -> Void
    ) throws(IOError) -> Listener {
        let limit = ConnectionLimit(maximum: min(options.maxConnections, DescriptorLimit.forConnections))
        var acceptors: [Acceptor] = []
        var bound = address
        do throws(IOError) {
            for loop in group.loops {
                let descriptor = try openListening(bound, backlog: options.backlog, isFirst: acceptors.isEmpty)
                acceptors.append(
                    Acceptor(
                        descriptor: descriptor, loop: loop, limit: limit, refusal: options.refusal,
                        onConnection: onConnection))
                // Port 0 becomes a real one with the first socket; the others share it.
                bound = try SocketAddress(ofDescriptor: descriptor)
            }
        } catch {
            // None has started, so closing needs no loop.
            for acceptor in acceptors { acceptor.closeUnstarted() }
            throw error
        }
        for acceptor in acceptors { acceptor.start() }
        return Listener(address: bound, connections: limit, acceptors: acceptors)
    }

    private init(address: SocketAddress, connections: ConnectionLimit, acceptors: [Acceptor]) {
        self.address = address
        self.connections = connections
        self.acceptors = acceptors
    }

    /// Stops accepting and frees the port, at each loop's next tick. Open connections go on.
    public func close() {
        for acceptor in acceptors { acceptor.close() }
    }

    private static func openListening(_ address: SocketAddress, backlog: Int, isFirst: Bool) throws(IOError) -> Int32 {
        let descriptor = clinux_stream_socket(address.family)
        guard descriptor >= 0 else { throw IOError.last("socket") }
        do throws(IOError) {
            try setOption(descriptor, SOL_SOCKET, SO_REUSEADDR)
            // The first binds without sharing, so that a port another program listens on is an error and not a silent
            // split of its traffic; then it admits the others. The kernel compares the flags at each bind.
            if !isFirst { try setOption(descriptor, SOL_SOCKET, SO_REUSEPORT) }
            // [::] means IPv6 only, whatever the machine's default, so that both families can be bound side by side.
            if address.isIPv6 { try setOption(descriptor, Int32(IPPROTO_IPV6), IPV6_V6ONLY) }
            guard address.withKernelAddress({ Glibc.bind(descriptor, $0, $1) }) == 0 else {
                throw IOError.last("bind \(address)")
            }
            if isFirst { try setOption(descriptor, SOL_SOCKET, SO_REUSEPORT) }
            guard listen(descriptor, Int32(clamping: backlog)) == 0 else { throw IOError.last("listen \(address)") }
            return descriptor
        } catch {
            Glibc.close(descriptor)
            throw error
        }
    }

    private static func setOption(_ descriptor: Int32, _ level: Int32, _ option: Int32) throws(IOError) {
        var on: Int32 = 1
        guard setsockopt(descriptor, level, option, &on, socklen_t(MemoryLayout<Int32>.size)) == 0 else {
            throw IOError.last("setsockopt")
        }
    }
}
