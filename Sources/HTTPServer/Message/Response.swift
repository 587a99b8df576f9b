/// An answer: complete in memory, or produced while it is sent.
///
/// The server adds `Date`, `Content-Length` or the transfer coding, `X-Request-Id`, `Server-Timing` and `Connection`.
public struct Response: Sendable {
    /// What follows the head.
    public enum Body: Sendable {
        case empty
        case bytes([UInt8])
        /// Bytes written as they come. The head goes out with the first of them, so an error thrown before is still
        /// answered with its own status; one thrown later ends the connection without the final chunk.
        case stream(@Sendable (ResponseWriter) async throws -> Void)
    }

    public var status: Status
    public var fields: Fields
    /// More fields, which many answers share.
    public var prepared: PreparedFields?
    public var body: Body

    public init(_ status: Status, fields: Fields = [:], body: Body = .empty) {
        self.status = status
        self.fields = fields
        self.body = body
    }

    /// An answer with fields that many share.
    public init(_ status: Status, prepared: PreparedFields, bytes: [UInt8]) {
        self.init(status, body: .bytes(bytes))
        self.prepared = prepared
    }

    /// An answer with a body of a media type.
    public init(_ status: Status = 200, contentType: String, fields: Fields = [:], bytes: [UInt8]) {
        self.init(status, fields: fields, body: .bytes(bytes))
        self.fields["Content-Type"] = contentType
    }

    /// Bytes of the body as far as it is there already: 0 of a stream.
    public var byteCount: Int {
        switch body {
        case .empty, .stream: 0
        case .bytes(let bytes): bytes.count
        }
    }

    /// Plain text in UTF-8.
    public static func text(_ text: String, status: Status = 200) -> Response {
        Response(status, contentType: "text/plain; charset=utf-8", bytes: Array(text.utf8))
    }

    /// An answer whose body is written as it is made. A `Content-Length` among the fields is kept to exactly.
    public static func stream(
        _ status: Status = 200, contentType: String, fields: Fields = [:],
        _ write: @escaping @Sendable (ResponseWriter) async throws -> Void
    ) -> Response {
        var response = Response(status, fields: fields, body: .stream(write))
        response.fields["Content-Type"] = contentType
        return response
    }
}
