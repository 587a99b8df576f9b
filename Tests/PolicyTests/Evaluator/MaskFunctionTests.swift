import Catalog
import TestSupport
import Testing

@testable import Access

/// The masks by themselves, over random text: what the reference makes of it, character by character.
@Suite struct MaskFunctionTests {
    /// Letters, digits, signs, combining marks, right-to-left, emoji with joiners, other planes, controls.
    private static let pieces = [
        "a", "Z", "9", "0", "@", ".", "-", "(", ")", ",", " ", "\n", "\t", "'", "\\", "%", "_", "é", "e\u{301}", "ß",
        "Ж",
        "ש", "٣", "漢", "👩‍🚀", "🇦🇹", "𝔸", "𝟘", "\u{10FFFF}", "\u{FEFF}", "\u{200D}", "\u{1}",
    ]

    @Test func maskedTextIsThatOfTheReference() async throws {
        let warehouse = try await Warehouse.make()
        let superuser = try warehouse.superuser()
        var random = SeededGenerator(seed: Effort.seed)
        let texts = (0..<(Effort.isSoak ? 20_000 : 2000)).map { _ in
            (0..<random.int(0...12)).map { _ in random.pick(Self.pieces) }.joined()
        }
        let type = try ColumnType(parsing: "text")
        let masks = try MaskKind.allCases.flatMap { kind in
            // Some have parameters.
            try (0..<3).compactMap { _ -> (sql: String, mask: ReferenceMask)? in
                guard let mask = ReferenceMask.random(kind, &random) else { return nil }
                let spec = try MaskSpec(stored: mask.json)
                // What is stored is a trigger's, not a function's: `StoredMaskTests`.
                guard mask.fits(.text), spec.stored(on: 1, tokenKeys: ["a": 1, "b": 2]) == nil else { return nil }
                return (sql: spec.sql("t", of: type), mask: mask)
            }
        }
        try superuser.rows("CREATE TEMP TABLE texts (n int, t text)")
        let tuples = texts.enumerated().map { "(\($0.offset), \(ReferenceValue.quoted($0.element)))" }
        try superuser.rows("INSERT INTO texts VALUES \(tuples.joined(separator: ", "))")
        let answers = try superuser.rows("SELECT \(masks.map(\.sql).joined(separator: ", ")) FROM texts ORDER BY n")
        #expect(answers.count == texts.count)
        for (text, answer) in zip(texts, answers) {
            let wanted = masks.map { $0.mask.masked(.text(text), .text).spelling }
            // By scalars: a String compares canonically equal ones as one.
            let same = zip(answer, wanted).allSatisfy {
                $0.map { Array($0.unicodeScalars) } == $1.map { Array($0.unicodeScalars) }
            }
            #expect(same, "seed \(Effort.seed): \(text.debugDescription): \(answer), not \(wanted)")
        }
    }

    /// The ends of each type: reading never overflows, and shows nothing finer than the mask says.
    @Test func masksOfNumbersAndDatesHoldAtTheEndsOfTheirTypes() async throws {
        let superuser = try await Warehouse.make().superuser()
        let cases: [(sql: String, answer: String?)] = [
            ("sluice.mask_round(2147483647, 1000, -2147483648, 2147483647)::int", "2147483000"),
            ("sluice.mask_round(-2147483648, 1000, -2147483648, 2147483647)::int", "-2147483000"),
            ("sluice.mask_round(5, 10, -2147483648, 2147483647)::int", "10"),
            ("sluice.mask_round(-5, 10, -2147483648, 2147483647)::int", "-10"),
            ("sluice.mask_round('NaN', 10, '-Infinity', 'Infinity')", "NaN"),
            ("sluice.mask_round(NULL, 10, '-Infinity', 'Infinity')", nil),
            ("sluice.mask_truncate('2024-02-29'::date, 'year')", "2024-01-01"),
            ("sluice.mask_truncate('infinity'::date, 'month')", "infinity"),
            ("sluice.mask_truncate('0044-03-15 BC'::date, 'year')", "0044-01-01 BC"),
            ("sluice.mask_truncate('2024-01-01 00:30:00+02'::timestamptz, 'year') = '2023-01-01 00:00:00+00'", "t"),
            ("sluice.mask_truncate('5874897-12-31'::date, 'month')", "5874897-12-01"),
            ("sluice.mask_truncate('4714-11-24 BC'::date, 'year')", "-infinity"),
            ("sluice.mask_truncate('4714-11-24 BC'::timestamp, 'year')", "-infinity"),
            ("sluice.mask_truncate('294276-12-31 23:59:59'::timestamp, 'month')", "294276-12-01 00:00:00"),
            ("sluice.mask_truncate('4714-11-24 00:00:00+00 BC'::timestamptz, 'month')", "-infinity"),
            ("sluice.mask_truncate('infinity'::timestamptz, 'month')", "infinity"),
            ("sluice.mask_truncate(NULL::timestamptz, 'year')", nil),
            ("sluice.mask_truncate(NULL::date, 'year')", nil),
        ]
        for zone in ["UTC", "Asia/Tokyo", "America/Los_Angeles"] {
            try superuser.rows("SET timezone = '\(zone)'")
            for (sql, answer) in cases {
                #expect(try superuser.rows("SELECT \(sql)") == [[answer]], "\(sql) in \(zone)")
            }
        }
    }
}
