import Access
import Testing

@Suite struct FilterRefusalTests {
    struct Case: Sendable, CustomTestStringConvertible {
        var text: String
        var code: FilterError.Code
        var position: Int?
        var message: String?
        var testDescription: String { text }

        init(_ text: String, _ code: FilterError.Code, _ position: Int?, _ message: String? = nil) {
            self.text = text
            self.code = code
            self.position = position
            self.message = message
        }
    }

    private func expectRefusal(_ row: Case) {
        do throws(FilterError) {
            let expression = try FilterFixture.parse(row.text)
            Issue.record("accepted as \(expression.normalizedText)")
        } catch {
            #expect(error.code == row.code, "\(error)")
            #expect(error.position == row.position, "\(error)")
            if let message = row.message { #expect(error.message == message) }
        }
    }

    /// The author reads words and a place, no name of this program's.
    @Test(arguments: [
        ("lower(region) = 'x'", "a function call is not allowed in a row filter (character 1)"),
        ("id = 1 AND", "syntax error at end of input (character 11)"),
        ("TRUE LIMIT 1", "a row filter is one condition, not part of a statement"),
        ("regoin = 'x'", "there is no column \"regoin\"; did you mean region? (character 1)"),
    ])
    func aRefusalIsASentence(_ text: String, _ sentence: String) {
        let error = #expect(throws: FilterError.self) { try FilterFixture.parse(text) }
        #expect(error?.description == sentence)
    }

    @Test(arguments: [
        Case("", .syntax, nil, "the expression is empty"), Case("  \n", .syntax, nil),
        Case("region =", .syntax, 9, "syntax error at end of input"),
        Case("= region", .syntax, 1), Case("region = = 'x'", .syntax, 10), Case("(id = 1", .syntax, 8),
        Case("id = 1) OR (id = 2", .syntax, 7), Case("'é' 'x'", .syntax, 5), Case("region = 'x", .syntax, 10),
        Case("(id) user.x", .syntax, 6, "syntax error at or near \"user.x\""), Case("region = 'a\0b'", .syntax, 12),
        Case("region = 'x' ORDER", .syntax, 19), Case("limit = 1", .syntax, 1),
    ])
    func brokenSyntaxIsReportedWhereItBreaks(_ row: Case) { expectRefusal(row) }

    @Test(arguments: [
        // A statement instead of a condition.
        Case("TRUE; DROP TABLE x", .notAllowed, 5, "\";\" is not allowed in a row filter"),
        Case("TRUE;", .notAllowed, 5),
        Case("TRUE UNION SELECT 2", .notAllowed, nil, "a row filter is one condition, not part of a statement"),
        Case("TRUE ORDER BY id", .notAllowed, nil), Case("TRUE LIMIT 1", .notAllowed, nil),
        Case("TRUE FOR UPDATE", .notAllowed, nil), Case("TRUE GROUP BY id", .notAllowed, nil),
        Case("TRUE HAVING TRUE", .notAllowed, nil), Case("TRUE WINDOW w AS ()", .notAllowed, nil),
        Case("TRUE UNION ALL TABLE x", .notAllowed, nil), Case("TRUE FETCH FIRST ROW ONLY", .notAllowed, nil),
        // Hidden things.
        Case("id = 1 -- x", .notAllowed, 8, "comments are not allowed in a row filter"),
        Case("id = /* */ 1", .notAllowed, 6),
        Case("region = 'a' -- c\n'b'", .notAllowed, 14), Case("region = 'a'\n'b'", .notAllowed, 10),
        Case("region = $$x$$", .notAllowed, 10), Case("region = $a$x$a$", .notAllowed, 10),
        Case("region = E'x'", .notAllowed, 10), Case("region = E'\\047 OR TRUE'", .notAllowed, 10),
        Case("region = U&'x'", .notAllowed, 10), Case("region = U&'\\0027'", .notAllowed, 10),
        Case("U&\"region\" = 'x'", .notAllowed, 1),
        Case("region = B'1'", .notAllowed, 10), Case("region = X'1F'", .notAllowed, 10),
        // Reaching for something else.
        Case("lower(region) = 'x'", .notAllowed, 1, "a function call is not allowed in a row filter"),
        Case("region = lower('x')", .notAllowed, 10), Case("pg_sleep(1) IS NULL", .notAllowed, 1),
        Case("pg_catalog.pg_sleep(1) IS NULL", .notAllowed, 1), Case("count(*) = 1", .notAllowed, 7),
        Case("EXISTS (SELECT 1)", .notAllowed, 1, "a sub-select is not allowed in a row filter"),
        Case("id = (SELECT 1)", .notAllowed, 6), Case("id IN (SELECT 1)", .notAllowed, 4),
        Case("id = ANY (SELECT 1)", .notAllowed, 4), Case("region = ANY(ARRAY['x'])", .notAllowed, 19),
        Case("region = ANY('{x}')", .notAllowed, 14), Case("region = ANY(tags)", .notAllowed, 14),
        Case("r.region = 'x'", .notAllowed, 1), Case("store.d1.region = 'x'", .notAllowed, 1),
        Case("region.* = 'x'", .notAllowed, 8), Case("(tags)[1] = 'x'", .notAllowed, nil),
        Case("(meta).x = 'x'", .notAllowed, nil),
        Case("region::text = 'x'", .notAllowed, 7, "a cast is allowed on a text literal only"),
        Case("CAST(id AS text) = 'x'", .notAllowed, 1), Case("region = region::text", .notAllowed, 16),
        Case("region = 'x'::name", .notAllowed, 13), Case("region = 'x'::regclass", .notAllowed, 13),
        Case("region = 'x'::public.text", .notAllowed, 13), Case("region = 'x'::text[]", .notAllowed, 19),
        Case("code = 'x'::varchar(3)", .notAllowed, 11), Case("region = 'x'::text::text", .notAllowed, 19),
        Case("ctid = '(0,1)'", .notAllowed, 1, "the system column ctid is not allowed in a row filter"),
        Case("xmin IS NULL", .notAllowed, 1), Case("tableoid = 1", .notAllowed, 1), Case("cmax = 1", .notAllowed, 1),
        Case("region = CURRENT_USER", .notAllowed, 10), Case("region = session_user", .notAllowed, 10),
        Case("day = CURRENT_DATE", .notAllowed, 7), Case("region = $1", .notAllowed, 10),
        Case("TRUE = $1", .notAllowed, 8),
        Case("region COLLATE \"C\" = 'x'", .notAllowed, 8), Case("region = 'x' COLLATE \"C\"", .notAllowed, 14),
        Case("region OPERATOR(pg_catalog.=) 'x'", .notAllowed, 8), Case("region ~ 'x'", .notAllowed, 8),
        Case("region || 'x' = 'y'", .notAllowed, 8), Case("id + 1 = 2", .notAllowed, 4),
        Case("id = 1 - 1", .notAllowed, 8),
        Case("id = +1", .notAllowed, 6), Case("id = -small", .notAllowed, 6), Case("id % 2 = 0", .notAllowed, 4),
        Case("region @> 'x'", .notAllowed, 8), Case("region LIKE 'x' ESCAPE '!'", .notAllowed, 8),
        Case("region ILIKE 'x'", .notAllowed, 8, "ILIKE is not allowed in a row filter"),
        Case("region SIMILAR TO 'x'", .notAllowed, 8),
        Case("region LIKE code", .notAllowed, 13), Case("id BETWEEN 1 AND 2", .notAllowed, 4),
        Case("id IS DISTINCT FROM 1", .notAllowed, 4), Case("active IS TRUE", .notAllowed, 8),
        Case("active", .notAllowed, 1, "a column by itself is no condition: write active = TRUE"),
        Case("'x'", .notAllowed, 1),
        Case("NULL", .notAllowed, 1), Case("1 = 1", .notAllowed, 1, "a comparison needs a column"),
        Case("'a' IN ('a')", .notAllowed, 1),
        Case("region = NULL", .notAllowed, 10, "nothing equals NULL: write region IS NULL"),
        Case("region IN ('x', NULL)", .notAllowed, 17),
        Case("region IN ('x', code)", .notAllowed, 17), Case("(id, region) = (1, 'x')", .notAllowed, 1),
        Case("ROW(id) IS NULL", .notAllowed, 1), Case("CASE WHEN TRUE THEN TRUE END", .notAllowed, 1),
        Case("COALESCE(region, 'x') = 'x'", .notAllowed, 1), Case("GREATEST(id, 1) = 1", .notAllowed, 1),
        Case("NULLIF(id, 1) = 1", .notAllowed, 1), Case("(id = 1) = TRUE", .notAllowed, 5),
        Case("(id = 1) IS NULL", .notAllowed, 5),
        Case("tags = ARRAY['x']", .notAllowed, nil), Case("id = DEFAULT", .notAllowed, 6),
        Case("TRUE AND 1", .notAllowed, 10),
        // Attributes of the subject anywhere but in = ANY(…).
        Case("region = user.region", .notAllowed, 10), Case("user.region = 'x'", .notAllowed, 1),
        Case("user.region IS NULL", .notAllowed, 1), Case("region IN (user.region)", .notAllowed, 12),
        Case("region <> ANY(user.region)", .notAllowed, 8), Case("region = ALL(user.region)", .notAllowed, 8),
        Case("region LIKE user.region", .notAllowed, 13), Case("region LIKE ANY(user.region)", .notAllowed, nil),
        Case("user.a = ANY(user.b)", .notAllowed, 1), Case("region = user", .notAllowed, 10),
        Case("region = ANY(user)", .notAllowed, 14), Case("region = ANY(user.*)", .notAllowed, 19),
        Case("region = ANY(user.\"Region\")", .notAllowed, 19), Case("region = ANY(user.é)", .notAllowed, 19),
        Case("region = ANY(user.'x')", .notAllowed, 19), Case("region = ANY(user.a.b)", .notAllowed, nil),
        Case("region = ANY(user.a::text[])", .notAllowed, nil), Case("region = ANY(\"user\".region)", .notAllowed, 14),
        Case("region = ANY(user.\(String(repeating: "a", count: 64)))", .notAllowed, 19),
        // Postgres would cut this to the name of another column.
        Case("\(String(repeating: "n", count: 64)) = 'x'", .notAllowed, 1, "a name has at most 63 bytes"),
        Case("\"\(String(repeating: "n", count: 64))\" = 'x'", .notAllowed, 1),
    ])
    func everythingElseIsRefusedWithItsPlace(_ row: Case) {
        do throws(FilterError) {
            let expression = try FilterFixture.parse(row.text)
            Issue.record("accepted as \(expression.normalizedText)")
        } catch {
            // Postgres's grammar is the first to refuse some of it.
            #expect([row.code, .syntax].contains(error.code), "\(error)")
            if error.code == .notAllowed, let position = row.position {
                #expect(error.position == position, "\(error)")
            }
            if let message = row.message { #expect(error.message == message) }
        }
    }

    @Test(arguments: [
        Case("regoin = 'x'", .unknownColumn, 1, "there is no column \"regoin\"; did you mean region?"),
        Case("id = 1 AND nothing_like_it = 2", .unknownColumn, 12, "there is no column \"nothing_like_it\""),
        Case("\"Region\" = 'x'", .unknownColumn, 1), Case("'é' = regio", .unknownColumn, 7),
        Case("\"é \" = 'x'", .unknownColumn, 1),
    ])
    func unknownColumnsAreNamedWithTheClosest(_ row: Case) { expectRefusal(row) }

    @Test(arguments: [
        Case(
            "id = 'abc'", .typeMismatch, 6,
            "'abc' does not compare with id (bigint): it is no value of type bigint"),
        Case("id = 9223372036854775808", .typeMismatch, 6), Case("small = 32768", .typeMismatch, 9),
        Case("id = 1.5", .typeMismatch, 6), Case("id = TRUE", .typeMismatch, 6), Case("id = ' 1'", .typeMismatch, 6),
        Case("id IN (1, 'x')", .typeMismatch, 11), Case("region = 5", .typeMismatch, 10),
        Case("region = TRUE", .typeMismatch, 10),
        Case("amount = 'x'", .typeMismatch, 10), Case("amount = 'NaN'", .typeMismatch, 10),
        Case("amount = 1e9999", .typeMismatch, 10), Case("ratio = 1e40", .typeMismatch, 9),
        Case("score = 1e-400", .typeMismatch, 9),
        Case("active = 1", .typeMismatch, 10), Case("active = 'yes'", .typeMismatch, 10),
        Case("key = 'x'", .typeMismatch, 7), Case("raw = 'x'", .typeMismatch, 7),
        Case("raw = '\\x0'", .typeMismatch, 7),
        Case("day = 'today'", .typeMismatch, 7), Case("day = '2023-02-29'", .typeMismatch, 7),
        Case("day = '21.11.2026'", .typeMismatch, 7), Case("day = '2026-11-21T00:00:00Z'", .typeMismatch, 7),
        Case("opens = '24:00'", .typeMismatch, 9), Case("seen = '2026-11-21T09:30:00Z'", .typeMismatch, 8),
        Case("at = '2026-11-21 09:30'", .typeMismatch, 6), Case("at = '2026-11-21'", .typeMismatch, 6),
        Case("at = 'now'", .typeMismatch, 6), Case("day = 5", .typeMismatch, 7),
        Case("day = '5'::int", .typeMismatch, 10),
        Case("region = DATE '2020-01-01'", .typeMismatch, nil), Case("id = region", .typeMismatch, 6),
        Case("region = padded", .typeMismatch, 10), Case("day = seen", .typeMismatch, 7),
        Case("seen = at", .typeMismatch, 8),
        Case("meta = '{}'", .typeMismatch, 1), Case("tags = 'x'", .typeMismatch, 1),
        Case("meta = ANY(user.x)", .typeMismatch, 1),
        Case("id LIKE '1%'", .typeMismatch, 1), Case("region LIKE 5", .typeMismatch, 13),
        Case("region LIKE 'x\\'", .typeMismatch, 13),
    ])
    func typesMustFit(_ row: Case) {
        do throws(FilterError) {
            let expression = try FilterFixture.parse(row.text)
            Issue.record("accepted as \(expression.normalizedText)")
        } catch {
            #expect(error.code == row.code, "\(error)")
            if let position = row.position { #expect(error.position == position, "\(error)") }
            if let message = row.message { #expect(error.message == message) }
        }
    }

    /// A tag's filter is written before its columns are known: all but their names and types is checked then.
    @Test(arguments: [
        Case("", .syntax, nil), Case("nobody = 'x' AND lower(region) = 'x'", .notAllowed, 18),
        Case("nobody = 1 OR (SELECT TRUE)", .notAllowed, nil), Case("a = 1 AND b = ANY('{1}')", .notAllowed, nil),
        Case("nobody = 1; TRUE", .notAllowed, 11), Case("nobody", .notAllowed, 1),
        Case("ctid = '(0,1)'", .notAllowed, 1),
        Case("a = '" + String(repeating: "x", count: 4096) + "'", .tooLarge, nil),
        Case("a LIKE b", .notAllowed, nil), Case("a = NULL", .notAllowed, 5),
    ])
    func whatIsNotOfTheGrammarIsRefusedWithoutColumns(_ row: Case) {
        do throws(FilterError) {
            try FilterExpression.checkForm(of: row.text)
            Issue.record("accepted")
        } catch {
            #expect(error.code == row.code, "\(error)")
            if let position = row.position { #expect(error.position == position, "\(error)") }
        }
    }

    @Test(arguments: [
        "region = ANY(user.region)", "a = 1 AND b = 'x' AND c = TRUE", "a < b OR NOT a IN (1, 'x')", "a LIKE 'x%'",
        "day >= DATE '2026-11-21'", "a IS NOT NULL", "TRUE",
    ])
    func columnsThatAreNotKnownMayHaveAnyType(_ text: String) throws(FilterError) {
        try FilterExpression.checkForm(of: text)
    }
}
