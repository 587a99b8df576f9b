extension HTTPServerAddress {
    /// Takes a base URL apart, as RFC 3986 §3 has it: `scheme "://" host [":" port] path`, with no more than these.
    static func server(of url: String) throws(HTTPAddressFault) -> (host: String, port: Int) {
        guard (1...maxURLBytes).contains(url.utf8.count) else {
            throw HTTPAddressFault(detail: "must have 1 to \(maxURLBytes) bytes")
        }
        guard let scheme = ["http://", "https://"].first(where: { url.hasPrefix($0) }) else {
            throw HTTPAddressFault(detail: "must begin with http:// or https://")
        }
        let rest = url.dropFirst(scheme.count)
        let end = rest.firstIndex { "/?#".contains($0) } ?? rest.endIndex
        let server = try server(rest[..<end], defaultPort: scheme == "http://" ? 80 : 443)
        if let fault = fault(inBase: rest[end...]) { throw HTTPAddressFault(detail: fault) }
        return server
    }

    private static func server(
        _ text: Substring, defaultPort: Int
    ) throws(HTTPAddressFault) -> (host: String, port: Int) {
        guard !text.contains("@") else {
            throw HTTPAddressFault(detail: "must not have a user or a password; a token is the connection's secret")
        }
        let isBracketed = text.hasPrefix("[")
        let hostEnd =
            isBracketed ? text.firstIndex(of: "]") ?? text.startIndex : text.firstIndex(of: ":") ?? text.endIndex
        let host = isBracketed ? text[..<hostEnd].dropFirst() : text[..<hostEnd]
        let isAllowed: (UInt8) -> Bool = { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "f"), UInt8(ascii: "A")...UInt8(ascii: "F"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."):
                true
            case UInt8(ascii: ":"): isBracketed
            default: !isBracketed && isPlain(byte) && byte != UInt8(ascii: "~")
            }
        }
        guard (1...253).contains(host.utf8.count), host.utf8.allSatisfy(isAllowed) else {
            throw HTTPAddressFault(detail: "must name a host by its name or address, IPv6 in brackets")
        }
        let rest = text[hostEnd...].dropFirst(isBracketed ? 1 : 0)
        guard !rest.isEmpty else { return (String(host), defaultPort) }
        let digits = rest.dropFirst()
        guard rest.hasPrefix(":"), (1...5).contains(digits.utf8.count),
            digits.utf8.allSatisfy({ (0x30...0x39).contains($0) }), let port = Int(digits),
            (1...65_535).contains(port)
        else { throw HTTPAddressFault(detail: "must have a port of 1 to 65535, or none") }
        return (String(host), port)
    }

    /// What is wrong with the path of a base URL, which is sent as it stands.
    private static func fault(inBase path: Substring) -> String? {
        if path.contains(where: { "?#".contains($0) }) { return "must not have a query or a fragment" }
        let isAllowed: (UInt8) -> Bool = { isPlain($0) || "/%:@!$&'()*+,;=".utf8.contains($0) }
        guard path.utf8.allSatisfy(isAllowed), hasWholeEscapes(path) else {
            return "must be written in ASCII, other bytes of its path as %XX"
        }
        if path.contains("//") { return "must not have an empty part in its path" }
        return climbs(path) ? "must not have a part . or .. in its path, however written" : nil
    }

    private static func hasWholeEscapes(_ path: Substring) -> Bool {
        path.utf8.split(separator: UInt8(ascii: "%"), omittingEmptySubsequences: false).dropFirst().allSatisfy {
            piece in
            piece.count >= 2 && piece.prefix(2).allSatisfy { hexDigit($0) != nil }
        }
    }
}
