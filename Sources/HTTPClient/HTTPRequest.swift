/// A request as a value.
public struct HTTPRequest: Sendable {
    /// Upper case, as on the wire.
    public var method: String
    /// `http://` or `https://`, absolute.
    public var url: String
    /// In this order, besides those libcurl adds (`Host`, `Accept: */*`, `User-Agent`, `Content-Length`).
    public var headers: [(name: String, value: String)]
    /// `nil`: no body; empty: a body of no bytes.
    public var body: [UInt8]?

    public init(
        _ method: String = "GET", _ url: String, headers: [(name: String, value: String)] = [], body: [UInt8]? = nil
    ) {
        self.method = method
        self.url = url
        self.headers = headers
        self.body = body
    }
}
