import Testing

@testable import HTTPServer

/// Request bodies over sockets.
@Suite(.timeLimit(.minutes(1))) struct BodyTests {
    private static func collecting(_ limit: Int) -> Application.Handler {
        { request in .text("\(try await request.body.collect(upTo: limit).count)") }
    }

    private func post(_ client: RawClient, _ lines: String, _ body: String = "") throws -> RawClient.Answer {
        try client.send("POST / HTTP/1.1\r\nHost: h\r\n\(lines)\r\n\r\n\(body)")
        return try client.answer()
    }

    @Test func `a client that expects 100 Continue gets it once the body is asked for`() throws {
        let server = try TestServer(Self.collecting(10))
        let client = try server.client()
        let go = try post(client, "Content-Length: 5\r\nExpect: 100-continue")
        #expect(go.status == 100)
        try client.send("hello")
        #expect(try client.answer().text == "5")
        #expect(try client.get("/").text == "0")
    }

    @Test func `a refused body is never asked for`() throws {
        let server = try TestServer(Self.collecting(10))
        let client = try server.client()
        let answer = try post(client, "Content-Length: 500\r\nExpect: 100-continue")
        #expect(answer.status == 413)
        #expect(answer.field("connection") == "close")
        #expect(try client.readToEnd().isEmpty)
    }

    @Test func `a body over the handler's limit is 413, declared or not`() throws {
        let server = try TestServer(Self.collecting(10))
        let declared = try server.client()
        let answer = try post(declared, "Content-Length: 11", "12345678901")
        #expect(answer.status == 413)
        #expect(answer.text.contains("\"code\":\"body_too_large\""))
        #expect(try declared.get("/").text == "0")
        let chunked = try server.client()
        #expect(
            try post(chunked, "Transfer-Encoding: chunked", "6\r\n123456\r\n6\r\n123456\r\n0\r\n\r\n").status == 413)
    }

    @Test func `a body over the server's limit is 413, declared or not`() throws {
        let server = try TestServer(.with { $0.maxBodyBytes = 10 }, Self.collecting(1000))
        let declared = try server.client()
        let answer = try post(declared, "Content-Length: 11", "12345678901")
        #expect(answer.status == 413)
        #expect(answer.field("connection") == "close")
        #expect(try declared.readToEnd().isEmpty)
        let chunked = try server.client()
        #expect(
            try post(chunked, "Transfer-Encoding: chunked", "6\r\n123456\r\n6\r\n123456\r\n0\r\n\r\n").status == 413)
        #expect(try chunked.readToEnd().isEmpty)
    }

    @Test(arguments: ChunkedDecoderTests.bad.map(\.0))
    func `a malformed chunked body is 400 and ends the connection`(body: String) throws {
        let server = try TestServer(Self.collecting(1000))
        let client = try server.client()
        let answer = try post(client, "Transfer-Encoding: chunked", body)
        #expect(answer.status == 400)
        #expect(answer.field("connection") == "close")
        #expect(try client.readToEnd().isEmpty)
    }

    @Test func `what a handler leaves of a small body is passed over`() throws {
        let server = try TestServer { _ in .text("ignored") }
        let client = try server.client()
        #expect(try post(client, "Content-Length: 5", "GET /").text == "ignored")
        #expect(try post(client, "Transfer-Encoding: chunked", "5\r\nGET /\r\n0\r\n\r\n").text == "ignored")
        let large = try post(client, "Content-Length: 100000")
        #expect(large.field("connection") == "close")
    }

    @Test func `a large upload passes through in pieces`() throws {
        let server = try TestServer { request in
            var (sum, chunks, largest) = (0, 0, 0)
            var body = request.body
            while let chunk = try await body.next() {
                sum += chunk.reduce(0) { $0 + Int($1) }
                chunks += 1
                largest = max(largest, chunk.count)
            }
            return .text("\(sum) \(largest <= 65_536) \(chunks >= 80)")
        }
        let client = try server.client()
        try client.send("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 5242880\r\n\r\n")
        for _ in 0..<80 { try client.send([UInt8](repeating: 1, count: 65_536)) }
        #expect(try client.answer().text == "5242880 true true")
    }

    @Test func `a body nobody reads fills the sockets and not the memory`() async throws {
        let go = Mailbox<Void>()
        let began = Mailbox<Void>()
        let server = try TestServer { request in
            began.send(())
            try await go.next()
            var total = 0
            var body = request.body
            while let chunk = try await body.next() { total += chunk.count }
            return .text("\(total)")
        }
        let client = try server.client()
        try client.send("POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n")
        try await began.next()
        var chunk: [UInt8] = []
        ResponseSerializer.appendChunk([UInt8](repeating: 7, count: 65_536), to: &chunk)
        // Until the sockets are full; without back-pressure this would go on for ever.
        let sent = try client.sendUntilFull(chunk, limit: 1000)
        #expect(sent < 1000 * chunk.count)
        go.send(())
        try client.send(Array(chunk[(sent % chunk.count)...]) + ResponseSerializer.lastChunk)
        let whole = (sent / chunk.count + 1) * 65_536
        #expect(try client.answer().text == "\(whole)")
    }

    @Test func `an answer can be streamed while its request is read`() throws {
        let server = try TestServer { request in
            .stream(contentType: "text/plain") { writer in
                var body = request.body
                while let chunk = try await body.next() {
                    try await writer.write(chunk)
                    try await writer.flush()
                }
            }
        }
        let client = try server.client()
        try client.send("POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n")
        try client.waitFor("3\r\nabc\r\n")
        try client.send("2\r\nde\r\n0\r\n\r\n")
        #expect(try client.answer().text == "abcde")
        #expect(try client.get("/").text == "")
    }

    @Test func `a body is of no use once its request is answered`() async throws {
        let kept = Mailbox<RequestBody>()
        let server = try TestServer { request in
            kept.send(request.body)
            return .text("x")
        }
        let client = try server.client()
        _ = try post(client, "Content-Length: 5", "hello")
        var body = try await kept.next()
        await #expect(throws: ConnectionClosed.self) { _ = try await body.next() }
    }
}
