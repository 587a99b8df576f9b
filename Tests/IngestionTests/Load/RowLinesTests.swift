import TestSupport
import Testing

@testable import Ingestion

@Suite struct RowLinesTests {
    @Test func eachRowHasItsLine() {
        for seed in 1...200 {
            var generator = SeededGenerator(seed: seed)
            var lines = RowLines()
            var expected: [Int] = []
            var line = Int.random(in: 1...3, using: &generator)
            for _ in 0..<Int.random(in: 0...300, using: &generator) {
                expected.append(line)
                lines.append(line)
                // Mostly one line, or always the same.
                if Int.random(in: 0..<8, using: &generator) == 0 { line += Int.random(in: 0...4, using: &generator) }
                line += seed % 3
            }
            let found = (0..<expected.count).map { lines.line(ofRow: $0) }
            #expect(found == expected, "seed \(seed)")
            #expect(lines.line(ofRow: expected.count) == nil, "seed \(seed)")
        }
    }

    @Test func aRowALineIsOneRunForEver() {
        for step in [0, 1, 2] {
            var lines = RowLines()
            for row in 0..<200_000 { lines.append(2 + row * step) }
            #expect(!lines.isFull)
            #expect(lines.line(ofRow: 199_999) == 2 + 199_999 * step)
        }
    }

    @Test func whatIsForgottenStartsAnew() {
        var lines = RowLines()
        var line = 1
        while !lines.isFull {
            lines.append(line)
            line += 1 + line % 3
        }
        lines.forget()
        #expect(!lines.isFull)
        #expect(lines.line(ofRow: 0) == nil)
        lines.append(77)
        #expect(lines.line(ofRow: 0) == 77)
    }

    @Test func aDecoderKnowsTheLinesOfItsRowsAndTheWrongRecordsAmongThem() throws {
        var decoder = RowDecoder(.csv, columns: try columns("id integer", "name text"))
        let text = Array("id,name\n1,\"a\nb\"\n2,c\nx,y\n3,d\n".utf8)
        var output: [UInt8] = []
        decoder.push(text)
        _ = try decoder.decode(into: &output)
        #expect((0..<4).map { decoder.lines.line(ofRow: $0) } == [2, 4, 6, nil])
        #expect(decoder.errors.map(\.record) == [3])
        decoder.forgetLines()
        #expect(decoder.lines.line(ofRow: 0) == nil)
    }
}
