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
        _ bytes: [UInt8], _ framing: JSONElementReader.Framing, chunkSize: Int, maxElementBytes: Int = 1 << 20
    ) throws(JSONError) -> [Element] {
        var reader = JSONElementReader(framing: framing, maxElementBytes: maxElementBytes)
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
        let nothing: [UInt8] = []
        if try reader.finish() { try take(nothing.span) }
        return elements
    }

    private func read(_ text: String, _ framing: JSONElementReader.Framing) throws(JSONError) -> [Element] {
        try read(Array(text.utf8), framing, chunkSize: .max >> 1)
    }

    @Test func anArrayYieldsItsElementsAndWhereTheyBegin() throws {
        let elements = try read("\u{FEFF}[ {\"a\":\n[1,\"]\\\"}\"]} ,\n 2,\"x]\" ,[],null]\n", .array)
        #expect(elements.map(\.text) == ["{\"a\":[1,\"]\\\"}\"]}", "2", "\"x]\"", "[]", "null"])
        #expect(elements[1].position == .init(index: 1, line: 3, column: 2, byteOffset: 26))
    }

    @Test func linesMayEndInAnyWayAndBlankOnesAreSkipped() throws {
        let elements = try read("{\"a\":1}\r\n\n  \n[2]\n3", .lines)
        #expect(elements.map(\.text) == ["{\"a\":1}", "[2]", "3"])
        #expect(elements.map(\.position.line) == [1, 4, 5])
        #expect(elements.map(\.position.index) == [0, 1, 2])
        #expect(try read("", .lines).isEmpty)
        #expect(try read("\n", .lines).isEmpty)
        #expect(try read(" [ ] ", .array).isEmpty)
    }

    @Test(arguments: [
        ("", JSONElementReader.Framing.array, JSONError.Code.unexpectedEnd, 1, 1, ""),
        ("{}", .array, .unexpectedByte, 1, 1, ""),
        ("[1,\n2", .array, .unexpectedEnd, 2, 2, "/0"),
        ("[1,\n]", .array, .unexpectedEnd, 2, 1, "/1"),
        ("[1\n2]", .array, .unexpectedByte, 2, 1, "/0"),
        ("[1]\n]", .array, .trailingBytes, 2, 1, "/0"),
        ("[1,\n {\"a\": [1}]", .array, .unexpectedByte, 2, 10, "/1/a/0"),
        ("[{\"a\":1}, {\"a\":1,\"a\":2}]", .array, .duplicateKey, 1, 18, "/1/a"),
        ("1\n{\"a\":x}\n", .lines, .unexpectedByte, 2, 6, "/a"),
        ("1 2\n", .lines, .trailingBytes, 1, 3, ""),
    ])
    func refuses(
        _ text: String, _ framing: JSONElementReader.Framing, _ code: JSONError.Code, _ line: Int, _ column: Int,
        _ pointer: String
    ) {
        let error = #expect(throws: JSONError.self) { try read(text, framing) }
        #expect(error?.code == code)
        #expect(error?.line == line)
        #expect(error?.column == column)
        #expect(error?.pointer == pointer)
    }

    @Test func utf16IsRefusedWithAHint() {
        for bytes: [UInt8] in [[0xFF, 0xFE, 0x5B, 0], [0xFE, 0xFF, 0, 0x5B], [0xEF, 0xBB, 0x5B]] {
            let error = #expect(throws: JSONError.self) { try read(bytes, .lines, chunkSize: 1) }
            #expect(error?.code == .invalidUTF8)
        }
    }

    @Test(arguments: [1, 7, 1000])
    func anElementOverTheLimitIsRefusedBeforeItIsHeld(_ chunkSize: Int) {
        let text = Array("[1,\"\(String(repeating: "x", count: 100))\"]".utf8)
        for limit in [50, 101] {
            let error = #expect(throws: JSONError.self) {
                try read(text, .array, chunkSize: chunkSize, maxElementBytes: limit)
            }
            #expect(error?.code == .tooLarge)
            #expect(error?.pointer == "/1")
        }
        #expect(throws: Never.self) { try read(text, .array, chunkSize: chunkSize, maxElementBytes: 102) }
    }

    @Test func everyChunkSizeGivesWhatOnePieceGives() {
        for seed in 0..<300 {
            var generator = SeededGenerator(seed: seed)
            let framing: JSONElementReader.Framing = seed % 2 == 0 ? .array : .lines
            let elements = (0..<Int.random(in: 0...5, using: &generator)).map { _ in
                JSONValue.random(using: &generator)
            }
            var bytes: [UInt8] = framing == .array ? JSONValue.array(elements).encoded() : []
            if framing == .lines { for element in elements { bytes += element.encoded() + [0x0A] } }
            let isMutated = seed % 3 == 0
            if isMutated { bytes.mutate(using: &generator) }
            let whole = Result { () throws(JSONError) in try read(bytes, framing, chunkSize: bytes.count + 1) }
            if !isMutated { #expect((try? whole.get().map(\.text)) == elements.map(\.text), "seed \(seed)") }
            for chunkSize in [1, 2, 3, 7] {
                let pieces = Result { () throws(JSONError) in try read(bytes, framing, chunkSize: chunkSize) }
                #expect(pieces == whole, "seed \(seed), chunks of \(chunkSize)")
            }
        }
    }
}
