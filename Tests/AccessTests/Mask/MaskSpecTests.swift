import Catalog
import Testing

@testable import Access

@Suite struct MaskSpecTests {
    /// Strictest first, as api.md lists them; within a kind the one that shows less.
    private static let inOrder: [MaskSpec] = [
        .nullify, .fixed(value: "a"), .fixed(value: "b"), .sha256Query, .token(domain: "a"),
        .token(domain: "b"), .sha256, .alphanum, .round(to: "1000"), .round(to: "10"),
        .round(to: "0.5"), .year, .month, .email, .showLast(count: 1), .showLast(count: 4), .showFirst(count: 1),
        .showFirst(count: 1000), .expression("left(value, 1)"), .expression("value"),
    ]

    @Test func masksAreOrderedByWhatTheyShow() {
        #expect(Self.inOrder.map(\.kind).reduce(into: []) { if $0.last != $1 { $0.append($1) } } == MaskKind.allCases)
        for (index, mask) in Self.inOrder.enumerated() {
            #expect(!(mask < mask))
            for looser in Self.inOrder.dropFirst(index + 1) {
                #expect(mask < looser)
                #expect(!(looser < mask))
            }
        }
    }

    @Test func sortingFindsTheSameOrderFromAnyStart() {
        for start in Self.inOrder.indices {
            let rotated = Array(Self.inOrder[start...] + Self.inOrder[..<start])
            #expect(rotated.sorted() == Self.inOrder)
            #expect(rotated.reversed().min() == .nullify)
        }
    }

    @Test(arguments: [
        ("text", [true, true, true, false, false, true]),
        ("character varying(12)", [true, true, true, false, false, true]),
        ("integer", [true, true, false, true, false, false]),
        ("numeric(12,2)", [true, true, false, true, false, false]),
        ("double precision", [true, true, false, true, false, false]),
        ("date", [true, true, false, false, true, false]),
        ("timestamp with time zone", [true, true, false, false, true, false]),
        ("boolean", [true, true, false, false, false, false]), ("uuid", [true, true, false, false, false, false]),
        ("text[]", [true, true, false, false, false, false]), ("jsonb", [true, true, false, false, false, false]),
    ]) func aMaskFitsTheTypesOfItsKind(_ type: String, _ fits: [Bool]) throws {
        let type = try ColumnType(parsing: type)
        let masks: [MaskSpec] = [.nullify, .fixed(value: "x"), .alphanum, .round(to: "10"), .year, .email]
        #expect(masks.map { $0.fits(type) } == fits)
    }

    /// A hash that was cut would be another one's, too.
    @Test(arguments: [
        ("text", [true, true, true]), ("character varying", [true, true, true]),
        ("character varying(64)", [true, true, true]), ("character varying(63)", [true, false, false]),
        ("character(32)", [true, false, false]), ("character(31)", [false, false, false]),
        ("bytea", [false, true, false]), ("text[]", [false, false, false]), ("jsonb", [false, false, false]),
        ("integer", [false, false, false]),
    ]) func aStoredMaskFitsWhatHoldsItWhole(_ type: String, _ fits: [Bool]) throws {
        let type = try ColumnType(parsing: type)
        #expect([.token(domain: "a"), .sha256, .sha256Query].map { (mask: MaskSpec) in mask.fits(type) } == fits)
    }

    /// What was rounded to a multiple is not rounded once more, to the type.
    @Test(arguments: [
        ("integer", ["1", "10", "10.0", "2e3", "1500e-2"], ["0.5", "2.5", "1e-3", "1505e-2"]),
        ("bigint", ["7"], ["7.1"]), ("smallint", ["7"], ["0.7"]),
        ("numeric(12,2)", ["0.25", "5", "0.10", "1e-2", "0.250"], ["0.125", "1e-3", "2.505"]),
        ("numeric(3,-2)", ["100", "3e2", "1200"], ["50", "150", "1", "0.5"]), ("numeric(5)", ["2"], ["2.5"]),
        ("numeric", ["0.000000001", "2.5"], []), ("real", ["0.125"], []), ("double precision", ["1e-9"], []),
    ]) func roundToAMultipleFitsWhereTheTypeHoldsIt(_ type: String, _ fitting: [String], _ others: [String]) throws {
        let type = try ColumnType(parsing: type)
        #expect(fitting.filter { !MaskSpec.round(to: $0).fits(type) } == [])
        #expect(others.filter { MaskSpec.round(to: $0).fits(type) } == [])
    }
}
