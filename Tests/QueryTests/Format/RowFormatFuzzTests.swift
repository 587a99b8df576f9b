import JSON
import Query
import TestSupport
import Testing

@Suite struct RowFormatFuzzTests {
    /// Whatever UTF-8 a cell holds, of a type whose text Postgres does not vouch for being JSON, the result is JSON.
    @Test func anyTextOfAnyTypeGivesValidJSON() throws {
        let oids = [
            OID.bool, OID.bytea, OID.int8, OID.int4, OID.text, OID.float8, OID.date, OID.timestamp, OID.timestamptz,
            OID.numeric, OID.boolArray, OID.byteaArray, OID.int4Array, OID.textArray, OID.timestamptzArray,
        ]
        let seeds = [
            "t", "\\x6601", "-12", "1e-5", "2026-11-21 02:03:04.5+00", "{1,2}", "{{a,\"b\\\\\"},{NULL,\"\"}}",
            "[0:1]={1,2}", "NaN", "é😀",
        ]
        let pieces = Array("{}[]\",\\=:+-.eE019tfNx é\n\u{1}".unicodeScalars)
        for seed in 0..<4000 {
            var generator = SeededGenerator(seed: UInt64(seed))
            let row = oids.map { _ -> String? in
                var text = Array((seeds.randomElement(using: &generator) ?? "").unicodeScalars)
                for _ in 0..<Int.random(in: 0...3, using: &generator) {
                    let index = Int.random(in: 0...text.count, using: &generator)
                    if Bool.random(using: &generator), index < text.count { text.remove(at: index) }
                    text.insert(pieces.randomElement(using: &generator) ?? "x", at: min(index, text.count))
                }
                return Int.random(in: 0..<9, using: &generator) == 0
                    ? nil : String(String.UnicodeScalarView(text))
            }
            let columns = oids.enumerated().map { FormatColumn(name: "c\($0)", typeOID: $1) }
            let document = written(.json, columns, [row], numbersAsStrings: seed % 2 == 0)
            #expect(throws: Never.self, "seed \(seed): \(document)") { try JSONValue.parse(document) }
            let line = written(.ndjson, columns, [row])
            #expect(line.utf8.filter { $0 == 0x0A }.count == 1, "seed \(seed)")
        }
    }

    @Test func bytesThatAreNoUTF8DoNotTrap() {
        for seed in 0..<500 {
            var generator = SeededGenerator(seed: UInt64(seed))
            let columns = [OID.text, OID.textArray, OID.jsonb, OID.bytea, OID.timestamptz].map {
                FormatColumn(name: "c\($0)", typeOID: $0)
            }
            let row: [[UInt8]?] = columns.map { _ in
                (0..<Int.random(in: 0...30, using: &generator)).map { _ in UInt8.random(in: 0...255, using: &generator)
                }
            }
            for format in ResultFormat.allCases {
                var writer = format.makeWriter()
                var output: [UInt8] = []
                writer.begin(columns, into: &output)
                withCells(row) { writer.row($0, into: &output) }
                #expect(!output.isEmpty)
            }
        }
    }
}
