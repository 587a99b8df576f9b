internal import CLinux
internal import Glibc

/// One end of a socket pair that keeps message boundaries and can carry descriptors (unix(7), SOCK_SEQPACKET).
struct PacketSocket: Sendable {
    let descriptor: Int32

    struct Failure: Error, CustomStringConvertible {
        var operation: String
        var errno: Int32
        var description: String { "\(operation): \(String(cString: strerror(errno)))" }
    }

    /// Two connected ends, both closed in programs that are started.
    static func pair() throws(Failure) -> (PacketSocket, PacketSocket) {
        var ends: [Int32] = [0, 0]
        guard clinux_packet_pair(&ends) == 0 else { throw Failure(operation: "socketpair", errno: errno) }
        return (PacketSocket(descriptor: ends[0]), PacketSocket(descriptor: ends[1]))
    }

    /// Sends one packet, with a copy of `passing` when given.
    func send(_ packet: LauncherPacket, passing: Int32 = -1) throws(Failure) {
        let bytes = packet.bytes
        if clinux_send_packet(descriptor, bytes, bytes.count, passing) < 0 {
            throw Failure(operation: "sendmsg", errno: errno)
        }
    }

    enum Received {
        /// The packet and the descriptor that came with it, the receiver's to close, or -1.
        case packet(LauncherPacket, passed: Int32)
        case nothing
        /// The other end is gone.
        case end
    }

    /// What has come, without waiting. A packet that is none of ours ends the conversation.
    func receive() throws(Failure) -> Received {
        var bytes = [UInt8](repeating: 0, count: LauncherPacket.byteCount + 1)
        var passed: Int32 = -1
        let count = clinux_receive_packet(descriptor, &bytes, bytes.count, &passed)
        if count < 0 {
            if errno == EAGAIN { return .nothing }
            if errno == ECONNRESET { return .end }
            throw Failure(operation: "recvmsg", errno: errno)
        }
        if count == 0 { return .end }
        guard let packet = LauncherPacket(Array(bytes[..<count])) else {
            if passed >= 0 { close(passed) }
            throw Failure(operation: "recvmsg", errno: EBADMSG)
        }
        return .packet(packet, passed: passed)
    }
}
