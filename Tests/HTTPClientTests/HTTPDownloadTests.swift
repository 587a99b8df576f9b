import Glibc
import HTTPClient
import Testing

@Suite struct HTTPDownloadTests {
    private func open(
        _ server: CannedServer, idle: Duration = .seconds(20)
    ) throws(HTTPClientError) -> HTTPDownload {
        var limits = HTTPClient.Limits()
        limits.idle = idle
        return try HTTPDownload(
            HTTPRequest("GET", "http://files.example/a"), limits: limits,
            route: HTTPRoute(addresses: ["127.0.0.1"], port: server.port))
    }

    /// All bytes in pieces of `step`, and why there are no more.
    private func drain(_ download: HTTPDownload, step: Int = 1 << 16) -> (bytes: [UInt8], error: HTTPClientError?) {
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: step)
        while true {
            var failure: HTTPClientError?
            let count = buffer.withUnsafeMutableBytes { room in
                do throws(HTTPClientError) { return try download.read(into: room) } catch {
                    failure = error
                    return 0
                }
            }
            if count == 0 { return (bytes, failure) }
            bytes += buffer[..<count]
        }
    }

    @Test(arguments: [1, 7, 1 << 16])
    func aBodyIsPulledInPieces(_ step: Int) throws {
        let body = String(repeating: "0123456789", count: 100)
        let server = try CannedServer([[.send("HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n\(body)")]])
        defer { server.stop() }
        let download = try open(server)
        #expect(download.head.status == 200 && download.head["content-length"] == "1000")
        let (bytes, error) = drain(download, step: step)
        #expect(bytes == Array(body.utf8) && error == nil)
        #expect(server.requests.first?.contains("Host: files.example\r\n") == true)
    }

    @Test func chunksAndInterimAnswersAreTaken() throws {
        let server = try CannedServer([
            [
                .send(
                    "HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\nHTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"),
                .send("3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n"),
            ]
        ])
        defer { server.stop() }
        let download = try open(server)
        #expect(download.head.status == 200 && download.head["Link"] == nil)
        #expect(String(decoding: drain(download).bytes, as: UTF8.self) == "abcde")
    }

    @Test(arguments: ["Content-Length: 100\r\n\r\n0123456789", "Transfer-Encoding: chunked\r\n\r\na\r\n0123456789\r\n"])
    func aBodyThatEndsEarlyIsHandedOutAndThenFails(_ answer: String) throws {
        let server = try CannedServer([[.send("HTTP/1.1 200 OK\r\n\(answer)"), .close]])
        defer { server.stop() }
        let (bytes, error) = drain(try open(server))
        #expect(String(decoding: bytes, as: UTF8.self) == "0123456789")
        #expect(error?.code == .interrupted)
    }

    @Test func silenceEndsTheWaiting() throws {
        let server = try CannedServer([
            [.hang], [.send("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n0123456789"), .hang],
        ])
        defer { server.stop() }
        do {
            _ = try open(server, idle: .seconds(1))
            Issue.record("has a head")
        } catch { #expect(error.code == .timedOut) }
        let (bytes, error) = drain(try open(server, idle: .seconds(1)))
        #expect(bytes.count == 10 && error?.code == .timedOut)
    }

    @Test func whatNobodyReadsStaysWithTheServer() throws {
        // Far more than the buffers of both sockets hold.
        let piece = String(repeating: "x", count: 1 << 20)
        let count = 64
        let pieces = Array(repeating: CannedServer.Step.send(piece), count: count)
        let server = try CannedServer([
            [.send("HTTP/1.1 200 OK\r\nContent-Length: \(count << 20)\r\n\r\n")] + pieces
        ])
        defer { server.stop() }
        let download = try open(server)
        var byte = [UInt8](repeating: 0, count: 1)
        for _ in 0..<1000 { #expect(try byte.withUnsafeMutableBytes { try download.read(into: $0) } == 1) }
        usleep(300_000)
        #expect(server.stepsDone < count / 2)
        let (bytes, error) = drain(download)
        #expect(bytes.count == (count << 20) - 1000 && error == nil)
        #expect(server.stepsDone == count + 1)
    }

    @Test func aHeadWithoutEndIsRefused() throws {
        let field = "X-Filler: " + String(repeating: "x", count: 60_000) + "\r\n"
        let fields = Array(repeating: CannedServer.Step.send(field), count: 40)
        let server = try CannedServer([[.send("HTTP/1.1 200 OK\r\n")] + fields + [.hang]])
        defer { server.stop() }
        do {
            _ = try open(server)
            Issue.record("has a head")
        } catch { #expect(error.message.contains("Too large response headers")) }
    }
}
