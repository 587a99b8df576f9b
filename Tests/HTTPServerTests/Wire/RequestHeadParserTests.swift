import TestSupport
import Testing

@testable import HTTPServer

@Suite struct RequestHeadParserTests {
    /// The heads in `bytes`, which come in pieces of `size`, and what follows the last.
    static func parse(
        _ bytes: [UInt8], pieces size: Int, limits: HeadLimits = HeadLimits()
    ) -> Result<(heads: [RequestHead], rest: [UInt8]), WireError> {
        var parser = RequestHeadParser(limits: limits)
        var heads: [RequestHead] = []
        do throws(WireError) {
            let rest = try feed(bytes, pieces: size) { (held) throws(WireError) in
                let (consumed, head) = try parser.consume(held.span)
                if let head { heads.append(head) }
                return (consumed, head != nil)
            }
            return .success((heads, rest))
        } catch {
            return .failure(error)
        }
    }

    static func head(_ text: String) throws -> RequestHead {
        let heads = try parse(Array(text.utf8), pieces: .max).get().heads
        return try #require(heads.first)
    }

    @Test func `knows fields that are sent again, byte for byte`() throws {
        let requests = [
            ("GET /a HTTP/1.1\r\nHost: h\r\nX: 1\r\n\r\n", false), ("PUT /b HTTP/1.1\r\nHost: h\r\nX: 1\r\n\r\n", true),
            ("GET /c HTTP/1.1\r\nHost: h\r\nX: 2\r\n\r\n", false),
            ("GET /d HTTP/1.0\r\nHost: h\r\nX: 2\r\n\r\n", false),
            ("GET http://g/e HTTP/1.0\r\nHost: h\r\nX: 2\r\n\r\n", false),
            ("GET /f HTTP/1.0\r\nHost: h\r\nX: 2\r\n\r\n", true),
            ("GET /g HTTP/1.0\r\nHost: h\r\nX: 2\r\nY: 3\r\n\r\n", false),
        ]
        let heads = try Self.parse(Array(requests.map(\.0).joined().utf8), pieces: .max).get().heads
        #expect(heads.map(\.repeatsFields) == requests.map(\.1))
        #expect(heads.map(\.target.path) == ["/a", "/b", "/c", "/d", "/e", "/f", "/g"])
        #expect(heads.map(\.fields["x"]) == ["1", "1", "2", "2", "2", "2", "2"])
        #expect(heads.map(\.fields["host"]) == ["h", "h", "h", "h", "g", "h", "h"])
        #expect(heads.map(\.keepAlive) == [true, true, true, false, false, false, false])
        #expect(heads[1].method == .put)
    }

    @Test func `reads method, target, version and fields`() throws {
        let head = try Self.head(
            "POST /a/b%20c?x=1&y=%C3%A9 HTTP/1.1\r\nHost: h:80\r\nX-Two: \t a b \t\r\nx-two:c\r\n\r\n")
        #expect(head.method == .post)
        #expect(head.target.path == "/a/b%20c")
        #expect(head.target.segments == ["a", "b c"])
        #expect(head.target.query["y"] == "é")
        #expect(head.minorVersion == 1)
        #expect(head.fields["X-TWO"] == "a b")
        #expect(head.fields.values("x-two") == ["a b", "c"])
        #expect(head.keepAlive)
    }

    struct Accepted: Sendable, CustomTestStringConvertible {
        var testDescription: String
        var text: String
        var framing: RequestHead.Framing = .none
        var keepAlive = true
        var expectsContinue = false
        var host: String? = "h"
    }

    @Test(arguments: [
        Accepted(testDescription: "plain", text: "GET / HTTP/1.1\r\nHost: h\r\n\r\n"),
        Accepted(testDescription: "one empty line before", text: "\r\nGET / HTTP/1.1\r\nHost: h\r\n\r\n"),
        Accepted(testDescription: "no space after the colon", text: "GET / HTTP/1.1\r\nHost:h\r\n\r\n"),
        Accepted(
            testDescription: "absolute-form", text: "GET http://x:1?a=b HTTP/1.1\r\nHost: h\r\n\r\n", host: "x:1"),
        Accepted(testDescription: "OPTIONS *", text: "OPTIONS * HTTP/1.1\r\nHost: h\r\n\r\n"),
        Accepted(testDescription: "HTTP/1.7 is 1.1", text: "GET / HTTP/1.7\r\nHost: h\r\n\r\n"),
        Accepted(testDescription: "1.0 without host", text: "GET / HTTP/1.0\r\n\r\n", keepAlive: false, host: nil),
        Accepted(
            testDescription: "1.0 kept", text: "GET / HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n", host: nil),
        Accepted(
            testDescription: "close in a list", text: "GET / HTTP/1.1\r\nHost: h\r\nConnection: te, Close\r\n\r\n",
            keepAlive: false),
        Accepted(
            testDescription: "length", text: "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 012\r\n\r\n",
            framing: .length(12)),
        Accepted(
            testDescription: "length 0", text: "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 0\r\n\r\n"),
        Accepted(
            testDescription: "chunked", text: "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: Chunked\r\n\r\n",
            framing: .chunked),
        Accepted(
            testDescription: "expectation",
            text: "PUT / HTTP/1.1\r\nHost: h\r\nExpect: 100-Continue\r\nContent-Length: 1\r\n\r\n",
            framing: .length(1), expectsContinue: true),
        Accepted(
            testDescription: "expectation without a body",
            text: "GET / HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\n\r\n"),
        Accepted(
            testDescription: "obs-text in a value", text: "GET / HTTP/1.1\r\nHost: h\r\nX: \u{E9}\r\n\r\n"),
        Accepted(
            testDescription: "raw quotes in a query", text: "GET /?a=in.(1,\"b|c\") HTTP/1.1\r\nHost: h\r\n\r\n"),
    ])
    func `takes what is well-formed`(_ row: Accepted) throws {
        let head = try Self.head(row.text)
        #expect(head.framing == row.framing)
        #expect(head.keepAlive == row.keepAlive)
        #expect(head.expectsContinue == row.expectsContinue)
        #expect(head.fields["host"] == row.host)
    }

    @Test(arguments: BadRequest.table)
    func `refuses what is not, whole and byte by byte`(_ row: BadRequest) {
        for size in [Int.max, 1, 7] {
            guard case .failure(let error) = Self.parse(row.bytes, pieces: size) else {
                Issue.record("taken in pieces of \(size)")
                continue
            }
            #expect(error == row.error, "in pieces of \(size)")
            #expect(error.problem.status == row.status)
        }
    }

    @Test func `pipelined requests come apart at any piece size`() throws {
        let one = "GET /a HTTP/1.1\r\nHost: h\r\n\r\n"
        for size in 1...(one.utf8.count * 2) {
            let (heads, rest) = try Self.parse(Array((one + one + one + "GET").utf8), pieces: size).get()
            #expect(heads.count == 3)
            #expect(rest == Array("GET".utf8))
        }
    }

    @Test func `limits hold at their very value`() throws {
        let limits = HeadLimits(requestLineBytes: 20, fieldBytes: 40, fieldCount: 3)
        func outcome(_ text: String, _ size: Int) -> WireError? {
            if case .failure(let error) = Self.parse(Array(text.utf8), pieces: size, limits: limits) {
                error
            } else {
                nil
            }
        }
        let host = "Host: h\r\n"  // 9 bytes
        for size in [Int.max, 1] {
            #expect(outcome("GET /234567 HTTP/1.1\r\n\(host)\r\n", size) == nil)
            #expect(outcome("GET /2345678 HTTP/1.1\r\n\(host)\r\n", size) == .targetTooLong)
            #expect(outcome("GET / HTTP/1.1\r\n\(host)a:\(String(repeating: "1", count: 26))\r\n\r\n", size) == nil)
            let long = "GET / HTTP/1.1\r\n\(host)a:\(String(repeating: "1", count: 40))"
            #expect(outcome(long, size) == .fieldsTooLarge)
            #expect(outcome("GET / HTTP/1.1\r\n\(host)a:1\r\nb:2\r\n\r\n", size) == nil)
            #expect(outcome("GET / HTTP/1.1\r\n\(host)a:1\r\nb:2\r\nc:3\r\n\r\n", size) == .fieldsTooLarge)
        }
    }

    @Test(arguments: UInt64(0)..<300)
    func `mutated requests never trap and never depend on the pieces`(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        var bytes = Array(
            "POST /a/b%20c?x=1&y=%C3%A9 HTTP/1.1\r\nHost: h:80\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\nGET / HTTP/1.0\r\n\r\n"
                .utf8)
        for _ in 0..<Int.random(in: 1...4, using: &random) {
            let place = Int.random(in: bytes.indices, using: &random)
            switch Int.random(in: 0..<4, using: &random) {
            case 0: bytes[place] = .random(in: .min ... .max, using: &random)
            case 1: bytes.remove(at: place)
            case 2: bytes.insert([0, 10, 13, 32, 37, 58, 9, 127, 255].randomElement(using: &random) ?? 0, at: place)
            default: bytes.insert(contentsOf: bytes[place...].prefix(9), at: place)
            }
        }
        let whole = Self.describe(Self.parse(bytes, pieces: .max))
        for size in [1, 2, 13] {
            #expect(Self.describe(Self.parse(bytes, pieces: size)) == whole, "seed \(seed), pieces of \(size)")
        }
    }

    static func describe(_ result: Result<(heads: [RequestHead], rest: [UInt8]), WireError>) -> String {
        switch result {
        case .failure(let error): "\(error)"
        case .success(let (heads, rest)): "\(heads) \(rest)"
        }
    }
}
