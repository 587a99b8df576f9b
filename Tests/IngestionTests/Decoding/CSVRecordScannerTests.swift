import TestSupport
import Testing

@testable import Ingestion

@Suite struct CSVRecordScannerTests {
    private struct Found: Equatable {
        var range: Range<Int>
        var line: Int
        var fields: [String]
        var fault: String?
    }

    /// Scans `bytes` as they come in pieces of `size` into a window.
    private func scan(_ bytes: [UInt8], size: Int) throws -> [Found] {
        var scanner = CSVRecordScanner(limits: DecodingLimits())
        var found: [Found] = []
        var (start, end) = (0, 0)
        while true {
            let first = start
            switch try scanner.next(in: bytes.span.extracting(0..<end), from: start, isAtEnd: end == bytes.count) {
            case .needsMore: end = min(end + size, bytes.count)
            case .end: return found
            case .record, .emptyLine:
                start += scanner.length
                let fields = scanner.fields.map { field in
                    String(decoding: bytes[first + Int(field.start)..<first + Int(field.end)], as: UTF8.self)
                }
                found.append(
                    Found(range: first..<start, line: scanner.line, fields: fields, fault: scanner.fault?.message))
            }
        }
    }

    @Test func everyByteBelongsToOneRecordWhateverTheChunks() throws {
        let pieces: [[UInt8]] =
            ["a", ",", "\"", "\"\"", "\n", "\r", "\r\n", "é", "1"].map { Array($0.utf8) } + [[0xFF], [0]]
        for seed in 0..<3000 {
            var generator = SeededGenerator(seed: seed)
            let bytes = (0..<Int.random(in: 0...24, using: &generator)).flatMap { _ in
                pieces.randomElement(using: &generator) ?? []
            }
            let whole = try scan(bytes, size: bytes.count + 1)
            #expect(whole.flatMap { Array(bytes[$0.range]) } == bytes, "seed \(seed)")
            var end = 0
            for record in whole {
                #expect(record.range.lowerBound == end && !record.range.isEmpty, "seed \(seed)")
                end = record.range.upperBound
            }
            for size in [1, 2, 3] { #expect(try scan(bytes, size: size) == whole, "seed \(seed), pieces of \(size)") }
        }
    }

    @Test func linesAreCountedOnce() throws {
        let found = try scan(Array("a\r\n\"b\r\nc\rd\ne\"\n\nf\rg\r\n".utf8), size: 1)
        #expect(found.map(\.line) == [1, 2, 6, 7, 8])
    }
}
