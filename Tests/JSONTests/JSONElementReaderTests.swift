import TestSupport
import Testing

@testable import JSON

@Suite struct JSONElementReaderTests {
    struct Element: Equatable {
        var text: String
        var position: JSONElementReader.Position
    }

    /// Reads `bytes` in chunks of `chunkSize` and parses every element.
    private func read(
        _ bytes: [UInt8], chunkSize: Int, maxElementBytes: Int = 1 << 20
    ) throws(JSONError) -> [Element] {
        var reader = JSONElementReader(maxElementBytes: maxElementBytes)
        var elements: [Element] = []
        func take(_ chunk: Span<UInt8>) throws(JSONError) {
            do {
                let value = try reader.withElement(in: chunk) { (element) throws(JSONError) in
                    var scanner = JSONScanner()
                    let value = try scanner.value(element, depth: 1)
                    try scanner.expectEnd(element)
                    return value
                }
                elements.append(Element(text: value.text, position: reader.elementPosition))
            } catch { throw reader.located(error, in: chunk) }
        }
        var start = 0
        while start < bytes.count {
            let chunk = bytes.span.extracting(start..<min(start + chunkSize, bytes.count))
            var position = 0
            while try reader.next(in: chunk, from: &position) { try take(chunk) }
            start += chunkSize
        }
        try reader.finish()
        return elements
    }

    private func read(_ text: String) throws(JSONError) -> [Element] {
        try read(Array(text.utf8), chunkSize: .max >> 1)
    }

    @Test func anArrayYieldsItsElementsAndWhereTheyBegin() throws {
        let elements = try read("\u{FEFF}[ {\"a\":\n[1,\"]\\\"}\"]} ,\n 2,\"x]\" ,[],null]\n")
        #expect(try read(" [ ] ").isEmpty)
        #expect(elements.map(\.text) == ["{\"a\":[1,\"]\\\"}\"]}", "2", "\"x]\"", "[]", "null"])
        #expect(elements[1].position == .init(index: 1, line: 3, column: 2, byteOffset: 26))
    }

    @Test(arguments: [
        ("", JSONError.Code.unexpectedEnd, 1, 1, ""),
        ("{}", .unexpectedByte, 1, 1, ""),
        ("[1,\n2", .unexpectedEnd, 2, 2, "/0"),
        ("[1,\n]", .unexpectedEnd, 2, 1, "/1"),
        ("[1\n2]", .unexpectedByte, 2, 1, "/0"),
        ("[1]\n]", .trailingBytes, 2, 1, "/0"),
        ("[1,\n {\"a\": [1}]", .unexpectedByte, 2, 10, "/1/a/0"),
        ("[{\"a\":1}, {\"a\":1,\"a\":2}]", .duplicateKey, 1, 18, "/1/a"),
    ])
    func refuses(
        _ text: String, _ code: JSONError.Code, _ line: Int, _ column: Int, _ pointer: String
    ) {
        let error = #expect(throws: JSONError.self) { try read(text) }
        #expect(error?.code == code)
        #expect(error?.line == line)
        #expect(error?.column == column)
        #expect(error?.pointer == pointer)
    }

    @Test func utf16IsRefusedWithAHint() {
        for bytes: [UInt8] in [[0xFF, 0xFE, 0x5B, 0], [0xFE, 0xFF, 0, 0x5B], [0xEF, 0xBB, 0x5B]] {
            let error = #expect(throws: JSONError.self) { try read(bytes, chunkSize: 1) }
            #expect(error?.code == .invalidUTF8)
        }
    }

    @Test(arguments: [1, 7, 1000])
    func anElementOverTheLimitIsRefusedBeforeItIsHeld(_ chunkSize: Int) {
        let text = Array("[1,\"\(String(repeating: "x", count: 100))\"]".utf8)
        for limit in [50, 101] {
            let error = #expect(throws: JSONError.self) {
                try read(text, chunkSize: chunkSize, maxElementBytes: limit)
            }
            #expect(error?.code == .tooLarge)
            #expect(error?.pointer == "/1")
        }
        #expect(throws: Never.self) { try read(text, chunkSize: chunkSize, maxElementBytes: 102) }
    }

    @Test func everyChunkSizeGivesWhatOnePieceGives() {
        for seed in 0..<300 {
            var generator = SeededGenerator(seed: seed)
            let elements = (0..<Int.random(in: 0...5, using: &generator)).map { _ in
                JSONValue.random(using: &generator)
            }
            var bytes: [UInt8] = JSONValue.array(elements).encoded()
            let isMutated = seed % 3 == 0
            if isMutated { bytes.mutate(using: &generator) }
            let whole = Result { () throws(JSONError) in try read(bytes, chunkSize: bytes.count + 1) }
            if !isMutated { #expect((try? whole.get().map(\.text)) == elements.map(\.text), "seed \(seed)") }
            for chunkSize in [1, 2, 3, 7] {
                let pieces = Result { () throws(JSONError) in try read(bytes, chunkSize: chunkSize) }
                #expect(pieces == whole, "seed \(seed), chunks of \(chunkSize)")
            }
        }
    }
}
