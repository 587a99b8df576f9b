/// What goes out for an answer, decided before any byte is written (RFC 9112 §6, RFC 9110 §6.4).
struct ResponsePlan: Sendable, Hashable {
    enum Framing: Sendable, Hashable {
        /// No body and no header field that describes one: 204, 304, a streamed answer to HEAD.
        case none
        case length(Int64)
        case chunked
        /// HTTP/1.0 knows no chunks: the body ends with the connection.
        case untilClose
    }

    var framing: Framing
    /// False for HEAD: the head describes a body that is not sent.
    var sendsBody: Bool
    var keepAlive: Bool

    /// - Parameter keepAlive: Whether client and server both want to go on.
    init(_ response: Response, method: Method, minorVersion: Int, keepAlive: Bool) {
        let allowsBody = response.status.allowsBody
        sendsBody = allowsBody && method != .head
        self.keepAlive = keepAlive && !response.fields.list("connection").contains { equalsIgnoringCase($0, "close") }
        guard allowsBody else {
            framing = .none
            return
        }
        switch response.body {
        case .empty: framing = .length(0)
        case .bytes(let bytes): framing = .length(Int64(bytes.count))
        case .stream:
            if let length = response.fields["Content-Length"].flatMap(Int64.init), length >= 0 {
                framing = .length(length)
            } else if method == .head {
                framing = .none
            } else if minorVersion > 0 {
                framing = .chunked
            } else {
                framing = .untilClose
                self.keepAlive = false
            }
        }
    }
}
