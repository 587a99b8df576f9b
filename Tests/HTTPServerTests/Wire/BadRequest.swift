import Testing

@testable import HTTPServer

/// A request head that must be refused, by the parser and by a running server.
struct BadRequest: Sendable, CustomTestStringConvertible {
    var testDescription: String
    var bytes: [UInt8]
    var error: WireError
    var status: Status

    init(_ description: String, _ text: String, _ error: WireError, _ status: Status = 400) {
        self.init(description, bytes: Array(text.utf8), error, status)
    }

    init(_ description: String, bytes: [UInt8], _ error: WireError, _ status: Status = 400) {
        (testDescription, self.bytes, self.error, self.status) = (description, bytes, error, status)
    }

    /// A request for `/` with further lines.
    private static func get(_ lines: String) -> String { "GET / HTTP/1.1\r\nHost: h\r\n\(lines)\r\n\r\n" }

    static let table: [BadRequest] = requestLines + fields + framing + sizes

    private static let requestLines = [
        BadRequest("no spaces", "GET\r\n\r\n", .badRequestLine),
        BadRequest("HTTP/0.9", "GET /\r\n\r\n", .badRequestLine),
        BadRequest("two spaces", "GET  / HTTP/1.1\r\nHost: h\r\n\r\n", .badRequestLine),
        BadRequest("space at the end", "GET / HTTP/1.1 \r\nHost: h\r\n\r\n", .badRequestLine),
        BadRequest("space in the target", "GET /a b HTTP/1.1\r\nHost: h\r\n\r\n", .badRequestLine),
        BadRequest("tab for space", "GET\t/\tHTTP/1.1\r\nHost: h\r\n\r\n", .badRequestLine),
        BadRequest("lower-case version", "GET / http/1.1\r\nHost: h\r\n\r\n", .badRequestLine),
        BadRequest("version of three digits", "GET / HTTP/1.10\r\nHost: h\r\n\r\n", .badRequestLine),
        BadRequest("bare LF", "GET / HTTP/1.1\nHost: h\n\n", .badRequestLine),
        BadRequest("two empty lines first", "\r\n\r\nGET / HTTP/1.1\r\nHost: h\r\n\r\n", .badRequestLine),
        BadRequest("HTTP/2 preface", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", .unsupportedVersion, 505),
        BadRequest("HTTP/3.0", "GET / HTTP/3.0\r\nHost: h\r\n\r\n", .unsupportedVersion, 505),
        BadRequest("bad method", "G@T / HTTP/1.1\r\nHost: h\r\n\r\n", .badRequestLine),
        BadRequest("unknown method", "BREW / HTTP/1.1\r\nHost: h\r\n\r\n", .unknownMethod, 501),
        BadRequest("lower-case method", "get / HTTP/1.1\r\nHost: h\r\n\r\n", .unknownMethod, 501),
        BadRequest("CONNECT", "CONNECT h:80 HTTP/1.1\r\nHost: h\r\n\r\n", .unknownMethod, 501),
        BadRequest("TLS hello", bytes: [0x16, 3, 1, 2, 0, 1, 0, 1, 0xFC, 3, 3, 0x0A], .badRequestLine),
        BadRequest("relative target", "GET a HTTP/1.1\r\nHost: h\r\n\r\n", .badTarget),
        BadRequest("asterisk for GET", "GET * HTTP/1.1\r\nHost: h\r\n\r\n", .badTarget),
        BadRequest("fragment", "GET /a#b HTTP/1.1\r\nHost: h\r\n\r\n", .badTarget),
        BadRequest("other scheme", "GET file:///etc HTTP/1.1\r\nHost: h\r\n\r\n", .badTarget),
        BadRequest("user information", "GET http://a@b/ HTTP/1.1\r\nHost: h\r\n\r\n", .badHost),
        BadRequest("raw UTF-8 target", "GET /é HTTP/1.1\r\nHost: h\r\n\r\n", .badTarget),
        BadRequest("NUL in target", "GET /a\0 HTTP/1.1\r\nHost: h\r\n\r\n", .badTarget),
        BadRequest("CR in target", "GET /a\rb HTTP/1.1\r\nHost: h\r\n\r\n", .badTarget),
        BadRequest("open escape", "GET /%4 HTTP/1.1\r\nHost: h\r\n\r\n", .badTarget),
        BadRequest("bad escape", "GET /%zz HTTP/1.1\r\nHost: h\r\n\r\n", .badTarget),
        BadRequest("truncated UTF-8", "GET /%C3 HTTP/1.1\r\nHost: h\r\n\r\n", .badTarget),
        BadRequest("overlong UTF-8", "GET /%C0%AF HTTP/1.1\r\nHost: h\r\n\r\n", .badTarget),
        BadRequest("surrogate", "GET /%ED%A0%80 HTTP/1.1\r\nHost: h\r\n\r\n", .badTarget),
        BadRequest("escaped NUL", "GET /%00 HTTP/1.1\r\nHost: h\r\n\r\n", .badTarget),
        BadRequest("bad escape in the query", "GET /?a=%G1 HTTP/1.1\r\nHost: h\r\n\r\n", .badTarget),
        BadRequest("bad UTF-8 in the query", "GET /?%FF=1 HTTP/1.1\r\nHost: h\r\n\r\n", .badTarget),
        BadRequest("parent segment", "GET /a/../b HTTP/1.1\r\nHost: h\r\n\r\n", .badTarget),
        BadRequest("escaped parent segment", "GET /a/%2e%2E/b HTTP/1.1\r\nHost: h\r\n\r\n", .badTarget),
    ]

    private static let fields = [
        BadRequest("no host", "GET / HTTP/1.1\r\n\r\n", .badHost),
        BadRequest("two hosts", get("Host: h"), .badHost),
        BadRequest("empty host", "GET / HTTP/1.1\r\nHost:\r\n\r\n", .badHost),
        BadRequest("list of hosts", "GET / HTTP/1.1\r\nHost: a, b\r\n\r\n", .badHost),
        BadRequest("host with a path", "GET / HTTP/1.1\r\nHost: a/b\r\n\r\n", .badHost),
        BadRequest("folded field", get("A: b\r\n c"), .foldedField),
        BadRequest("folded by tab", get("A: b\r\n\tc"), .foldedField),
        BadRequest("space first of all", "GET / HTTP/1.1\r\n Host: h\r\n\r\n", .foldedField),
        BadRequest("space before the colon", get("A : b"), .badField),
        BadRequest("no colon", get("A"), .badField),
        BadRequest("no name", get(": b"), .badField),
        BadRequest("space in a name", get("A b: c"), .badField),
        BadRequest("UTF-8 in a name", get("Ä: c"), .badField),
        BadRequest("NUL in a name", get("A\0: c"), .badField),
        BadRequest("NUL in a value", get("A: b\0c"), .badField),
        BadRequest("DEL in a value", get("A: b\u{7F}"), .badField),
        BadRequest("bare CR in a value", get("A: b\rc"), .badField),
        BadRequest("two CRs", get("A: b\r"), .badField),
        BadRequest("bare LF after a field", "GET / HTTP/1.1\r\nHost: h\nA: b\r\n\r\n", .badField),
        BadRequest("bare LF for the empty line", "GET / HTTP/1.1\r\nHost: h\r\n\n", .badField),
        BadRequest("other expectation", get("Expect: tea"), .unknownExpectation, 417),
    ]

    private static let framing = [
        BadRequest("length and coding", get("Content-Length: 1\r\nTransfer-Encoding: chunked"), .ambiguousFraming),
        BadRequest("coding and length", get("Transfer-Encoding: chunked\r\nContent-Length: 1"), .ambiguousFraming),
        BadRequest("length twice", get("Content-Length: 1\r\nContent-Length: 1"), .badContentLength),
        BadRequest("two lengths", get("Content-Length: 1\r\nContent-Length: 2"), .badContentLength),
        BadRequest("list of lengths", get("Content-Length: 1, 1"), .badContentLength),
        BadRequest("signed length", get("Content-Length: +1"), .badContentLength),
        BadRequest("negative length", get("Content-Length: -1"), .badContentLength),
        BadRequest("hexadecimal length", get("Content-Length: 0x1"), .badContentLength),
        BadRequest("length with a space", get("Content-Length: 1 1"), .badContentLength),
        BadRequest("empty length", get("Content-Length:"), .badContentLength),
        BadRequest("length of 20 digits", get("Content-Length: 18446744073709551616"), .badContentLength),
        BadRequest("length over 2^63", get("Content-Length: 9223372036854775808"), .bodyTooLarge, 413),
        BadRequest("coding identity", get("Transfer-Encoding: identity"), .badTransferEncoding),
        BadRequest("empty coding", get("Transfer-Encoding:"), .badTransferEncoding),
        BadRequest("chunked twice", get("Transfer-Encoding: chunked, chunked"), .badTransferEncoding),
        BadRequest(
            "chunked in two fields", get("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked"),
            .badTransferEncoding),
        BadRequest("chunked not last", get("Transfer-Encoding: chunked, gzip"), .badTransferEncoding),
        BadRequest("chunked with a byte before", get("Transfer-Encoding: xchunked"), .badTransferEncoding),
        BadRequest("chunked with a vertical tab", get("Transfer-Encoding: \u{B}chunked"), .badField),
        BadRequest("chunked with a parameter", get("Transfer-Encoding: chunked;a=b"), .badTransferEncoding),
        BadRequest("gzip, chunked", get("Transfer-Encoding: gzip, chunked"), .unsupportedTransferEncoding, 501),
        BadRequest("coding on HTTP/1.0", "GET / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n", .badTransferEncoding),
    ]

    private static let sizes = [
        BadRequest("long target", "GET /\(String(repeating: "a", count: 8192)) HTTP/1.1\r\n", .targetTooLong, 414),
        BadRequest("endless request line", String(repeating: "a", count: 9000), .targetTooLong, 414),
        BadRequest("100,000-byte field", get("A: \(String(repeating: "a", count: 100_000))"), .fieldsTooLarge, 431),
        BadRequest(
            "101 fields", get(Array(repeating: "A: b", count: 100).joined(separator: "\r\n")), .fieldsTooLarge, 431),
    ]
}
