import Postgres
import Testing

@testable import Access

@Suite struct RowDifferencesTests {
    private func pair(_ before: String, _ after: String) -> RowDifferences.Pair {
        RowDifferences.Pair(before: before, after: after)
    }

    @Test func onePassEvaluatesEachConditionOnce() {
        let passes = RowDifferences.Pass.over([pair("a", "b"), pair("b", "c"), pair("a", "true"), pair("c", "c")])
        #expect(passes.count == 1)
        #expect(passes[0].conditions == ["a", "b", "c"])
        #expect(passes[0].pairs.count == 3, "what is no difference is not counted")
        #expect(
            passes[0].sql(over: "t").text
                == "SELECT (CASE WHEN a THEN 1 ELSE 0 END + CASE WHEN b THEN 2 ELSE 0 END + CASE WHEN c THEN 4 ELSE 0 END)::bigint, "
                + "count(*) FROM t AS r GROUP BY 1")
    }

    @Test func wholeTablesNeedNoCondition() {
        let pass = RowDifferences.Pass.over([pair("false", "true")])[0]
        #expect(pass.sql(over: "t").text == "SELECT (0)::bigint, count(*) FROM t AS r GROUP BY 1")
        var counts = RowDifferences()
        counts.add([(bits: 0, count: 7)], of: pass)
        #expect(counts.differences == [pair("false", "true"): RowDifferences.Difference(gained: 7, lost: 0)])
    }

    @Test func rowsAreGainedAndLostByWhichConditionsHold() {
        let pass = RowDifferences.Pass.over([pair("a", "b"), pair("true", "b")])[0]
        var counts = RowDifferences()
        // Bit 0 is a, bit 1 is b.
        counts.add(
            [(bits: 0, count: 1), (bits: 1, count: 10), (bits: 2, count: 100), (bits: 3, count: 1000)], of: pass)
        #expect(counts.differences[pair("a", "b")] == RowDifferences.Difference(gained: 100, lost: 10))
        #expect(counts.differences[pair("true", "b")] == RowDifferences.Difference(gained: 0, lost: 11))
    }

    @Test func aPassHasAsManyConditionsAsANumberHasBits() {
        let pairs = (0..<100).map { pair("before \($0)", "after \($0)") }
        let passes = RowDifferences.Pass.over(pairs)
        #expect(passes.count == 4)
        #expect(passes.allSatisfy { $0.conditions.count <= RowDifferences.maxConditions })
        #expect(passes.flatMap(\.pairs) == pairs)
        let last = RowDifferences.Pass.over((0..<31).map { pair("before \($0)", "after \($0)") } + [pair("x", "true")])[
            0]
        #expect(last.conditions.count == 63)
        #expect(last.sql(over: "t").text.contains("THEN 4611686018427387904 ELSE"))
        #expect(last.holds("x", in: 1 << 62) && !last.holds("x", in: 1 << 61))
    }
}
