import Access
import Testing

@Suite struct FilterGrammarTests {
    struct Case: Sendable, CustomTestStringConvertible {
        var text: String
        var normalized: String
        var testDescription: String { text }

        /// One text that is its own normal form.
        init(_ text: String) { self.init(text, text) }

        init(_ text: String, _ normalized: String) {
            self.text = text
            self.normalized = normalized
        }
    }

    @Test(arguments: [
        Case("region = 'EU'"), Case("id <> 5"), Case("id < 5"), Case("id <= 5"), Case("id > 5"), Case("id >= 5"),
        Case("id != 5", "id <> 5"), Case("5 < id", "id > 5"), Case("'EU' = region", "region = 'EU'"),
        Case("5 >= id", "id <= 5"), Case("Region  =\n'EU'", "region = 'EU'"),
        Case("\"region\" = 'EU'", "region = 'EU'"),
        Case("(((region = 'EU')))", "region = 'EU'"), Case("region = ''"), Case("region = 'it''s'"),
        Case("region = '\\'"), Case("region = '--; /* $$ U&'"), Case("region = 'é𝄞'"),
        Case("id = -5"), Case("id = - 5", "id = -5"), Case("id = -(5)", "id = -5"), Case("id = - -5", "id = 5"),
        Case("id = 007", "id = 7"), Case("id = -0", "id = 0"), Case("id = 0"), Case("id = -9223372036854775808"),
        Case("id = 9223372036854775807"), Case("small = -32768"), Case("-5 = id", "id = -5"), Case("id = '12'"),
        Case("id IN (-1, 0, 1, -2)"), Case("amount = -1.50"), Case("amount = 1e3"), Case("amount = .5"),
        Case("ratio = 1.5"), Case("score >= -1e300"), Case("amount = 2"), Case("amount = '12.5'"),
        Case("active = TRUE"), Case("active = false", "active = FALSE"), Case("active <> 'true'"),
        Case("key = 'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'"), Case("raw = '\\x00Ff'"), Case("day = '2024-02-29'"),
        Case("opens < '09:30'"), Case("seen = '2026-11-21 09:30:00.123'"), Case("seen > '2026-11-21'"),
        Case("at >= '2026-11-21T09:30:00Z'"), Case("at = '2026-11-21 09:30+01:00'"),
        Case("day = DATE '2020-01-01'", "day = '2020-01-01'"), Case("day = '2020-01-01'::date", "day = '2020-01-01'"),
        Case("id = '5'::bigint", "id = '5'"), Case("id = 5::int", "id = 5"),
        Case("CAST('x' AS text) = region", "region = 'x'"),
        Case("at = timestamp with time zone '2026-11-21T09:30:00Z'", "at = '2026-11-21T09:30:00Z'"),
        Case("region IN ('EU', 'US')"), Case("region NOT IN ('EU')"),
        Case("NOT region IN ('EU')", "region NOT IN ('EU')"),
        Case("region LIKE 'E%'"), Case("region NOT LIKE 'E\\_%'"), Case("code LIKE ''"), Case("padded LIKE 'a\\\\'"),
        Case("region IS NULL"), Case("region IS NOT NULL"), Case("meta IS NULL"), Case("tags IS NOT NULL"),
        Case("NOT region IS NULL", "region IS NOT NULL"), Case("region = ANY(user.region)"),
        Case("region = ANY ( USER . Region )", "region = ANY(user.region)"),
        Case("id = ANY(user.\"ids\")", "id = ANY(user.ids)"), Case("id = ANY(user.select)"),
        Case("NOT (region = ANY(user.region))"), Case("region = code"), Case("id < amount"), Case("score > small"),
        Case("TRUE"), Case("FALSE"), Case("NOT TRUE", "NOT (TRUE)"),
        Case("\"user\" = 'x'"), Case("\"select\" = 'x'"), Case("\"limit\" = 1"),
        Case("\"Mixed\" = 'x'"), Case("\"od\"\"d\" = 'x'"), Case("\"é\" = 'x'"), Case("é = 'x'", "\"é\" = 'x'"),
        Case("\"row\" = 'x'"), Case("year = 1"), Case("\(String(repeating: "n", count: 63)) = 'x'"),
        Case("id = 1 AND id = 2 AND id = 3"), Case("id = 1 AND (id = 2 AND id = 3)", "id = 1 AND id = 2 AND id = 3"),
        Case("id = 1 OR (id = 2 OR id = 3)", "id = 1 OR id = 2 OR id = 3"), Case("id = 1 OR id = 2 AND id = 3"),
        Case("(id = 1 OR id = 2) AND id = 3"), Case("NOT (id = 1)"), Case("NOT (NOT (id = 1))"),
        Case("NOT (id = 1 OR id = 2) AND id = 3"), Case("NOT id = 1 AND id = 2", "NOT (id = 1) AND id = 2"),
    ])
    func whatIsAllowedHasOneSpelling(_ row: Case) throws {
        let expression = try FilterFixture.parse(row.text)
        #expect(expression.normalizedText == row.normalized)
        #expect(try FilterFixture.parse(expression.normalizedText) == expression)
    }

    @Test func columnsAndAttributesAreNamedOnceInOrder() throws {
        let expression = try FilterFixture.parse(
            "region = ANY(user.region) OR NOT (id < small AND region = ANY(user.area)) OR \"user\" IS NULL")
        #expect(expression.columnsUsed == ["id", "region", "small", "user"])
        #expect(expression.attributesUsed == ["area", "region"])
        #expect(try FilterFixture.parse("TRUE").columnsUsed == [])
    }

    @Test func depthIsBounded() throws {
        func nested(_ count: Int) -> String {
            String(repeating: "NOT (", count: count) + "id = 1" + String(repeating: ")", count: count)
        }
        _ = try FilterFixture.parse(nested(31))
        #expect(throws: FilterError(.tooLarge, "conditions are nested more than 32 deep", position: 164)) {
            try FilterFixture.parse(nested(32))
        }
        #expect(throws: FilterError.self) { try FilterFixture.parse(nested(600)) }
        #expect(throws: FilterError.self) { try FilterFixture.parse(String(repeating: "(", count: 4000)) }
        // Parentheses and long lists are no depth.
        _ = try FilterFixture.parse(String(repeating: "(", count: 500) + "id = 1" + String(repeating: ")", count: 500))
        _ = try FilterFixture.parse((0..<300).map { "id = \($0)" }.joined(separator: " OR "))
    }

    @Test func lengthIsBounded() throws {
        let longest = "region = '" + String(repeating: "x", count: 4096 - 11) + "'"
        _ = try FilterFixture.parse(longest)
        #expect(throws: FilterError(.tooLarge, "the expression is longer than 4096 bytes")) {
            try FilterFixture.parse(longest + " ")
        }
    }
}
