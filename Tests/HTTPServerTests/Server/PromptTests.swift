import EventLoop
import Testing

@testable import HTTPServer

/// Requests that an application answers without suspending, among others.
@Suite(.timeLimit(.minutes(1))) struct PromptTests {
    /// `/now` is answered at once, `/later` in a later tick; anything else is the handler's.
    private func server() throws -> TestServer {
        try TestServer(
            ServerConfiguration(),
            promptly: { request, answer in
                switch request.path {
                case "/now": answer(.text("prompt"))
                case "/later":
                    guard let loop = EventLoop.current else { return answer(nil) }
                    _ = loop.schedule(after: .milliseconds(1)) { answer(.text("prompt")) }
                default: answer(nil)
                }
            },
            { _ in .text("handler") })
    }

    private static let paths = (0..<90).map { ["/now", "/later", "/other"][$0 * 7 % 11 % 3] }

    private func expected(_ path: String) -> String { path == "/other" ? "handler" : "prompt" }

    @Test func `are answered in order with the others`() async throws {
        let server = try server()
        let client = try server.client()
        for path in Self.paths { #expect(try client.get(path).text == expected(path)) }
        for path in Self.paths { #expect(try await server.completions.next().path == path) }
    }

    @Test func `may be pipelined`() throws {
        let server = try server()
        let client = try server.client()
        try client.send(Self.paths.map { "GET \($0) HTTP/1.1\r\nHost: h\r\n\r\n" }.joined())
        for path in Self.paths { #expect(try client.answer().text == expected(path)) }
        client.finishSending()
        #expect(try client.readToEnd() == "")
        #expect(server.server.openConnections <= 1)
    }

    /// Whether the client is still there is then the handler's to find out.
    @Test func `are answered to a client that has finished sending`() throws {
        let server = try server()
        let client = try server.client()
        try client.send(Self.paths.map { "GET \($0) HTTP/1.1\r\nHost: h\r\n\r\n" }.joined())
        client.finishSending()
        for _ in Self.paths { #expect(try client.answer().status == 200) }
        #expect(try client.readToEnd() == "")
        #expect(server.server.openConnections <= 1)
    }

    @Test func `come in pieces`() throws {
        let server = try server()
        let client = try server.client()
        for path in ["/now", "/later", "/now", "/other", "/now"] {
            for byte in "GET \(path) HTTP/1.1\r\nHost: h\r\n\r\n".utf8 { try client.send([byte]) }
            #expect(try client.answer().text == expected(path))
        }
        #expect(server.server.openConnections == 1)
    }

    @Test(arguments: ["/now", "/later"]) func `end the connection when asked to`(_ path: String) throws {
        let server = try server()
        let client = try server.client()
        _ = try client.get(path)
        let answer = try client.get(path, "Connection: close\r\n")
        #expect(answer.text == "prompt")
        #expect(try client.readToEnd() == "")
        #expect(server.server.openConnections <= 1)
    }

    @Test func `a client that leaves is noticed between them`() async throws {
        let server = try server()
        let client = try server.client()
        for _ in 0..<3 { _ = try client.get("/later") }
        client.close()
        while server.server.openConnections > 0 { await Task.yield() }
    }
}
