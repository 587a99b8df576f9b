import Glibc
import HTTPClient
import Testing

@Suite(.timeLimit(.minutes(1))) struct HTTPRouteTests {
    private static let ok = HTTPClientTests.ok

    private func client(to server: CannedServer, _ addresses: String...) throws -> HTTPClient {
        try HTTPClient(route: HTTPRoute(addresses: addresses, port: server.port))
    }

    @Test func theConnectionGoesToTheAddressAndTheServerIsToldTheName() throws {
        let server = try CannedServer([[Self.ok], [Self.ok]])
        defer { server.stop() }
        let client = try client(to: server, "127.0.0.1")
        // No resolver knows the name, and nothing listens on that port.
        #expect(try client.send(HTTPRequest("GET", "http://files.example:81/a.csv")).text == "ok")
        #expect(try client.send(HTTPRequest("GET", "http://files.example:81/b.csv")).text == "ok")
        #expect(server.requests.allSatisfy { $0.contains("\r\nHost: files.example:81\r\n") })
        #expect(server.requests.map { $0.prefix(10) } == ["GET /a.csv", "GET /b.csv"])
        #expect(server.connections == 1)
    }

    @Test func noURLLeadsElsewhere() throws {
        let other = try CannedServer([[Self.ok]])
        let server = try CannedServer(Array(repeating: [Self.ok], count: 3))
        defer { [server, other].forEach { $0.stop() } }
        for host in ["127.0.0.1", "localhost", "2130706433"] {
            // Each with a connection of its own, as the server takes one after the other.
            let client = try client(to: server, "127.0.0.1")
            #expect(try client.send(HTTPRequest("GET", "http://\(host):\(other.port)/")).status == 200)
        }
        #expect((server.requests.count, other.connections) == (3, 0))
    }

    @Test func noRedirectionLeadsElsewhere() throws {
        let other = try CannedServer([[Self.ok]])
        let head = "HTTP/1.1 307 Temporary Redirect\r\nLocation: \(other.url("/secret"))\r\nContent-Length: 0\r\n"
        let server = try CannedServer([
            [.send(head + "Alt-Svc: h2=\"127.0.0.1:\(other.port)\"\r\n\r\n"), .close], [Self.ok],
        ])
        defer { [server, other].forEach { $0.stop() } }
        let client = try client(to: server, "127.0.0.1")
        let answer = try client.send(HTTPRequest("GET", "http://files.example/"))
        #expect(answer.status == 307 && answer["Location"] == other.url("/secret"))
        // Nor does who follows it by hand get away from the route.
        #expect(try client.send(HTTPRequest("GET", other.url("/secret"))).text == "ok")
        #expect(other.connections == 0)
    }

    @Test func noProxyLeadsElsewhere() async {
        // In a process of its own: the environment is everybody's.
        await #expect(processExitsWith: .success) {
            let proxy = try CannedServer([[HTTPClientTests.ok]])
            let server = try CannedServer([[HTTPClientTests.ok]])
            for name in ["http_proxy", "ALL_PROXY"] { setenv(name, proxy.url(), 1) }
            for name in ["no_proxy", "NO_PROXY"] { unsetenv(name) }
            let route = HTTPRoute(addresses: ["127.0.0.1"], port: server.port)
            guard try HTTPClient(route: route).send(HTTPRequest("GET", "http://files.example/")).text == "ok",
                server.connections == 1, proxy.connections == 0,
                try HTTPClient().send(HTTPRequest("GET", "http://files.example/")).text == "ok", proxy.connections == 1
            else { exit(1) }
        }
    }

    @Test func addressesAreTriedUntilOneAnswers() throws {
        let server = try CannedServer([[Self.ok]])
        defer { server.stop() }
        // The server listens on the last one only.
        let client = try client(to: server, "::1", "127.0.0.9", "127.0.0.1")
        #expect(try client.send(HTTPRequest("GET", "http://files.example/")).text == "ok")
    }

    @Test func tlsIsSpokenWithTheNameThatTheURLHas() throws {
        let server = try CannedServer([[.close]])
        defer { server.stop() }
        let client = try client(to: server, "127.0.0.1")
        #expect(throws: HTTPClientError.self) { try client.send(HTTPRequest("GET", "https://files.example/")) }
        // The server_name of the ClientHello (RFC 6066 §3).
        #expect(server.requests.first?.contains("files.example") == true)
        #expect(server.requests.first?.contains("route.invalid") == false)
    }

    @Test(arguments: [[], [""], ["files.example"], ["127.0.0.1,10.0.0.1"], ["127.0.0.1:80:[::1]"], ["+127.0.0.1"]])
    func onlyAddressesAreTaken(_ addresses: [String]) throws {
        let client = try HTTPClient(route: HTTPRoute(addresses: addresses, port: 80))
        do {
            _ = try client.send(HTTPRequest("GET", "http://files.example/"))
            Issue.record("sent")
        } catch { #expect(error.code == .invalidRequest) }
    }

    @Test func whereNobodyListensIsSaidWithTheURL() throws {
        let server = try CannedServer([])
        server.stop()
        let client = try client(to: server, "127.0.0.1")
        #expect(
            throws: HTTPClientError(.cannotConnect, "cannot connect to http://files.example/: Connection refused")
        ) { try client.send(HTTPRequest("GET", "http://files.example/")) }
    }
}
