import HTTPClient
import Testing

@Suite(.timeLimit(.minutes(1))) struct HTTPClientTests {
    static let ok = CannedServer.Step.send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")

    @Test func anAnswerComesWithStatusHeadersAndBody() throws {
        let server = try CannedServer([
            [.send("HTTP/1.1 404 Not Found\r\nX-A:  one \r\nx-a: two\r\nX-Empty:\r\nContent-Length: 4\r\n\r\nné!")]
        ])
        defer { server.stop() }
        let response = try HTTPClient().send(
            HTTPRequest("GET", server.url("/a?b=c%20d"), headers: [("Accept", "x/y"), ("X-Empty", "")]))
        #expect(response.status == 404)
        #expect(response["x-A"] == "one" && response["X-EMPTY"] == "" && response["none"] == nil)
        #expect(response.headers.map(\.name) == ["X-A", "x-a", "X-Empty", "Content-Length"])
        #expect(response.text == "né!")
        let lines = server.requests[0].split(separator: "\r\n")
        #expect(lines[0] == "GET /a?b=c%20d HTTP/1.1")
        #expect(lines.contains("Accept: x/y") && lines.contains("X-Empty:"))
    }

    @Test(arguments: ["POST", "PUT", "PATCH", "DELETE"])
    func bodiesAreSentAsTheyAre(method: String) throws {
        let server = try CannedServer([[Self.ok], [Self.ok], [Self.ok]])
        defer { server.stop() }
        let client = try HTTPClient()
        _ = try client.send(HTTPRequest(method, server.url(), body: Array("{\"a\": 1}".utf8)))
        _ = try client.send(HTTPRequest(method, server.url(), body: []))
        _ = try client.send(HTTPRequest(method, server.url()))
        #expect(server.requests.allSatisfy { $0.hasPrefix("\(method) / HTTP/1.1\r\n") })
        #expect(
            server.requests[0].hasSuffix("\r\n\r\n{\"a\": 1}") && server.requests[0].contains("Content-Length: 8\r\n"))
        #expect(server.requests[1].hasSuffix("\r\n\r\n") && server.requests[1].contains("Content-Length: 0\r\n"))
        #expect(!server.requests[2].contains("Content-Length"))
        for request in server.requests { #expect(!request.contains("Content-Type") && !request.contains("Expect")) }
    }

    @Test func largeBodiesGoOutAtOnce() throws {
        let server = try CannedServer([[Self.ok]])
        defer { server.stop() }
        let body = [UInt8](repeating: UInt8(ascii: "x"), count: 3 << 20)
        #expect(try HTTPClient().send(HTTPRequest("POST", server.url(), body: body)).status == 200)
        #expect(server.requests[0].utf8.count > body.count)
    }

    @Test func theConnectionIsKeptBetweenRequests() throws {
        let server = try CannedServer([[Self.ok], [.send("HTTP/1.1 204 No Content\r\n\r\n")], [Self.ok]])
        defer { server.stop() }
        let client = try HTTPClient()
        #expect(try client.send(HTTPRequest("GET", server.url())).status == 200)
        #expect(try client.send(HTTPRequest("DELETE", server.url())).status == 204)
        // Nothing of an earlier request is left in a later one.
        #expect(try client.send(HTTPRequest("HEAD", server.url())).body.isEmpty)
        #expect(server.connections == 1)
        #expect(server.requests.map { $0.prefix(4) } == ["GET ", "DELE", "HEAD"])
    }

    @Test func interimAnswersAndTrailersAreToldApart() throws {
        let server = try CannedServer([
            [
                .send(
                    "HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\nHTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: Sluice-Truncated\r\n\r\n"
                ),
                .send("3\r\nabc\r\n0\r\nSluice-Truncated: true\r\n\r\n"),
            ]
        ])
        defer { server.stop() }
        let response = try HTTPClient().send(HTTPRequest("GET", server.url()))
        #expect(response.status == 200 && response["Link"] == nil && response.text == "abc")
        #expect(response.trailers.map { "\($0.name)=\($0.value)" } == ["Sluice-Truncated=true"])
    }

    @Test func redirectsAreAnswersLikeOthers() throws {
        let server = try CannedServer([
            [.send("HTTP/1.1 302 Found\r\nLocation: file:///etc/passwd\r\nContent-Length: 0\r\n\r\n")]
        ])
        defer { server.stop() }
        #expect(try HTTPClient().send(HTTPRequest("GET", server.url())).status == 302)
    }

    @Test func aStreamComesPieceByPieceAndStopsWhenItsReaderThrows() throws {
        struct Enough: Error {}
        let head = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
        let server = try CannedServer([
            [.send(head + "3\r\nabc\r\n"), .send("2\r\nde\r\n0\r\n\r\n")], [.send(head + "3\r\nabc\r\n"), .hang],
        ])
        defer { server.stop() }
        let client = try HTTPClient()
        nonisolated(unsafe) var text = ""
        let response = try client.stream(HTTPRequest("GET", server.url())) { head, piece in
            #expect(head.status == 200)
            text += String(decoding: piece, as: UTF8.self)
        }
        #expect(text == "abcde" && response.status == 200 && response.body.isEmpty)
        #expect(throws: Enough.self) {
            try client.stream(HTTPRequest("GET", server.url())) { _, _ in throw Enough() }
        }
    }

    @Test func anAnswerThatBreaksOffIsAnErrorAfterWhatCame() throws {
        let server = try CannedServer([
            [.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n"), .close],
            [.send("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc"), .close], [.close],
        ])
        defer { server.stop() }
        let client = try HTTPClient()
        nonisolated(unsafe) var text = ""
        for _ in 0..<3 {
            do {
                _ = try client.stream(HTTPRequest("POST", server.url(), body: [])) {
                    text += String(decoding: $1, as: UTF8.self)
                }
                Issue.record("no error")
            } catch {
                #expect((error as? HTTPClientError)?.code == .interrupted, "\(error)")
            }
        }
        #expect(text == "abcabc")
    }

    @Test func bodiesAreBounded() throws {
        let server = try CannedServer([[.send("HTTP/1.1 200 OK\r\nContent-Length: 11\r\n\r\n0123456789a")], [Self.ok]])
        defer { server.stop() }
        var limits = HTTPClient.Limits()
        limits.maxBodyBytes = 10
        let client = try HTTPClient(limits: limits)
        expect(.bodyTooLarge) { try client.send(HTTPRequest("GET", server.url())) }
        #expect(try client.send(HTTPRequest("GET", server.url())).text == "ok")
    }

    @Test func aSilentServerIsGivenUp() throws {
        let server = try CannedServer([[.hang]])
        defer { server.stop() }
        var limits = HTTPClient.Limits()
        limits.total = .milliseconds(100)
        let client = try HTTPClient(limits: limits)
        expect(.timedOut) { try client.send(HTTPRequest("GET", server.url())) }
    }

    @Test func noServerIsSaidInTheSystemsWords() throws {
        let server = try CannedServer([])
        server.stop()
        let url = server.url()
        // The listener of a stopped server refuses.
        #expect(throws: HTTPClientError(.cannotConnect, "cannot connect to \(url): Connection refused")) {
            try HTTPClient().send(HTTPRequest("GET", url))
        }
    }

    @Test func whatIsNoHTTPIsRefused() throws {
        let server = try CannedServer([[.send("220 mail.example ESMTP\r\n"), .close]])
        defer { server.stop() }
        expect(.malformedResponse) { try HTTPClient().send(HTTPRequest("GET", server.url())) }
    }

    @Test(arguments: [
        "file:///etc/passwd", "ftp://127.0.0.1/", "gopher://127.0.0.1/", "", "http://", "http://[::1/", "dict://x",
    ])
    func onlyHTTPIsSpoken(url: String) throws {
        expect(.invalidRequest) { try HTTPClient().send(HTTPRequest("GET", url)) }
    }

    @Test(arguments: [
        ("GET /x HTTP/1.1\r\nA: b\r\n\r\nGET", "A", "b"), ("", "A", "b"), ("GET", "A\r\nB", "c"), ("GET", "", "x"),
        ("GET", "A:", "b"),
        ("GET", "A", "b\r\nC: d"), ("GET", "A", "b\0"), ("GET", "A", "b\n"),
    ])
    func nothingBreaksOutOfItsLine(method: String, name: String, value: String) throws {
        expect(.invalidRequest) {
            try HTTPClient().send(HTTPRequest(method, "http://127.0.0.1:1/", headers: [(name, value)]))
        }
    }

    private func expect(_ code: HTTPClientError.Code, _ body: () throws -> HTTPResponse) {
        do {
            let response = try body()
            Issue.record("answered \(response.status)")
        } catch {
            #expect((error as? HTTPClientError)?.code == code, "\(error)")
        }
    }
}

@Suite(.timeLimit(.minutes(1))) struct HTTPUploadTests {
    private struct Refusal: Error {}

    /// Gives `count` bytes, `piece` at a time.
    private func upload(_ count: Int, piece: Int, known: Bool = true) -> HTTPUpload {
        var left = count
        return HTTPUpload(byteCount: known ? count : nil) { room in
            let next = min(left, piece, room.count)
            for index in 0..<next { room[index] = UInt8(ascii: "x") }
            left -= next
            return next
        }
    }

    @Test func aBodyIsReadWhileItIsSent() throws {
        let server = try CannedServer([[HTTPClientTests.ok], [HTTPClientTests.ok]])
        defer { server.stop() }
        let client = try HTTPClient()
        let request = HTTPRequest("POST", server.url("/rows"), headers: [("Content-Type", "text/csv")])
        #expect(try client.send(request, uploading: upload(3 << 20, piece: 7000)).text == "ok")
        #expect(try client.send(request, uploading: upload(0, piece: 1)).status == 200)
        #expect(server.requests[0].hasPrefix("POST /rows HTTP/1.1\r\n"))
        #expect(server.requests[0].contains("Content-Length: \(3 << 20)\r\n") && !server.requests[0].contains("Expect"))
        #expect(server.requests[0].utf8.count > 3 << 20)
        #expect(server.requests[1].contains("Content-Length: 0\r\n"))
    }

    @Test func whatTheReaderThrowsEndsTheRequest() throws {
        let server = try CannedServer([[HTTPClientTests.ok]])
        defer { server.stop() }
        #expect(throws: Refusal.self) {
            try HTTPClient().send(
                HTTPRequest("POST", server.url()), uploading: HTTPUpload(byteCount: 10) { _ in throw Refusal() })
        }
    }
}
