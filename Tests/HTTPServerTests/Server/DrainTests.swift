import Testing

@testable import HTTPServer

@Suite(.timeLimit(.minutes(1))) struct DrainTests {
    /// `/slow` waits to be released; everything else answers at once.
    private func slowServer(_ began: Mailbox<Void>, _ release: Mailbox<Void>) throws -> TestServer {
        try TestServer { request in
            if request.path == "/slow" {
                began.send(())
                try await release.next()
            }
            return .text("done")
        }
    }

    @Test func `running requests finish, new ones get 503, then everything closes`() async throws {
        let (began, release) = (Mailbox<Void>(), Mailbox<Void>())
        let server = try slowServer(began, release)
        let (running, kept) = (try server.client(), try server.client())
        #expect(try kept.get("/").status == 200)
        try running.send("GET /slow HTTP/1.1\r\nHost: h\r\n\r\n")
        try await began.next()
        async let clean = server.server.drain(within: .seconds(30))
        // Draining begins on each loop at its next tick: until then requests are still answered.
        var refused = try kept.get("/")
        while refused.status == 200 { refused = try kept.get("/") }
        #expect(refused.status == 503)
        #expect(refused.field("connection") == "close")
        #expect(refused.text.contains("\"code\":\"draining\""))
        #expect(try kept.readToEnd().isEmpty)
        var fresh = try server.client().get("/")
        while fresh.status == 200 { fresh = try server.client().get("/") }
        #expect(fresh.status == 503)
        release.send(())
        #expect(try running.answer().text == "done")
        #expect(await clean)
        #expect(try running.readToEnd().isEmpty)
        #expect(throws: (any Error).self) { try server.client().get("/") }
    }

    @Test func `an idle server drains at once`() async throws {
        let server = try TestServer { _ in .text("done") }
        let client = try server.client()
        #expect(try client.get("/").status == 200)
        #expect(await server.server.drain(within: .seconds(30)))
        #expect(try client.readToEnd().isEmpty)
    }

    @Test func `a request that does not end in time is cancelled`() async throws {
        let began = Mailbox<Void>()
        let server = try TestServer { _ in
            began.send(())
            try await ContinuousClock().sleep(for: .seconds(60))
            return .text("late")
        }
        let client = try server.client()
        try client.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n")
        try await began.next()
        #expect(await server.server.drain(within: .milliseconds(50)) == false)
        #expect(try client.readToEnd().isEmpty)
        #expect(try await server.completions.next().error is CancellationError)
    }

    @Test func `a large answer is sent whole before the connection closes`() async throws {
        let began = Mailbox<Void>()
        let server = try TestServer { _ in
            began.send(())
            return Response(contentType: "a/b", bytes: [UInt8](repeating: 1, count: 20_000_000))
        }
        let client = try server.client(receiveBuffer: 16_384)
        try client.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n")
        try await began.next()
        async let clean = server.server.drain(within: .seconds(30))
        #expect(try client.answer().body.count == 20_000_000)
        #expect(await clean)
    }
}
