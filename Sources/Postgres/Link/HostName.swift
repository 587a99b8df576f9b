internal import EventLoop
internal import Glibc

/// Names to addresses, on a thread that may block.
enum HostName {
    /// Addresses tried at most, in the resolver's order.
    private static let maxAddresses = 8

    /// - Throws: `.connectionFailed` when the name has no address or no thread is free.
    static func resolve(_ host: String, in pool: BlockingPool) async throws(PostgresError) -> [String] {
        let addresses: [String]
        do {
            addresses = try await pool.run { lookUp(host) }
        } catch {
            throw PostgresError(code: .connectionFailed, message: "no thread to resolve \(host): \(error)")
        }
        guard !addresses.isEmpty else {
            throw PostgresError(code: .connectionFailed, message: "could not resolve host name \(host)")
        }
        return addresses
    }

    private static func lookUp(_ host: String) -> [String] {
        var hints = addrinfo()
        hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        var found: UnsafeMutablePointer<addrinfo>?
        guard getaddrinfo(host, nil, &hints, &found) == 0 else { return [] }
        defer { freeaddrinfo(found) }
        var addresses: [String] = []
        var entry = found
        while let info = entry?.pointee, addresses.count < maxAddresses {
            var text = [CChar](repeating: 0, count: Int(NI_MAXHOST))
            let status = getnameinfo(
                info.ai_addr, info.ai_addrlen, &text, socklen_t(text.count), nil, 0, NI_NUMERICHOST)
            if status == 0 {
                addresses.append(String(decoding: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self))
            }
            entry = info.ai_next
        }
        return addresses
    }
}
