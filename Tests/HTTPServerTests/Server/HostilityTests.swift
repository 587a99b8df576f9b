import TestSupport
import Testing

@testable import HTTPServer

/// What clients that are slow, broken or malicious see.
@Suite(.timeLimit(.minutes(1))) struct HostilityTests {
    private static let hello: Application.Handler = { _ in .text("hello") }

    @Test(arguments: BadRequest.table)
    func `a malformed request is answered and ends the connection`(_ row: BadRequest) throws {
        let server = try TestServer(Self.hello)
        let client = try server.client()
        try client.send(row.bytes)
        client.finishSending()
        let answer = try client.answer()
        #expect(answer.status == row.status.code)
        #expect(answer.field("connection") == "close")
        #expect(answer.field("content-type") == "application/problem+json")
        #expect(RequestID.isValid(answer.field("x-request-id") ?? ""))
        #expect(try client.readToEnd().isEmpty)
    }

    @Test func `requests before a malformed one are answered`() throws {
        let server = try TestServer(Self.hello)
        let client = try server.client()
        try client.send("GET /a HTTP/1.1\r\nHost: h\r\n\r\nGET /b HTTP/1.1\r\nHost: h\r\n\r\nNONSENSE\r\n\r\n")
        #expect(try client.answer().status == 200)
        #expect(try client.answer().status == 200)
        #expect(try client.answer().status == 400)
        #expect(try client.readToEnd().isEmpty)
    }

    @Test func `endless header lines are cut off`() throws {
        let server = try TestServer(Self.hello)
        let client = try server.client()
        try client.send("GET / HTTP/1.1\r\nHost: h\r\n")
        // The server may close while lines are still being sent; what counts is its answer.
        for _ in 0..<2000 { try? client.send("A: \(String(repeating: "a", count: 100))\r\n") }
        #expect(try client.answer().status == 431)
    }

    @Test func `a slow head is 408, however it trickles`() throws {
        let server = try TestServer(.with { $0.headTimeout = .milliseconds(150) }, Self.hello)
        let client = try server.client()
        try client.send("GET / HTTP/1.1\r\nHost: h\r\nX: ")
        // A byte every 20 ms would go on for ever if each renewed the deadline.
        var trickled = 0
        while try client.isSilent(for: 20), trickled < 400 {
            try? client.send("a")
            trickled += 1
        }
        #expect(trickled < 100)
        #expect(try client.answer().status == 408)
        #expect(try client.readToEnd().isEmpty)
    }

    @Test func `a connection that never says anything is closed without a word`() throws {
        let server = try TestServer(.with { $0.headTimeout = .milliseconds(50) }, Self.hello)
        #expect(try server.client().readToEnd().isEmpty)
    }

    @Test func `an idle kept connection is closed without a word`() throws {
        let server = try TestServer(.with { $0.idleTimeout = .milliseconds(50) }, Self.hello)
        let client = try server.client()
        #expect(try client.get("/").text == "hello")
        #expect(try client.readToEnd().isEmpty)
    }

    @Test(arguments: ["Content-Length: 5", "Transfer-Encoding: chunked"])
    func `a slow body is 408`(framing: String) throws {
        let configuration = ServerConfiguration.with {
            $0.bodyTimeout = .milliseconds(100)
            $0.lingerTimeout = .milliseconds(100)
        }
        let server = try TestServer(configuration) { request in
            .text("\(try await request.body.collect(upTo: 100).count)")
        }
        let client = try server.client()
        try client.send("POST / HTTP/1.1\r\nHost: h\r\n\(framing)\r\n\r\n1")
        let answer = try client.answer()
        #expect(answer.status == 408)
        #expect(answer.field("connection") == "close")
    }

    @Test func `the time a handler takes is not held against the body`() throws {
        let server = try TestServer(.with { $0.bodyTimeout = .milliseconds(300) }) { request in
            var body = request.body
            var total = 0
            for _ in 0..<8 {
                total += try await body.next()?.count ?? 0
                // Work of the handler's own between two reads: 400 ms altogether.
                try await ContinuousClock().sleep(for: .milliseconds(50))
            }
            return .text("\(total)")
        }
        let client = try server.client()
        let body = [UInt8](repeating: 1, count: 8 * 65_536)
        try client.send("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: \(body.count)\r\n\r\n")
        try client.send(body)
        #expect(try client.answer().status == 200)
    }

    @Test func `a body that ends early fails its reader`() async throws {
        let failures = Mailbox<any Error>()
        let server = try TestServer { request in
            do {
                return .text("\(try await request.body.collect(upTo: 100).count)")
            } catch {
                failures.send(error)
                throw error
            }
        }
        let client = try server.client()
        try client.send("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\n123")
        client.finishSending()
        #expect(try await (failures.next() as? Problem)?.status == 400)
        #expect(try client.answer().status == 400)
    }

    @Test func `one connection too many is 503`() throws {
        let server = try TestServer(.with { $0.maxConnections = 3 }, Self.hello)
        let clients = try (0..<3).map { _ in try server.client() }
        for client in clients { #expect(try client.get("/").status == 200) }
        let refused = try server.client()
        let answer = try refused.answer()
        #expect(answer.status == 503)
        #expect(answer.field("retry-after") == "1")
        #expect(answer.text.contains("too_many_connections"))
        #expect(try refused.readToEnd().isEmpty)
        #expect(server.server.refusedConnections == 1)
        #expect(try clients[0].get("/").status == 200)
    }

    @Test func `a client that sends requests and reads no answers is cut off`() throws {
        let answered = Counter()
        let body = [UInt8](repeating: 0, count: 1000)
        let server = try TestServer(.with { $0.writeTimeout = .milliseconds(200) }) { _ in
            answered.add()
            return Response(contentType: "a/b", bytes: body)
        }
        let client = try server.client(receiveBuffer: 16_384)
        let requests = String(repeating: "GET / HTTP/1.1\r\nHost: h\r\n\r\n", count: 100)
        #expect(throws: RawClient.Failure.self) {
            // 30 MB of requests, more than the kernel keeps for both ends, and a gigabyte of answers.
            for _ in 0..<10_000 { try client.send(requests) }
        }
        #expect(answered.value < 20_000, "\(answered.value) answers of a kilobyte")
    }

    @Test func `2,000 idle connections cost little and starve nobody`() throws {
        try OpenFiles.allow(6000)
        let server = try TestServer(Self.hello)
        let before = OpenFiles.residentBytes()
        let idle = try (0..<2000).map { _ in try server.client() }
        for client in idle { #expect(try client.get("/").status == 200) }
        #expect(server.server.openConnections == 2000)
        let each = (OpenFiles.residentBytes() - before) / 2000
        // Both ends live in this process. A read buffer kept by each connection would add 64 KiB. The address sanitizer
        // keeps freed memory, so there the figure says nothing.
        #expect(OpenFiles.keepsFreedMemory || each < 40 * 1024, "\(each) bytes for each connection")
        #expect(try server.client().get("/").status == 200)
    }

    @Test(arguments: UInt64(0)..<40)
    func `mutated conversations end in an answer or a close, and the server lives`(seed: UInt64) throws {
        let server = try TestServer(
            .with {
                $0.headTimeout = .milliseconds(50)
                $0.bodyTimeout = .milliseconds(50)
                $0.idleTimeout = .milliseconds(50)
                $0.lingerTimeout = .milliseconds(50)
            }, ConversationTests.echo)
        var random = SeededGenerator(seed: seed)
        for _ in 0..<5 {
            var bytes = Array(
                "POST /a HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\nGET /b HTTP/1.1\r\nHost: h\r\n\r\n"
                    .utf8)
            for _ in 0..<Int.random(in: 0...4, using: &random) {
                let place = Int.random(in: bytes.indices, using: &random)
                if Bool.random(using: &random) {
                    bytes[place] = .random(in: .min ... .max, using: &random)
                } else {
                    bytes.remove(at: place)
                }
            }
            let client = try server.client()
            try client.send(bytes)
            let text = try client.readToEnd()
            #expect(text.isEmpty || text.hasPrefix("HTTP/1.1 "), "seed \(seed)")
        }
        #expect(try server.client().get("/x").status == 200, "seed \(seed)")
    }
}
