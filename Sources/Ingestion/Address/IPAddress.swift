internal import Glibc

/// An IPv4 or IPv6 address.
struct IPAddress: Sendable, Hashable {
    enum Kind { case ordinary, loopback, metadata, unspecified, multicast }

    /// 4 or 16 of them, in network order.
    var bytes: [UInt8]
    var text: String

    /// The addresses of a name, or the one that `host` is. Blocks.
    static func lookUp(_ host: String) -> [IPAddress] {
        var hints = addrinfo()
        hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        var found: UnsafeMutablePointer<addrinfo>?
        guard getaddrinfo(host, nil, &hints, &found) == 0 else { return [] }
        defer { freeaddrinfo(found) }
        var addresses: [IPAddress] = []
        var entry = found
        while let info = entry?.pointee, addresses.count < 8 {
            if let address = IPAddress(info) { addresses.append(address) }
            entry = info.ai_next
        }
        return addresses
    }

    private init?(_ info: addrinfo) {
        guard let address = info.ai_addr else { return nil }
        let raw = UnsafeRawBufferPointer(start: address, count: Int(info.ai_addrlen))
        // Behind family and port, in IPv6 also behind the flow label (RFC 3493, 3.3).
        switch info.ai_family {
        case AF_INET: bytes = Array(raw[4..<8])
        case AF_INET6: bytes = Array(raw[8..<24])
        default: return nil
        }
        var text = [CChar](repeating: 0, count: Int(NI_MAXHOST))
        guard
            getnameinfo(address, info.ai_addrlen, &text, socklen_t(text.count), nil, 0, NI_NUMERICHOST) == 0
        else { return nil }
        self.text = String(decoding: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    /// What it means, whichever way it is written: IPv6 has several ways to say an IPv4 address.
    var kind: Kind { bytes.count == 4 ? Self.kind(ofVersion4: bytes) : Self.kind(ofVersion6: bytes) }

    private static func kind(ofVersion4 bytes: [UInt8]) -> Kind {
        switch (bytes[0], bytes[1]) {
        case (0, _): .unspecified
        case (127, _): .loopback
        case (169, 254): .metadata
        // The metadata services of Alibaba, Azure and Oracle that have addresses of other ranges.
        case (100, 100) where bytes == [100, 100, 100, 200]: .metadata
        case (168, 63) where bytes == [168, 63, 129, 16]: .metadata
        case (192, 0) where bytes == [192, 0, 0, 192]: .metadata
        case (224..., _): .multicast
        default: .ordinary
        }
    }

    private static func kind(ofVersion6 bytes: [UInt8]) -> Kind {
        if bytes.allSatisfy({ $0 == 0 }) { return .unspecified }
        if bytes.dropLast().allSatisfy({ $0 == 0 }), bytes[15] == 1 { return .loopback }
        if let embedded = version4(in: bytes) { return kind(ofVersion4: embedded) }
        switch (bytes[0], bytes[1]) {
        case (0xFE, 0x80...0xBF), (0xFE, 0xC0...): return .metadata
        // Amazon's and Google's metadata services.
        case (0xFD, 0) where bytes.starts(with: [0xFD, 0, 0x0E, 0xC2]): return .metadata
        case (0xFD, 0x20) where bytes.starts(with: [0xFD, 0x20, 0, 0xCE]): return .metadata
        case (0xFF, _): return .multicast
        default: return .ordinary
        }
    }

    /// The IPv4 address that is meant: mapped and compatible (RFC 4291), NAT64 (RFC 6052), 6to4 (RFC 3056).
    private static func version4(in bytes: [UInt8]) -> [UInt8]? {
        let zeros = [UInt8](repeating: 0, count: 10)
        if bytes.starts(with: zeros), Array(bytes[10..<12]) == [0xFF, 0xFF] || Array(bytes[10..<12]) == [0, 0] {
            return Array(bytes[12...])
        }
        if bytes.starts(with: [0, 0x64, 0xFF, 0x9B] + [UInt8](repeating: 0, count: 8)) { return Array(bytes[12...]) }
        return bytes.starts(with: [0x20, 0x02]) ? Array(bytes[2..<6]) : nil
    }
}
