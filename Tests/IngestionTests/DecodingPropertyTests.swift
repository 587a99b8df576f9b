import Ingestion
import JSON
import TestSupport
import Testing

@Suite struct DecodingPropertyTests {
    /// Texts, numbers and documents with everything that CSV, JSON or COPY treats specially.
    private func randomRows(using generator: inout SeededGenerator) -> [[String?]] {
        let pieces = ["a", ",", "\"", "\\", "\n", "\r", "\r\n", "\t", "é", "😀", "{", "}", "\\N", "\\.", " ", "NULL"]
        func text() -> String {
            (0..<Int.random(in: 0...6, using: &generator)).map { _ in pieces.randomElement(using: &generator) ?? "" }
                .joined()
        }
        return (0..<Int.random(in: 0...6, using: &generator)).map { _ in
            let row: [String?] = [
                "\(Int64.random(in: .min ... .max, using: &generator))", text(),
                JSONValue.array([.string(text()), "x"]).text, text(),
            ]
            return row.map { Int.random(in: 0..<5, using: &generator) == 0 ? nil : $0 }
        }
    }

    private static let names = ["n", "t", "j", "u"]

    private func csv(_ rows: [[String?]], lineBreak: String, quotesAll: Bool) -> String {
        let lines = rows.map { row in
            row.map { cell in
                guard let cell else { return "" }
                let special: Set<Unicode.Scalar> = [",", "\"", "\n", "\r"]
                let needsQuotes = quotesAll || cell.isEmpty || cell.unicodeScalars.contains { special.contains($0) }
                return needsQuotes ? "\"" + cell.replacing("\"", with: "\"\"") + "\"" : cell
            }.joined(separator: ",") + lineBreak
        }
        return Self.names.joined(separator: ",") + lineBreak + lines.joined()
    }

    private func makeObjects(_ rows: [[String?]], using generator: inout SeededGenerator) -> [JSONValue] {
        rows.map { row in
            var object = JSONObject()
            for index in row.indices.shuffled(using: &generator) {
                guard let cell = row[index] else {
                    if Bool.random(using: &generator) { object[Self.names[index]] = .null }
                    continue
                }
                object[Self.names[index]] =
                    index == 0 ? .number(cell) : index == 2 ? try? JSONValue.parse(cell) : .string(cell)
            }
            return .object(object)
        }
    }

    @Test func whatWasEncodedComesBackInAnyChunks() throws {
        let columns = try columns("n bigint", "t text", "j json", "u varchar(200)")
        for seed in 0..<250 {
            var generator = SeededGenerator(seed: seed)
            let rows = randomRows(using: &generator)
            let objects = makeObjects(rows, using: &generator)
            let lineBreak = ["\n", "\r\n", "\r"][seed % 3]
            let uploads: [(RowDecoder.Format, String)] = [
                (.csv, csv(rows, lineBreak: lineBreak, quotesAll: seed % 2 == 0)),
                (.json, JSONValue.array(objects).text),
                (.ndjson, objects.map { $0.text + (lineBreak == "\r" ? "\n" : lineBreak) }.joined()),
            ]
            for (format, text) in uploads {
                for chunkSize in [1, 2, 3, 16, 1 << 20] {
                    let copy = try decode(format, columns, Array(text.utf8), chunkSize: chunkSize)
                    #expect(Self.read(copy) == rows, "seed \(seed), \(format), chunks of \(chunkSize)")
                }
            }
        }
    }

    private static func read(_ copy: String) -> [[String?]] { rows(fromCopy: copy) }

    @Test func mutatedUploadsNeverTrapAndChunksDoNotMatter() throws {
        let columns = try columns("n bigint", "t text", "j json", "u varchar(200)")
        let telling: [UInt8] = Array("{}[]\",\\:u0dDe+-.1\n\r \t".utf8) + [0, 0x80, 0xC3, 0xED, 0xF0, 0xFF, 0xEF]
        for seed in 0..<1500 {
            var generator = SeededGenerator(seed: seed)
            let rows = randomRows(using: &generator)
            let format = RowDecoder.Format.allCases[seed % 3]
            let objects = makeObjects(rows, using: &generator)
            var bytes: [UInt8] = []
            switch format {
            case .csv: bytes += csv(rows, lineBreak: "\n", quotesAll: false).utf8
            case .json: bytes += JSONValue.array(objects).encoded()
            case .ndjson: for object in objects { bytes += object.encoded() + [0x0A] }
            }
            for _ in 0..<Int.random(in: 1...5, using: &generator) {
                let index = Int.random(in: 0...bytes.count, using: &generator)
                if Bool.random(using: &generator), index < bytes.count { bytes.remove(at: index) }
                bytes.insert(telling.randomElement(using: &generator) ?? 0, at: min(index, bytes.count))
            }
            let whole = Result { () throws(RowErrors) in try decode(format, columns, bytes) }
            for chunkSize in [1, 2, 7] {
                let pieces = Result { () throws(RowErrors) in
                    try decode(format, columns, bytes, chunkSize: chunkSize)
                }
                #expect(pieces == whole, "seed \(seed), \(format), chunks of \(chunkSize)")
            }
        }
    }
}
