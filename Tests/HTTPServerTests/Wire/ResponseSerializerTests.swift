import Testing

@testable import HTTPServer

@Suite struct ResponseSerializerTests {
    private func serialize(
        _ response: Response, method: HTTPServer.Method = .get, minor: Int = 1, keepAlive: Bool = true
    ) -> String {
        let plan = ResponsePlan(response, method: method, minorVersion: minor, keepAlive: keepAlive)
        var output: [UInt8] = []
        ResponseSerializer.appendHead(
            response.status, response.fields, plan: plan, minorVersion: minor, requestID: "r1", serverTiming: nil,
            date: Array(HTTPDate.format(unixSeconds: 784_111_777).utf8), to: &output)
        return String(decoding: output, as: UTF8.self)
    }

    @Test func `writes status line, own fields and the handler's`() {
        let text = serialize(.text("hello"))
        #expect(
            text == """
                HTTP/1.1 200 OK\r
                X-Request-Id: r1\r
                Date: Sun, 06 Nov 1994 08:49:37 GMT\r
                Content-Length: 5\r
                Content-Type: text/plain; charset=utf-8\r
                \r\n
                """)
    }

    struct Case: Sendable, CustomTestStringConvertible {
        var testDescription: String
        var response: Response
        var method = HTTPServer.Method.get
        var minor = 1
        var contains: [String] = []
        var lacks: [String] = []
    }

    @Test(arguments: [
        Case(testDescription: "204 has no length", response: Response(204), lacks: ["Content-Length", "Transfer"]),
        Case(testDescription: "empty 200 has length 0", response: Response(200), contains: ["Content-Length: 0\r\n"]),
        Case(
            testDescription: "HEAD tells the length", response: .text("hello"), method: .head,
            contains: ["Content-Length: 5\r\n"]),
        Case(
            testDescription: "stream is chunked", response: .stream(contentType: "a/b") { _ in },
            contains: ["Transfer-Encoding: chunked\r\n"], lacks: ["Content-Length", "Connection"]),
        Case(
            testDescription: "stream of known length",
            response: .stream(contentType: "a/b", fields: ["Content-Length": "7"]) { _ in },
            contains: ["Content-Length: 7\r\n"], lacks: ["Transfer-Encoding"]),
        Case(
            testDescription: "stream on 1.0 ends with the connection", response: .stream(contentType: "a/b") { _ in },
            minor: 0, contains: ["Connection: close\r\n"], lacks: ["Transfer-Encoding", "Content-Length"]),
        Case(
            testDescription: "kept 1.0 says so", response: .text("x"), minor: 0,
            contains: ["Connection: keep-alive\r\n"]),
        Case(
            testDescription: "a handler may close", response: Response(200, fields: ["Connection": "close"]),
            contains: ["Connection: close\r\n"]),
        Case(
            testDescription: "framing is not the handler's",
            response: Response(
                200, fields: ["Transfer-Encoding": "gzip", "content-length": "12345"], body: .bytes([1])),
            contains: ["Content-Length: 1\r\n"], lacks: ["gzip", "12345"]),
        Case(
            testDescription: "no response splitting",
            response: Response(302, fields: ["Location": "/a\r\nSet-Cookie: b\0", "Bad\r\nName": "c"]),
            contains: ["Location: /a  Set-Cookie: b \r\n", "Bad__Name: c\r\n"], lacks: ["\nSet-Cookie", "\nName"]),
    ])
    func framing(_ row: Case) {
        let text = serialize(row.response, method: row.method, minor: row.minor)
        for part in row.contains { #expect(text.contains(part), "\(text)") }
        for part in row.lacks { #expect(!text.contains(part), "\(text)") }
        #expect(text.hasSuffix("\r\n\r\n"))
    }

    @Test(arguments: [
        (Int64(0), "Thu, 01 Jan 1970 00:00:00 GMT"), (951_782_400, "Tue, 29 Feb 2000 00:00:00 GMT"),
        (1_709_251_199, "Thu, 29 Feb 2024 23:59:59 GMT"), (4_107_542_400, "Mon, 01 Mar 2100 00:00:00 GMT"),
        (1_767_225_599, "Wed, 31 Dec 2025 23:59:59 GMT"),
    ])
    func `dates are those of RFC 9110`(seconds: Int64, text: String) {
        #expect(HTTPDate.format(unixSeconds: seconds) == text)
    }
}
