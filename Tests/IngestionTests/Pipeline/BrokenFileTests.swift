import Catalog
import Ingestion
import JSON
import TestSupport
import Testing

/// Files in which one row in ten is broken, in many ways, with a list of which.
@Suite struct BrokenFileTests {
    private enum Fault: CaseIterable {
        case tooFewFields, tooManyFields, quoteInside, textAfterQuote, unclosedQuote, notUTF8, nul, notAnInteger
        case beyondBigint, missingID, tooPreciseForNumeric, impossibleDate, badTime, notBoolean, beyondDouble
        case wrongCode, outsideOfRange, repeated

        var rule: [String] {
            switch self {
            case .tooFewFields: ["too_few_fields"]
            case .tooManyFields: ["too_many_fields"]
            case .quoteInside, .textAfterQuote: ["misplaced_quote"]
            // What comes next decides in which words it is told.
            case .unclosedQuote: ["unclosed_quote", "misplaced_quote"]
            case .notUTF8: ["not_utf8"]
            case .nul: ["nul_character"]
            case .notAnInteger, .badTime, .notBoolean: ["invalid_value"]
            case .beyondBigint, .tooPreciseForNumeric, .impossibleDate, .beyondDouble: ["out_of_range"]
            case .missingID: ["null_not_allowed"]
            case .wrongCode: ["code_is_three_capitals"]
            case .outsideOfRange: ["score_is_a_percentage"]
            case .repeated: ["id_is_unique"]
            }
        }
    }

    private struct Line {
        var bytes: [UInt8]
        var fault: Fault?
        var copy: String
    }

    private static func line(_ id: Int, _ fault: Fault?, _ lineBreak: String, using generator: inout SeededGenerator)
        -> Line
    {
        let words = ["Ann", "Bö", "say \"\"hi\"\"", "a,b", "two\nlines", "😀 x"]
        let word = words.randomElement(using: &generator) ?? "x"
        var fields = [
            "\(id)", "\"\(word)\"", "\(Int.random(in: -99999...99999, using: &generator)).25",
            "2026-0\(Int.random(in: 1...9, using: &generator))-1\(Int.random(in: 0...9, using: &generator))",
            "2026-11-21T0\(Int.random(in: 0...9, using: &generator)):15:00Z",
            Bool.random(using: &generator) ? "true" : "f",
            "0.\(Int.random(in: 1...9, using: &generator))e2",
            ["VIE", "JFK", "GKA"].randomElement(using: &generator) ?? "VIE",
        ]
        if fault != nil, fault != .textAfterQuote { fields[1] = "plain" }
        switch fault {
        case .tooFewFields: fields.removeLast()
        case .tooManyFields: fields.append("more")
        case .quoteInside: fields[1] = "5\" pipe"
        case .textAfterQuote: fields[1] = "\"x\" y"
        case .unclosedQuote: fields[1] = "\"never closed"
        case .notUTF8: fields[1] = "K?ln"
        case .nul: fields[1] = "nu\0l"
        case .notAnInteger: fields[0] = "12a"
        case .beyondBigint: fields[0] = "9223372036854775808"
        case .missingID: fields[0] = ""
        case .tooPreciseForNumeric: fields[2] = "123456789.5"
        case .impossibleDate: fields[3] = "2026-02-30"
        case .badTime: fields[4] = "yesterday"
        case .notBoolean: fields[5] = "perhaps"
        case .beyondDouble: fields[6] = "1e400"
        case .wrongCode: fields[7] = "DU9"
        case .outsideOfRange: fields[6] = "100.5"
        case .repeated: fields[0] = "1"
        case nil: break
        }
        var bytes = Array((fields.joined(separator: ",") + lineBreak).utf8)
        if fault == .notUTF8, let index = bytes.firstIndex(of: UInt8(ascii: "?")) { bytes[index] = 0xF6 }
        let text = word.replacing("\"\"", with: "\"").replacing("\n", with: "\\n")
        let copy = ([fields[0], text] + fields.dropFirst(2)).joined(separator: "\t") + "\n"
        return Line(bytes: bytes, fault: fault, copy: copy)
    }

    private static func plan() throws -> RecordPlan {
        let columns = try columns(
            "id bigint!", "name text", "amount numeric(10,2)", "day date", "at timestamptz", "flag boolean",
            "score double precision", "code text")
        return RecordPlan(
            target: columns,
            checks: [
                CheckSpec(name: "code_is_three_capitals", columns: ["code"], rule: .matches("^[A-Z]{3}$")),
                CheckSpec(name: "score_is_a_percentage", columns: ["score"], rule: .range(min: 0, max: 100)),
                CheckSpec(name: "id_is_unique", columns: ["id"], rule: .unique),
            ])
    }

    @Test(arguments: [(seed: 1, rows: 20_000)] + (2...25).map { (seed: $0, rows: 200) })
    func theQuarantineIsTheListAndNothingIsLost(_ seed: Int, _ rows: Int) async throws {
        var generator = SeededGenerator(seed: seed)
        let lineBreak = ["\n", "\r\n", "\r"][seed % 3]
        let header = Array("id,name,amount,day,at,flag,score,code\(lineBreak)".utf8)
        let lines = (1...rows).map { id in
            let isBroken = id > 1 && Int.random(in: 0..<10, using: &generator) == 0
            return Self.line(
                id, isBroken ? Fault.allCases.randomElement(using: &generator) : nil, lineBreak, using: &generator)
        }
        let input = header + lines.flatMap(\.bytes)
        let outcome = try await load(input, try Self.plan())

        var expected: [(offset: Int, line: Line)] = []
        var offset = header.count
        for line in lines {
            if line.fault != nil { expected.append((offset, line)) }
            offset += line.bytes.count
        }
        #expect(outcome.quarantined.count == expected.count, "seed \(seed)")
        for (row, (offset, line)) in zip(outcome.quarantined, expected) {
            #expect(
                row.byteOffset == offset && row.bytes == line.bytes,
                "seed \(seed), offset \(offset), \(line.fault as Any)")
            #expect(line.fault?.rule.contains(row.rule) ?? false, "seed \(seed), \(row.rule) for \(line.fault as Any)")
        }
        #expect(outcome.copy == lines.filter { $0.fault == nil }.map(\.copy).joined(), "seed \(seed)")
        #expect(outcome.counts.read == rows && outcome.counts.accepted == rows - expected.count, "seed \(seed)")

        // Good rows and quarantined bytes, ordered by offset, are the input.
        var pieces: [(offset: Int, bytes: [UInt8])] = [(0, header)]
        pieces += outcome.quarantined.map { ($0.byteOffset, $0.bytes) }
        offset = header.count
        for line in lines {
            if line.fault == nil { pieces.append((offset, line.bytes)) }
            offset += line.bytes.count
        }
        #expect(pieces.sorted { $0.offset < $1.offset }.flatMap(\.bytes) == input, "seed \(seed)")
    }
}
