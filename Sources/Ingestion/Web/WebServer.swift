internal import Catalog
internal import EventLoop
internal import HTTPClient

/// A web server whose address has been looked up and may be used, and the folder of it that a connection leads to.
struct WebServer {
    private let address: HTTPServerAddress
    private let route: HTTPRoute
    /// Goes to the route, and so nowhere else.
    private let token: String?
    private let limits: HTTPClient.Limits

    /// Looks the server's name up.
    ///
    /// - Parameters:
    ///   - blocking: Where that happens.
    ///   - patience: How long a connection may take, and then the server to send a byte.
    /// - Throws: `source_refused` for an address that may not be used, `source_unavailable` where there is none.
    static func find(
        _ address: HTTPServerAddress, token: String?, _ policy: AddressPolicy, blocking: BlockingPool,
        patience: (connecting: Duration, silence: Duration) = (.seconds(10), .seconds(60))
    ) async throws(SourceFailure) -> WebServer {
        let found = try await HostResolver(blocking: blocking).find(address.host, port: address.port, policy)
        var limits = HTTPClient.Limits()
        (limits.connecting, limits.idle) = patience
        return WebServer(
            address: address, route: HTTPRoute(addresses: found.addresses.map(\.text), port: found.port), token: token,
            limits: limits)
    }

    /// Opens the file at `path` below the base, to be read from its beginning.
    ///
    /// - Throws: Also for every answer but 200 with the file's own bytes.
    func open(_ path: String) throws(SourceFailure) -> WebFileInput {
        guard let url = address.url(ofFile: path) else {
            throw SourceFailure(
                .sourceRefused, "\(path) \(HTTPServerAddress.fault(inPath: path) ?? "is no path")",
                hint: "Name a file below the connection's URL.")
        }
        let answer: HTTPDownload
        do { answer = try get(url) } catch { throw SourceFailure(error, "\(path) does not come") }
        return try WebFileInput(path, answer)
    }

    /// What the server answers for the base itself, which need be nothing that can be read.
    func status() throws(HTTPClientError) -> Int { try get(address.baseURL).head.status }

    private func get(_ url: String) throws(HTTPClientError) -> HTTPDownload {
        // What is stored is what is wanted: compression is the step's to say.
        var headers = [(name: "Accept-Encoding", value: "identity")]
        if let token { headers.append((name: "Authorization", value: "Bearer \(token)")) }
        return try HTTPDownload(HTTPRequest("GET", url, headers: headers), limits: limits, route: route)
    }
}
