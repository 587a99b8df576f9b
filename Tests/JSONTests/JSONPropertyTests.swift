import JSON
import TestSupport
import Testing

extension JSONValue {
    static func random(using generator: inout SeededGenerator, depth: Int = 0) -> JSONValue {
        switch Int.random(in: 0..<(depth > 4 ? 4 : 6), using: &generator) {
        case 0: return .null
        case 1: return .bool(.random(using: &generator))
        case 2:
            return .number(
                ["0", "-1", "1.50", "1e-9", "98765432109876543210", "\(Int.random(in: -9...9, using: &generator))e+7"]
                    .randomElement(using: &generator) ?? "0")
        case 3: return .string(randomText(using: &generator))
        case 4:
            let count = Int.random(in: 0...4, using: &generator)
            return .array((0..<count).map { _ in random(using: &generator, depth: depth + 1) })
        default:
            var object = JSONObject()
            for _ in 0..<Int.random(in: 0...11, using: &generator) {
                object[randomText(using: &generator)] = random(using: &generator, depth: depth + 1)
            }
            return .object(object)
        }
    }

    static func randomText(using generator: inout SeededGenerator) -> String {
        let pieces = ["a", "Z", "\"", "\\", "\n", "\u{1}", "/", "é", "€", "😀", "\u{7F}", "{", "]", ",", ":", " "]
        let count = Int.random(in: 0...8, using: &generator)
        return (0..<count).map { _ in pieces.randomElement(using: &generator) ?? "" }.joined()
    }
}

@Suite struct JSONPropertyTests {
    @Test func encodingThenParsingIsIdentity() throws {
        for seed in 0..<400 {
            var generator = SeededGenerator(seed: seed)
            let value = JSONValue.random(using: &generator)
            let bytes = value.encoded()
            let again = try JSONValue.parse(bytes)
            #expect(again == value, "seed \(seed)")
            #expect(again.encoded() == bytes, "seed \(seed)")
        }
    }

    @Test func mutatedDocumentsAreParsedOrRefusedAndSkippingAgrees() {
        for seed in 0..<3000 {
            var generator = SeededGenerator(seed: seed)
            var bytes = JSONValue.random(using: &generator).encoded()
            for _ in 0..<Int.random(in: 1...4, using: &generator) { bytes.mutate(using: &generator) }
            let parsed = Result { try JSONValue.parse(bytes) }
            var scanner = JSONScanner()
            let skipped = Result {
                try scanner.skipValue(bytes.span)
                try scanner.expectEnd(bytes.span)
            }
            switch (parsed, skipped) {
            case (.success(let value), .success):
                #expect((try? JSONValue.parse(value.encoded())) == value, "seed \(seed)")
            case (.failure(let error as JSONError), .failure(let other as JSONError)):
                #expect(error.offset <= bytes.count && error.code == other.code, "seed \(seed)")
            default: Issue.record("parser and skipper disagree, seed \(seed)")
            }
        }
    }
}

extension [UInt8] {
    /// Changes, removes, repeats or inserts something, preferring bytes that mean something in JSON and CSV.
    mutating func mutate(using generator: inout SeededGenerator) {
        let telling: [UInt8] = Array("{}[]\",:\\u0dDe+-.1\n\r \t".utf8) + [0, 0x80, 0xC3, 0xED, 0xF0, 0xFF]
        let byte = telling.randomElement(using: &generator) ?? 0
        let index = Int.random(in: 0...count, using: &generator)
        switch Int.random(in: 0..<4, using: &generator) {
        case 0: insert(byte, at: index)
        case 1 where index < count: remove(at: index)
        case 2 where index < count: self[index] = byte
        default: removeLast(Int.random(in: 0...Swift.min(3, count), using: &generator))
        }
    }
}
