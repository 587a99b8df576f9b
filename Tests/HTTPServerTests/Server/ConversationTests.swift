import Testing

@testable import HTTPServer

/// What well-behaved clients see.
@Suite(.timeLimit(.minutes(1))) struct ConversationTests {
    /// Answers the path; echoes bodies.
    static let echo: Application.Handler = { request in
        var body = request.body
        var bytes = Array("\(request.method.rawValue) \(request.path)".utf8)
        while let chunk = try await body.next() { bytes += chunk }
        return Response(contentType: "text/plain", bytes: bytes)
    }

    @Test func `keeps the connection from request to request`() throws {
        let server = try TestServer(handler)
        let client = try server.client()
        for index in 0..<5 {
            let answer = try client.get("/\(index)")
            #expect(answer.status == 200)
            #expect(answer.text == "GET /\(index)")
            #expect(answer.field("connection") == nil)
            #expect(answer.field("date")?.hasSuffix("GMT") == true)
        }
        #expect(server.server.openConnections == 1)
    }

    private var handler: Application.Handler { Self.echo }

    @Test func `answers 100 pipelined requests in order`() throws {
        let server = try TestServer(handler)
        let client = try server.client()
        let requests = (0..<100).map { "POST /\($0) HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\n\r\nabc" }
        try client.send(requests.joined())
        for index in 0..<100 { #expect(try client.answer().text == "POST /\(index)abc") }
    }

    @Test func `takes requests byte by byte`() throws {
        let server = try TestServer(handler)
        let client = try server.client()
        for byte in "PUT /a HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n".utf8 {
            try client.send([byte])
        }
        #expect(try client.answer().text == "PUT /aabc")
    }

    @Test func `HEAD tells the length and sends no body`() throws {
        let server = try TestServer { request in
            request.path == "/stream" ? .stream(contentType: "a/b") { try await $0.write("x") } : .text("hello")
        }
        let client = try server.client()
        for path in ["/", "/stream"] {
            try client.send("HEAD \(path) HTTP/1.1\r\nHost: h\r\n\r\n")
            let answer = try client.answer(toHead: true)
            #expect(answer.field("content-length") == (path == "/" ? "5" : nil))
        }
        #expect(try client.get("/").text == "hello")
    }

    @Test func `HTTP/1.0 ends with the connection unless it asks to be kept`() throws {
        let server = try TestServer { request in
            request.path == "/stream" ? .stream(contentType: "a/b") { try await $0.write("xyz") } : .text("hello")
        }
        let kept = try server.client()
        try kept.send("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n")
        #expect(try kept.answer().field("connection") == "keep-alive")
        try kept.send("GET /stream HTTP/1.0\r\n\r\n")
        let text = try kept.readToEnd()
        #expect(text.hasSuffix("\r\n\r\nxyz"))
        #expect(!text.contains("chunked"))
    }

    @Test func `Connection: close is honoured after the answers before it`() throws {
        let server = try TestServer(handler)
        let client = try server.client()
        try client.send("GET /a HTTP/1.1\r\nHost: h\r\n\r\nGET /b HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n")
        try client.send("GET /never HTTP/1.1\r\nHost: h\r\n\r\n")
        #expect(try client.answer().text == "GET /a")
        let last = try client.answer()
        #expect(last.text == "GET /b")
        #expect(last.field("connection") == "close")
        #expect(try client.readToEnd().isEmpty)
    }

    @Test func `a half-closed client gets its answer`() throws {
        let server = try TestServer(handler)
        let client = try server.client()
        try client.send("GET /a HTTP/1.1\r\nHost: h\r\n\r\n")
        client.finishSending()
        #expect(try client.answer().text == "GET /a")
        #expect(try client.readToEnd().isEmpty)
    }

    @Test func `request ids are echoed, or replaced when unfit`() throws {
        let server = try TestServer { .text($0.requestID) }
        let client = try server.client()
        #expect(try client.get("/", "X-Request-Id: a.B_c-9\r\n").field("x-request-id") == "a.B_c-9")
        for unfit in ["a b", "é", "", String(repeating: "a", count: 129), "a/b"] {
            let answer = try client.get("/", "X-Request-Id: \(unfit)\r\n")
            #expect(answer.field("x-request-id") == answer.text)
            #expect(answer.text != unfit)
            #expect(RequestID.isValid(answer.text))
        }
    }

    @Test func `timings noted by the handler are told`() throws {
        let server = try TestServer { request in
            request.exchange.addTiming("db", .microseconds(1250))
            request.exchange.addTiming("plan", .milliseconds(2))
            return Response(204)
        }
        #expect(try server.client().get("/").field("server-timing") == "db;dur=1.250, plan;dur=2.000")
    }

    @Test func `completions tell what was answered to whom`() async throws {
        var router = Router<Void>()
        router.on(.get, "/datasets/{address}") { request, _ in
            request.exchange.principal = "user:ann"
            return .text("hello")
        }
        let routes = router
        let server = try TestServer { try await routes.respond(to: $0, in: ()) }
        let client = try server.client()
        _ = try client.get("/datasets/a?secret=1", "X-Request-Id: r7\r\n")
        let completion = try await server.completions.next()
        #expect(completion.method == .get)
        #expect(completion.path == "/datasets/a")
        #expect(completion.route == "/datasets/{address}")
        #expect(completion.status == 200)
        #expect(completion.principal == "user:ann")
        #expect(completion.requestID == "r7")
        #expect(completion.remoteAddress == "127.0.0.1")
        #expect(completion.bytes > 5)
        #expect(completion.error == nil)
        #expect(try client.get("/nothing").status == 404)
        #expect(try await server.completions.next().route == nil)
    }

    @Test func `what a handler throws becomes a problem without secrets`() async throws {
        struct Secret: Error {}
        let server = try TestServer { request in
            if request.path == "/known" {
                throw Problem(409, "name_taken", "Name in use.", hint: "Choose another name.")
            }
            throw Secret()
        }
        let client = try server.client()
        let known = try client.get("/known", "X-Request-Id: r1\r\n")
        #expect(known.status == 409)
        #expect(known.field("content-type") == "application/problem+json")
        #expect(
            known.text
                == #"{"type":"urn:sluice:error:name_taken","title":"Name in use.","status":409,"code":"name_taken","#
                + #""hint":"Choose another name.","requestId":"r1"}"# + "\n")
        let unknown = try client.get("/unknown")
        #expect(unknown.status == 500)
        #expect(!unknown.text.contains("Secret"))
        _ = try await server.completions.next()
        #expect(try await server.completions.next().error is Secret)
    }
}
