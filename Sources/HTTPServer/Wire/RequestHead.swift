/// The head of a request, checked: what follows it on the connection is known for certain.
struct RequestHead: Sendable {
    /// How the body is delimited (RFC 9112 §6).
    enum Framing: Sendable, Hashable {
        case none
        case length(Int64)
        case chunked
    }

    var method: Method
    var target: Target
    /// 0 or 1: HTTP/1.0 or HTTP/1.1.
    var minorVersion: Int
    var fields: Fields
    var framing: Framing
    /// The client waits for `100 Continue` before it sends the body.
    var expectsContinue: Bool
    /// Whether the client wants the connection kept (RFC 9112 §9.3).
    var keepAlive: Bool
    /// Whether the field lines are those of the connection's request before, byte for byte.
    var repeatsFields = false
    /// Whether the target named the host, in place of the Host field.
    var hasOwnAuthority = false
}

/// Bounds on a request's head.
struct HeadLimits: Sendable {
    /// Bytes of the request line without its CR LF; more is 414.
    var requestLineBytes = 8 * 1024
    /// Bytes of all field lines together; more is 431.
    var fieldBytes = 32 * 1024
    /// Number of field lines; more is 431.
    var fieldCount = 100
}
