/// The one server that a client connects to: addresses that somebody else has looked up and judged.
///
/// Whatever host a URL names, the connection goes to these; `Host`, TLS and its certificate go by the URL. Nothing is
/// looked up, and no proxy is used.
public struct HTTPRoute: Sendable, Hashable {
    /// IPv4 or IPv6, in digits; at least one.
    public var addresses: [String]
    /// 1 to 65,535.
    public var port: Int

    public init(addresses: [String], port: Int) {
        self.addresses = addresses
        self.port = port
    }

    /// Stands for the addresses inside libcurl. No resolver knows it (RFC 6761 §6.4), so nothing leads elsewhere.
    private static let name = "route.invalid"

    /// `CURLOPT_CONNECT_TO`: from every host and port to the name.
    var redirections: [String] { ["::\(Self.name):\(port)"] }

    /// `CURLOPT_RESOLVE`: from the name to the addresses.
    ///
    /// - Throws: `invalidRequest` for what is no address and might be taken for something else.
    func resolutions() throws(HTTPClientError) -> [String] {
        let isPlain = addresses.allSatisfy { address in
            !address.isEmpty && address.allSatisfy { $0.isHexDigit || $0 == "." || $0 == ":" }
        }
        guard isPlain, !addresses.isEmpty else {
            throw HTTPClientError(.invalidRequest, "a route has no addresses, or something else among them")
        }
        let list = addresses.map { $0.contains(":") ? "[\($0)]" : $0 }.joined(separator: ",")
        return ["\(Self.name):\(port):\(list)"]
    }
}
