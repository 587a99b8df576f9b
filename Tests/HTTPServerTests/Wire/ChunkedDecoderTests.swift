import TestSupport
import Testing

@testable import HTTPServer

@Suite struct ChunkedDecoderTests {
    struct Decoded: Equatable {
        var body: [UInt8] = []
        var trailers: [Fields.Field] = []
        var rest: [UInt8] = []
        var isComplete = false
    }

    /// Feeds `bytes` in pieces, with room for `window` body bytes at a time.
    static func decode(_ bytes: [UInt8], pieces size: Int, window: Int = 1 << 16) -> Result<Decoded, WireError> {
        var decoder = ChunkedDecoder()
        var decoded = Decoded()
        do throws(WireError) {
            decoded.rest = try feed(bytes, pieces: size) { (held) throws(WireError) in
                var output: [UInt8] = []
                let consumed = try decoder.consume(held.span, into: &output, upTo: window)
                decoded.body += output
                return (consumed, consumed > 0)
            }
        } catch {
            return .failure(error)
        }
        decoded.trailers = decoder.trailers.all
        decoded.isComplete = decoder.isComplete
        return .success(decoded)
    }

    @Test(arguments: [
        ("5\r\nhello\r\n0\r\n\r\n", "hello"),
        ("5\r\nhello\r\n6\r\n world\r\n0\r\n\r\n", "hello world"),
        ("0\r\n\r\n", ""),
        ("00000a\r\n0123456789\r\n000\r\n\r\n", "0123456789"),
        ("A\r\n0123456789\r\n0\r\n\r\n", "0123456789"),
        ("5;name=value;other=\"a;b\";bare\r\nhello\r\n0;last\r\n\r\n", "hello"),
        ("5 ; a=b\r\nhello\r\n0\r\n\r\n", "hello"),
    ])
    func `takes chunks apart at any piece and window size`(text: String, body: String) throws {
        for size in [1, 2, 3, Int.max] {
            for window in [1, 4, 1000] {
                let decoded = try Self.decode(Array("\(text)GET".utf8), pieces: size, window: window).get()
                #expect(decoded.body == Array(body.utf8))
                #expect(decoded.isComplete)
                #expect(decoded.rest == Array("GET".utf8))
            }
        }
    }

    @Test func `reads the trailer`() throws {
        let decoded = try Self.decode(Array("1\r\na\r\n0\r\nX-Sum: 7 \r\nY: z\r\n\r\n".utf8), pieces: 1).get()
        #expect(decoded.trailers.map(\.name) == ["x-sum", "y"])
        #expect(decoded.trailers.map(\.value) == ["7", "z"])
    }

    static let bad: [(String, WireError)] = [
        ("\r\nhello", .badChunk), ("x\r\n", .badChunk), ("-1\r\n", .badChunk), ("+5\r\nhello", .badChunk),
        ("0x5\r\nhello", .badChunk), (" 5\r\nhello", .badChunk), ("5 \r\nhello", .badChunk),
        ("5 5\r\nhello", .badChunk),
        ("5\nhello", .badChunk), ("5\rhello\n", .badChunk), ("5;a\nb\r\nhello", .badChunk), ("5;a\0\r\n", .badChunk),
        ("5;a\rb\r\nhello", .badChunk), ("1000000000000000\r\n", .badChunk), ("ffffffffffffffff\r\n", .badChunk),
        ("5\r\nhelloworld", .badChunk), ("5\r\nhello\n0\r\n\r\n", .badChunk), ("5\r\nhello\rx", .badChunk),
        ("5;\(String(repeating: "a", count: 5000))\r\n", .badChunk), ("0\r\n folded\r\n\r\n", .badTrailer),
        ("0\r\nA b: c\r\n\r\n", .badTrailer), ("0\r\nA: \0\r\n\r\n", .badTrailer),
        ("0\r\nA: \(String(repeating: "a", count: 9000))\r\n\r\n", .badTrailer),
        ("0\r\n\(String(repeating: "A: b\r\n", count: 33))\r\n", .badTrailer),
    ]

    @Test(arguments: bad)
    func `refuses what is malformed, whole and byte by byte`(text: String, error: WireError) {
        for size in [Int.max, 1] {
            guard case .failure(let found) = Self.decode(Array(text.utf8), pieces: size) else {
                Issue.record("taken in pieces of \(size)")
                continue
            }
            #expect(found == error)
        }
    }

    @Test func `one-byte chunks with long extensions are cut off`() {
        let chunk = "1;\(String(repeating: "a", count: 1000))\r\na\r\n"
        let flood = Array(String(repeating: chunk, count: 20).utf8)
        guard case .failure(.badChunk) = Self.decode(flood, pieces: .max) else {
            Issue.record("taken")
            return
        }
        // Without extensions one-byte chunks are merely silly.
        let silly = Array(String(repeating: "1\r\na\r\n", count: 10_000).utf8)
        #expect((try? Self.decode(silly, pieces: .max).get().body.count) == 10_000)
    }

    @Test(arguments: UInt64(0)..<200)
    func `what was encoded decodes to itself in any pieces`(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        var encoded: [UInt8] = []
        var body: [UInt8] = []
        for _ in 0..<Int.random(in: 0...20, using: &random) {
            let chunk = (0..<Int.random(in: 0...300, using: &random)).map { _ in
                UInt8.random(in: 0...255, using: &random)
            }
            ResponseSerializer.appendChunk(chunk, to: &encoded)
            body += chunk
        }
        ResponseSerializer.appendLastChunk(trailers: ["X-Sum": "1"], to: &encoded)
        let size = Int.random(in: 1...64, using: &random)
        let decoded = try Self.decode(encoded, pieces: size, window: Int.random(in: 1...64, using: &random)).get()
        #expect(decoded.body == body, "seed \(seed)")
        #expect(decoded.isComplete, "seed \(seed)")
        #expect(decoded.trailers.map(\.name) == ["x-sum"], "seed \(seed)")
    }

    @Test(arguments: UInt64(0)..<200)
    func `mutated bodies never trap and never depend on the pieces`(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        var bytes = Array("5;a=b\r\nhello\r\n1f\r\n0123456789012345678901234567890\r\n0\r\nX: y\r\n\r\n".utf8)
        for _ in 0..<Int.random(in: 1...3, using: &random) {
            let place = Int.random(in: bytes.indices, using: &random)
            if Bool.random(using: &random) {
                bytes[place] = [0, 10, 13, 32, 48, 49, 59, 102, 255].randomElement(using: &random) ?? 0
            } else {
                bytes.remove(at: place)
            }
        }
        let whole = "\(Self.decode(bytes, pieces: .max))"
        #expect("\(Self.decode(bytes, pieces: 1))" == whole, "seed \(seed)")
        #expect("\(Self.decode(bytes, pieces: 5, window: 3))" == whole, "seed \(seed)")
    }
}
