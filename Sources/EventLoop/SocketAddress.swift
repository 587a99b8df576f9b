internal import CLinux
internal import Glibc

/// A numeric TCP address: no name is ever resolved, since that would block.
public struct SocketAddress: Sendable, Hashable {
    /// The IP address in network order: 4 bytes for IPv4, 16 for IPv6.
    private let bytes: [UInt8]
    /// In host order; 0 lets the kernel choose when it is bound.
    public let port: UInt16

    /// 127.0.0.1.
    public static func loopback(port: UInt16 = 0) -> SocketAddress {
        SocketAddress(bytes: [127, 0, 0, 1], port: port)
    }

    private init(bytes: [UInt8], port: UInt16) {
        self.bytes = bytes
        self.port = port
    }

    /// Reads `127.0.0.1:80`, `[::1]:80`, `localhost:80` (IPv4 loopback), `:80` or `*:80` (every IPv4 address).
    ///
    /// Throws `.addressInvalid` for anything else, other host names included.
    public init(parsing text: String) throws(IOError) {
        let invalid = IOError(.addressInvalid, operation: "'\(text)'")
        guard let colon = text.lastIndex(of: ":") else { throw invalid }
        let digits = text[text.index(after: colon)...]
        // UInt16 would also read "+80".
        guard !digits.isEmpty, digits.utf8.allSatisfy({ (48...57).contains($0) }), let port = UInt16(digits) else {
            throw invalid
        }
        let host = text[..<colon]
        guard let address = SocketAddress(host: String(host), port: port) else { throw invalid }
        self = address
    }

    private init?(host: String, port: UInt16) {
        switch host {
        case "", "*": self.init(bytes: [0, 0, 0, 0], port: port)
        case "localhost": self.init(bytes: [127, 0, 0, 1], port: port)
        default:
            if host.hasPrefix("["), host.hasSuffix("]") {
                guard let bytes = SocketAddress.numeric(String(host.dropFirst().dropLast()), AF_INET6, 16) else {
                    return nil
                }
                self.init(bytes: bytes, port: port)
            } else {
                guard let bytes = SocketAddress.numeric(host, AF_INET, 4) else { return nil }
                self.init(bytes: bytes, port: port)
            }
        }
    }

    private static func numeric(_ text: String, _ family: Int32, _ count: Int) -> [UInt8]? {
        // inet_pton stops at a NUL that a Swift string may hold.
        guard !text.utf8.contains(0) else { return nil }
        var bytes = [UInt8](repeating: 0, count: count)
        return inet_pton(family, text, &bytes) == 1 ? bytes : nil
    }

    public var isIPv6: Bool { bytes.count == 16 }

    /// Whether what is sent there stays on this machine: 127.0.0.0/8 and ::1.
    public var isLoopback: Bool { host.hasPrefix("127.") || host == "::1" }

    /// The address without port and brackets. An IPv4 address that came in through an IPv6 socket reads as IPv4.
    public var host: String {
        let mapped = isIPv6 && bytes[..<12].elementsEqual([0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff])
        let shown = mapped ? Array(bytes[12...]) : bytes
        var text = [CChar](repeating: 0, count: Int(INET6_ADDRSTRLEN))
        let family = shown.count == 16 ? AF_INET6 : AF_INET
        // Fails only for an unknown family or too little room, neither of which can be.
        _ = inet_ntop(family, shown, &text, socklen_t(text.count))
        return String(decoding: text.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
    }

    /// The same host with another port.
    public func with(port: UInt16) -> SocketAddress {
        SocketAddress(bytes: bytes, port: port)
    }
}

extension SocketAddress: CustomStringConvertible {
    /// What `init(parsing:)` reads.
    public var description: String {
        let host = host
        return host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)"
    }
}

extension SocketAddress {
    var family: Int32 { isIPv6 ? AF_INET6 : AF_INET }

    /// Lends the address in the kernel's form.
    func withKernelAddress<R>(_ body: (UnsafePointer<sockaddr>, socklen_t) -> R) -> R {
        var storage = sockaddr_storage()
        return withUnsafeMutableBytes(of: &storage) { raw in
            // sin_port and sin6_port both lie at offset 2; the IPv4 address at 4, the IPv6 address, after the flow label, at 8.
            raw.storeBytes(of: sa_family_t(family), as: sa_family_t.self)
            raw.storeBytes(of: port.bigEndian, toByteOffset: 2, as: UInt16.self)
            raw.baseAddress?.advanced(by: isIPv6 ? 8 : 4).copyMemory(from: bytes, byteCount: bytes.count)
            let length = isIPv6 ? MemoryLayout<sockaddr_in6>.size : MemoryLayout<sockaddr_in>.size
            return raw.withMemoryRebound(to: sockaddr.self) { body($0.baseAddress!, socklen_t(length)) }
        }
    }

    /// `nil` for a family other than IPv4 and IPv6.
    init?(kernel storage: sockaddr_storage) {
        let parts: (bytes: [UInt8], port: UInt16)? = withUnsafeBytes(of: storage) { raw in
            let port = UInt16(bigEndian: raw.loadUnaligned(fromByteOffset: 2, as: UInt16.self))
            switch Int32(storage.ss_family) {
            case AF_INET: return (Array(raw[4..<8]), port)
            case AF_INET6: return (Array(raw[8..<24]), port)
            default: return nil
            }
        }
        guard let parts else { return nil }
        self.init(bytes: parts.bytes, port: parts.port)
    }

    /// The address a bound descriptor has.
    init(ofDescriptor descriptor: Int32) throws(IOError) {
        var storage = sockaddr_storage()
        var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
        let code = withUnsafeMutablePointer(to: &storage) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { getsockname(descriptor, $0, &length) }
        }
        guard code == 0 else { throw IOError.last("getsockname") }
        guard let address = SocketAddress(kernel: storage) else {
            throw IOError(.addressInvalid, operation: "getsockname")
        }
        self = address
    }
}
