import Access
import Testing

@Suite struct FilterSQLTests {
    @Test(arguments: [
        ("region = 'EU'", #"((r)."region" OPERATOR(pg_catalog.=) 'EU'::pg_catalog.text)"#),
        ("code <> 'EU'", #"((r)."code" OPERATOR(pg_catalog.<>) 'EU'::pg_catalog.text)"#),
        ("padded = 'EU'", #"((r)."padded" OPERATOR(pg_catalog.=) 'EU'::pg_catalog.bpchar)"#),
        ("id = -5", #"((r)."id" OPERATOR(pg_catalog.=) '-5'::pg_catalog.int8)"#),
        ("amount >= 1.5", #"((r)."amount" OPERATOR(pg_catalog.>=) '1.5'::pg_catalog.numeric)"#),
        ("active = TRUE", #"((r)."active" OPERATOR(pg_catalog.=) 'true'::pg_catalog.bool)"#),
        ("region = 'it''s'", #"((r)."region" OPERATOR(pg_catalog.=) 'it''s'::pg_catalog.text)"#),
        ("region = '\\''; --'", #"((r)."region" OPERATOR(pg_catalog.=)  E'\\''; --'::pg_catalog.text)"#),
        ("region LIKE 'a\\%%'", #"((r)."region" OPERATOR(pg_catalog.~~)  E'a\\%%'::pg_catalog.text)"#),
        ("\"od\"\"d\" IS NULL", #"((r)."od""d" IS NULL)"#),
        (
            "region NOT IN ('a', 'b')",
            #"(NOT ((r)."region" OPERATOR(pg_catalog.=) ANY (ARRAY['a'::pg_catalog.text, 'b'::pg_catalog.text])))"#
        ),
        (
            "region = ANY(user.region)",
            #"((r)."region" OPERATOR(pg_catalog.=) ANY (sluice.attribute_values('region', NULL::pg_catalog.text, sluice.epoch())))"#
        ),
        (
            "id = ANY(user.ids)",
            #"((r)."id" OPERATOR(pg_catalog.=) ANY (sluice.attribute_values('ids', NULL::pg_catalog.int8, sluice.epoch())))"#
        ),
        ("id < small", #"((r)."id" OPERATOR(pg_catalog.<) (r)."small")"#),
        (
            "id = 1 OR id = 2 AND NOT (id = 3)",
            #"(((r)."id" OPERATOR(pg_catalog.=) '1'::pg_catalog.int8) OR (((r)."id" OPERATOR(pg_catalog.=) '2'::pg_catalog.int8) AND (NOT ((r)."id" OPERATOR(pg_catalog.=) '3'::pg_catalog.int8))))"#
        ),
        ("TRUE", "true"),
    ])
    func sqlIsPrintedFromTheTree(text: String, sql: String) throws {
        #expect(try FilterFixture.parse(text).sql(row: "r") == sql)
    }

    @Test func aQuoteUnderACombiningMarkIsStillAQuote() throws {
        let text = "region = 'x''\u{301} OR TRUE --'"
        let expression = try FilterFixture.parse(text)
        #expect(expression.normalizedText == text)
        #expect(expression.sql(row: "r").contains("'x''\u{301} OR TRUE --'::pg_catalog.text"))
    }
}
