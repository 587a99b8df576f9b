import Testing

@testable import Ingestion

@Suite struct FirstNamesTests {
    /// Against sorting all of them.
    @Test(arguments: 0..<50) func theFirstNamesInTheOrderOfBytes(_ seed: Int) {
        var state = UInt64(seed) &* 0x9E37_79B9_7F4A_7C15 &+ 1
        func draw(_ bound: Int) -> Int {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return Int(state >> 33) % bound
        }
        let words = Set((0..<draw(60)).map { _ in (0...draw(3)).map { _ in UInt8(0x61 + draw(4)) } })
        let after: [UInt8]? = draw(2) == 0 ? nil : [UInt8(0x61 + draw(4))]
        let count = 1 + draw(10)
        var names = FirstNames(count: count, after: after)
        for word in words { names.offer(word) }
        let sorted = words.sorted { $0.lexicographicallyPrecedes($1) }
            .filter { word in after.map { $0.lexicographicallyPrecedes(word) } ?? true }
        #expect(names.kept == Array(sorted.prefix(count)), "seed \(seed)")
    }

    @Test func namesThatUnicodeHoldsForEqualAreDifferent() {
        var names = FirstNames(count: 3, after: Array("é".utf8))
        for name in ["é", "e\u{301}", "ê"] { names.offer(Array(name.utf8)) }
        #expect(names.kept.map { String(decoding: $0, as: UTF8.self) } == ["ê"])
    }
}
