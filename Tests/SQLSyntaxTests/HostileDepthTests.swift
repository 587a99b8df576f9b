import SQLSyntax
import Testing

@Suite struct HostileDepthTests {
    struct Case: Sendable, CustomTestStringConvertible {
        var testDescription: String
        var sql: String
        /// `nil`: it is read.
        var code: SQLSyntaxError.Code?

        init(_ name: String, _ code: SQLSyntaxError.Code?, _ sql: String) {
            testDescription = name
            self.code = code
            self.sql = sql
        }
    }

    static func times(_ count: Int, _ text: String) -> String { String(repeating: text, count: count) }

    @Test(arguments: [
        Case("100,000 parentheses", .tooComplex, "SELECT " + times(100_000, "(") + "1" + times(100_000, ")")),
        Case("100,000 open parentheses", .tooComplex, "SELECT " + times(100_000, "(")),
        Case("600,000 open brackets", .tooComplex, "SELECT " + times(600_000, "[")),
        Case("100,000 closing parentheses", .tooComplex, "SELECT 1" + times(100_000, ")")),
        Case("100,000 terms of a sum", .tooComplex, "SELECT 1" + times(100_000, "+1")),
        Case("40,000 NOT", .tooComplex, "SELECT 1 WHERE " + times(40_000, "NOT ") + "true"),
        Case("40,000 minus signs", .tooComplex, "SELECT " + times(40_000, "- ") + "1"),
        Case("40,000 casts", .tooComplex, "SELECT 1" + times(40_000, "::int")),
        Case("30,000 UNION of lists", .tooComplex, "SELECT 1,2" + times(30_000, " UNION SELECT 1,2")),
        Case("20,000 joins", .tooComplex, "SELECT * FROM a" + times(20_000, " JOIN b ON true")),
        Case(
            "20,000 CASE", .tooComplex,
            "SELECT " + times(20_000, "CASE WHEN a THEN 1 ELSE ") + "1" + times(20_000, " END")),
        Case("9,000 NOT", nil, "SELECT 1 WHERE " + times(9_000, "NOT ") + "true"),
        Case("9,000 terms of a sum", nil, "SELECT 1" + times(9_000, "+1")),
        Case("4,900 casts", nil, "SELECT 1" + times(4_900, "::int")),
        Case("4,000 UNION of lists", nil, "SELECT 1,2" + times(4_000, " UNION SELECT 1,2")),
        Case("2,000 sub-selects", nil, "SELECT " + times(2_000, "(SELECT ") + "1" + times(2_000, ")")),
        Case("1,000 WITH in one another", nil, times(1_000, "WITH a AS (") + "SELECT 1" + times(1_000, ") TABLE a")),
        Case("5,000 alternatives", nil, "SELECT 1 WHERE a = 0" + times(5_000, " OR a = 1")),
        Case("a list of 40,000", nil, "SELECT 1 WHERE a IN (0" + times(40_000, ",1") + ")"),
        Case("10,000 rows of values", nil, "VALUES (1,2)" + times(10_000, ",(1,2)")),
        Case("60,000 list elements and joins too many", .tooComplex, "SELECT 1" + times(60_000, ",1")),
    ])
    func depthIsBoundedAndNeverEndsTheProcess(_ row: Case) throws {
        do throws(SQLSyntaxError) {
            _ = try ReadingStatement(checking: row.sql)
            #expect(row.code == nil)
        } catch {
            #expect(error.code == row.code, "\(error)")
        }
    }

    @Test func hostileStatementsAreReadOnManyThreadsAtOnce() async {
        let sql = "SELECT 1" + Self.times(9_000, "+1")
        await withTaskGroup(of: Bool.self) { group in
            for _ in 0..<16 { group.addTask { (try? ReadingStatement(checking: sql)) != nil } }
            for await isRead in group { #expect(isRead) }
        }
    }
}
