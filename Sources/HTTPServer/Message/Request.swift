/// One request, the same over HTTP/1.1 and whatever comes later.
public struct Request: Sendable {
    /// Shared by all copies: a request goes through many hands, and each part would cost each of them a reference count.
    private final class Head: Sendable {
        let method: Method
        let target: Target
        let fields: Fields

        init(_ method: Method, _ target: Target, _ fields: Fields) {
            self.method = method
            self.target = target
            self.fields = fields
        }
    }

    private let head: Head
    public var body: RequestBody
    /// Values of the route's path parameters; empty before routing.
    public var parameters = PathParameters()
    /// Request id, peer, and what is noted for the log.
    public let exchange: Exchange

    init(method: Method, target: Target, fields: Fields, body: RequestBody, exchange: Exchange) {
        head = Head(method, target, fields)
        self.body = body
        self.exchange = exchange
    }

    /// A request made by the program itself: tests, dry runs of a change.
    ///
    /// - Parameter target: Origin-form: `/path?query`.
    /// - Throws: `Problem` 400 for a target that a client could not send either.
    public init(
        _ method: Method, _ target: String, fields: Fields = [:], body: [UInt8] = [], exchange: Exchange = Exchange()
    ) throws(Problem) {
        guard let target = Target(bytes: Array(target.utf8).span) else { throw WireError.badTarget.problem }
        self.init(method: method, target: target, fields: fields, body: RequestBody(body), exchange: exchange)
    }

    public var method: Method { head.method }
    public var target: Target { head.target }
    /// Header fields, names in lower case.
    public var fields: Fields { head.fields }
    /// The path as it was sent, escapes included.
    public var path: String { target.path }
    public var query: Query { target.query }
    public var requestID: String { exchange.requestID }
    public var remoteAddress: String { exchange.remoteAddress }
}
