import EventLoop
import Synchronization
import Testing

@testable import HTTPServer

/// Streamed answers: their framing, their pace, and how they end when something goes wrong.
@Suite(.timeLimit(.minutes(1))) struct StreamTests {
    struct Broken: Error {}

    @Test func `streams in chunks with trailers`() throws {
        let server = try TestServer { _ in
            .stream(contentType: "text/csv", fields: ["Trailer": "Sluice-Truncated"]) { writer in
                try await writer.write("a,b\n")
                try await writer.write([])
                try await writer.write("1,2\n")
                await writer.setTrailers(["Sluice-Truncated": "true"])
            }
        }
        let client = try server.client()
        for _ in 0..<2 {
            let answer = try client.get("/")
            #expect(answer.text == "a,b\n1,2\n")
            #expect(answer.trailers["sluice-truncated"] == "true")
        }
    }

    @Test func `an empty stream is an empty body`() throws {
        let server = try TestServer { _ in .stream(contentType: "a/b") { _ in } }
        let client = try server.client()
        for _ in 0..<2 { #expect(try client.get("/").body.isEmpty) }
    }

    @Test func `what is written arrives before the stream ends`() async throws {
        let go = Mailbox<Void>()
        let server = try TestServer { _ in
            .stream(contentType: "text/event-stream") { writer in
                try await writer.write("data: 1\n\n")
                try await go.next()
                try await writer.write("data: 2\n\n")
            }
        }
        let client = try server.client()
        try client.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n")
        try client.waitFor("data: 1")
        go.send(())
        #expect(try client.answer().text == "data: 1\n\ndata: 2\n\n")
    }

    @Test func `ten megabytes arrive whole, streamed or at once`() throws {
        let piece = [UInt8](repeating: 0x61, count: 100_000)
        let server = try TestServer { request in
            guard request.path == "/stream" else {
                return Response(contentType: "a/b", bytes: [UInt8](repeating: 0x61, count: 10_000_000))
            }
            return .stream(contentType: "a/b") { writer in
                for _ in 0..<100 { try await writer.write(piece) }
            }
        }
        let client = try server.client(receiveBuffer: 16_384)
        for path in ["/stream", "/whole", "/stream"] {
            let answer = try client.get(path)
            #expect(answer.body.count == 10_000_000)
            #expect(answer.body.allSatisfy { $0 == 0x61 })
        }
    }

    @Test func `a declared length is kept to`() async throws {
        let server = try TestServer { request in
            .stream(contentType: "a/b", fields: ["Content-Length": "6"]) { writer in
                try await writer.write("abc")
                if request.path != "/short" { try await writer.write("def") }
                if request.path == "/long" { try await writer.write("g") }
            }
        }
        // Each waits for the completion of the one before: connections on two loops have no order of their own.
        #expect(try server.client().get("/exact").text == "abcdef")
        #expect(try await !server.completions.next().isCutOff)
        let short = try server.client().get("/short")
        #expect(short.body.count == 3)
        #expect(!short.isComplete)
        #expect(try await server.completions.next().isCutOff)
        #expect(try server.client().get("/long").text == "abcdef")
        #expect(try await server.completions.next().isCutOff)
    }

    @Test func `an error before the first byte has its own status`() throws {
        let server = try TestServer { _ in
            .stream(contentType: "a/b") { _ in throw Problem(409, "conflict", "No.") }
        }
        let client = try server.client()
        #expect(try client.get("/").status == 409)
        #expect(try client.get("/").status == 409)
    }

    @Test func `an error after the first byte ends the connection without the final chunk`() async throws {
        let server = try TestServer { _ in
            .stream(contentType: "application/x-ndjson") { writer in
                try await writer.write("{\"a\":1}\n")
                try await writer.write("{\"error\":{}}\n")
                throw Broken()
            }
        }
        let answer = try server.client().get("/")
        #expect(answer.status == 200)
        #expect(answer.text == "{\"a\":1}\n{\"error\":{}}\n")
        #expect(!answer.isComplete)
        let completion = try await server.completions.next()
        #expect(completion.isCutOff)
        #expect(completion.error is Broken)
    }

    @Test func `on HTTP/1.0, where the end of the connection ends the body, an error is a reset`() throws {
        let server = try TestServer { _ in
            .stream(contentType: "a/b") { writer in
                try await writer.write("abc")
                try await writer.flush()
                throw Broken()
            }
        }
        let client = try server.client()
        try client.send("GET / HTTP/1.0\r\n\r\n")
        #expect(throws: RawClient.Failure.self) { try client.readToEnd() }
    }

    @Test func `an endless stream stops at the pace of its reader and ends when nobody reads`() async throws {
        let written = Counter()
        let failures = Mailbox<any Error>()
        let server = try TestServer(.with { $0.writeTimeout = .milliseconds(200) }) { _ in
            .stream(contentType: "a/b") { writer in
                let piece = [UInt8](repeating: 0, count: 32 * 1024)
                do {
                    while true {
                        try await writer.write(piece)
                        written.add(UInt64(piece.count))
                    }
                } catch {
                    failures.send(error)
                    throw error
                }
            }
        }
        let client = try server.client(receiveBuffer: 16_384)
        try client.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n")
        #expect(try await failures.next() is ConnectionClosed)
        // What the kernel buffers for a socket (4 MiB by default) and 256 KiB of ours.
        #expect(written.value < 8 << 20, "\(written.value) bytes")
        #expect(try await server.completions.next().isCutOff)
    }

    @Test(arguments: [false, true])
    func `a connection closed in mid-answer ends the writer`(reset: Bool) async throws {
        let failures = Mailbox<any Error>()
        let server = try TestServer { _ in
            .stream(contentType: "a/b") { writer in
                do {
                    while true { try await writer.write([UInt8](repeating: 0, count: 4096)) }
                } catch {
                    failures.send(error)
                    throw error
                }
            }
        }
        let client = try server.client()
        try client.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n")
        try client.receive()
        if reset { client.reset() } else { client.close() }
        #expect(try await failures.next() is ConnectionClosed)
        #expect(try await server.completions.next().isCutOff)
    }

    @Test(arguments: [false, true])
    func `a handler that is still thinking is cancelled when its client is gone`(reset: Bool) async throws {
        let began = Mailbox<Void>()
        let ended = Mailbox<Bool>()
        let server = try TestServer(.with { $0.halfCloseGrace = .milliseconds(50) }) { _ in
            began.send(())
            try? await ContinuousClock().sleep(for: .seconds(60))
            ended.send(Task.isCancelled)
            return .text("late")
        }
        let client = try server.client()
        try client.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n")
        try await began.next()
        if reset { client.reset() } else { client.close() }
        #expect(try await ended.next())
        let completion = try await server.completions.next()
        #expect(completion.status == 499)
        #expect(completion.isCutOff)
    }

    @Test func `a half-closed client that reads gets a long answer whole`() async throws {
        let go = Mailbox<Void>()
        let server = try TestServer(.with { $0.halfCloseGrace = .milliseconds(100) }) { _ in
            .stream(contentType: "a/b") { writer in
                try await writer.write("first")
                try await go.next()
                try await writer.write("second")
            }
        }
        let client = try server.client()
        try client.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n")
        client.finishSending()
        try client.waitFor("first")
        go.send(())
        #expect(try client.answer().text == "firstsecond")
    }

    @Test func `a writer that outlives its answer writes nowhere`() async throws {
        let kept = Mailbox<ResponseWriter>()
        let server = try TestServer { request in
            if request.path == "/next" { return .text("next") }
            return .stream(contentType: "a/b") { writer in
                try await writer.write("x")
                kept.send(writer)
            }
        }
        let client = try server.client()
        #expect(try client.get("/").text == "x")
        let writer = try await kept.next()
        await #expect(throws: ConnectionClosed.self) { try await writer.write("smuggled") }
        await #expect(throws: ConnectionClosed.self) { try await writer.flush() }
        #expect(try client.get("/next").text == "next")
    }

    @Test func `several tasks may write to one answer`() async throws {
        let server = try TestServer { _ in
            .stream(contentType: "a/b") { writer in
                try await withThrowingTaskGroup(of: Void.self) { group in
                    for _ in 0..<8 {
                        group.addTask {
                            for _ in 0..<20 { try await writer.write([UInt8](repeating: 1, count: 50_000)) }
                        }
                    }
                    try await group.waitForAll()
                }
            }
        }
        let answer = try server.client(receiveBuffer: 16_384).get("/")
        #expect(answer.isComplete)
        #expect(answer.body.count == 8_000_000)
    }

    @Test func `a cancelled writer stops waiting for its reader`() async throws {
        let failures = Mailbox<any Error>()
        let server = try TestServer { _ in
            .stream(contentType: "a/b") { writer in
                try await withThrowingTaskGroup(of: Void.self) { group in
                    group.addTask {
                        do {
                            while true { try await writer.write([UInt8](repeating: 0, count: 65_536)) }
                        } catch {
                            failures.send(error)
                        }
                    }
                    // The time budget of a request.
                    try await ContinuousClock().sleep(for: .milliseconds(50))
                    group.cancelAll()
                    try await group.waitForAll()
                }
                throw Broken()
            }
        }
        let client = try server.client(receiveBuffer: 16_384)
        try client.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n")
        #expect(try await failures.next() is CancellationError)
    }
}
