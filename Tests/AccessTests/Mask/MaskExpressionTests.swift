import Catalog
import Testing

@testable import Access

@Suite struct MaskExpressionTests {
    private static func parse(_ text: String, for type: String = "text") throws -> MaskExpression {
        try MaskExpression(parsing: text, for: try ColumnType(parsing: type))
    }

    @Test(arguments: [
        ("value", "v::pg_catalog.text"), ("NULL", "NULL::pg_catalog.text"), ("'it''s'", "'it''s'::pg_catalog.text"),
        ("left(value, 2)", "pg_catalog.left(v::pg_catalog.text, 2)"),
        (
            "LEFT(value, 2) || '…'",
            "(pg_catalog.left(v::pg_catalog.text, 2) OPERATOR(pg_catalog.||) '…'::pg_catalog.text)"
        ),
        (
            "upper(split_part(value, '@', 2))",
            "pg_catalog.upper(pg_catalog.split_part(v::pg_catalog.text, '@'::pg_catalog.text, 2))"
        ),
        (
            "CASE WHEN value LIKE 'a%' OR value IN ('x') THEN 'a' WHEN value IS NOT NULL THEN lower(right(value, 1)) ELSE NULL END",
            "(CASE WHEN ((v OPERATOR(pg_catalog.~~) 'a%'::pg_catalog.text) OR (v OPERATOR(pg_catalog.=) ANY (ARRAY['x'::pg_catalog.text]))) "
                + "THEN 'a'::pg_catalog.text WHEN (NOT (v IS NULL)) THEN pg_catalog.lower(pg_catalog.right(v::pg_catalog.text, 1)) "
                + "ELSE NULL::pg_catalog.text END)"
        ),
    ]) func sqlIsPrintedFromTheTree(_ text: String, _ sql: String) throws {
        let expression = try Self.parse(text)
        #expect(
            expression.sql("v", of: FilterType(spelling: "text"), spelled: "text")
                == "CASE WHEN v IS NULL THEN NULL::text ELSE \(sql)::text END")
    }

    @Test func otherTypesKeepTheirs() throws {
        let expression = try Self.parse("CASE WHEN value > 65 THEN 65 ELSE value END", for: "integer")
        #expect(
            expression.sql("v", of: FilterType(spelling: "integer"), spelled: "integer")
                == "CASE WHEN v IS NULL THEN NULL::integer ELSE (CASE WHEN (v OPERATOR(pg_catalog.>) '65'::pg_catalog.int4) "
                + "THEN '65'::integer ELSE v::integer END)::integer END")
    }

    @Test(arguments: [
        ("", "the expression is empty"), ("value x", "a mask's expression is one value, not part of a statement"),
        ("value, value", "a mask's expression is one value, not part of a statement"),
        ("value FROM secrets", "a mask's expression is one value, not part of a statement"),
        ("(SELECT 1)", "a sub-select is not allowed in a mask's expression (character 1)"),
        ("email", "there is no column \"email\" (character 1)"),
        ("other.value", "a column is named alone, without table or * (character 1)"),
        ("user.region", "user.region is not allowed in a mask's expression: except says whom it binds (character 1)"),
        (
            "CASE WHEN value = ANY(user.region) THEN value ELSE NULL END",
            "user.region is not allowed in a mask's expression: except says whom it binds (character 23)"
        ),
        ("value::int", "a cast is not allowed in a mask's expression (character 6)"),
        ("CAST(value AS text)", "a cast is not allowed in a mask's expression (character 1)"),
        (
            "CASE value WHEN 'a' THEN 'b' ELSE NULL END",
            "CASE with an operand (write CASE WHEN value = …) is not allowed in a mask's expression (character 1)"
        ),
        ("CASE WHEN value = 'a' THEN 'b' END", "CASE needs an ELSE, which may be NULL (character 1)"),
        (
            "pg_sleep(1)",
            "the function pg_sleep is none of left, right, upper, lower, split_part, and is not allowed in a mask's expression (character 1)"
        ),
        (
            "pg_catalog.upper(value)",
            "the function upper is none of left, right, upper, lower, split_part, and is not allowed in a mask's expression (character 1)"
        ),
        ("left(value)", "left takes 2 arguments (character 1)"),
        ("upper(value, 1)", "upper takes 1 arguments (character 1)"),
        ("left(value, 0)", "left takes a number from 1 to 1000 here (character 13)"),
        ("left(value, -1)", "left takes a number from 1 to 1000 here (character 13)"),
        ("split_part(value, '', 1)", "split_part takes a text that is not empty here (character 19)"),
        ("value || 1", "1 does not compare with value (text) (character 10)"),
        ("value <> 'a'", "the operator <> as a value is not allowed in a mask's expression (character 7)"),
        ("1; DROP TABLE x", "\";\" is not allowed in a mask's expression (character 2)"),
        ("value /* x */", "comments are not allowed in a mask's expression (character 7)"),
        (
            "upper(DISTINCT value)",
            "the function upper is none of left, right, upper, lower, split_part, and is not allowed in a mask's expression (character 1)"
        ),
    ]) func whatIsNotOfTheGrammarIsRefused(_ text: String, _ sentence: String) {
        let error = #expect(throws: FilterError.self) { try MaskExpression(parsing: text, for: ColumnType(.text)) }
        #expect(error?.description == sentence)
    }

    @Test(arguments: [
        ("left(value, 1)", "integer", "left makes a text, and the column is of type integer (character 1)"),
        ("value || 'a'", "date", "|| makes a text, and the column is of type date (character 7)"),
        (
            "'abcd'", "character varying(3)",
            "'abcd' is longer than the column's type character varying(3) (character 1)"
        ),
        ("1000", "numeric(5,2)", "1000 is no value of the column's type numeric(5,2) (character 1)"),
        ("1.005", "numeric(5,2)", "1.005 is no value of the column's type numeric(5,2) (character 1)"),
        (
            "CASE WHEN value > 1 THEN 40000 ELSE 1 END", "smallint",
            "'40000' does not compare with value (smallint): it is no value of type smallint (character 26)"
        ),
        ("'{}'", "jsonb", "'{}' does not compare with value (jsonb): it is no value of type jsonb (character 1)"),
    ]) func whatGivesNoValueOfTheTypeIsRefused(_ text: String, _ type: String, _ sentence: String) throws {
        let type = try ColumnType(parsing: type)
        let error = #expect(throws: FilterError.self) { try MaskExpression(parsing: text, for: type) }
        #expect(error?.description == sentence)
        #expect(!MaskSpec.expression(text).fits(type))
        // On a tag it is checked without a type.
        if type.category != .text { #expect(throws: Never.self) { try MaskExpression(parsing: text, for: nil) } }
    }

    @Test(arguments: [
        ("999.99", "numeric(5,2)"), ("0.010", "numeric(5,2)"), ("'abc'", "character varying(3)"), ("value", "jsonb"),
        ("DATE '2000-01-01'", "date"), ("'2000-01-01'", "date"), ("TRUE", "boolean"), ("NULL", "text[]"),
        ("'00:00'", "time"),
    ]) func otherwiseItFits(_ text: String, _ type: String) throws {
        let type = try ColumnType(parsing: type)
        #expect(throws: Never.self) { try MaskExpression(parsing: text, for: type) }
        #expect(MaskSpec.expression(text).fits(type))
    }

    @Test func nestingIsBounded() {
        let deep = String(repeating: "upper(", count: 40) + "value" + String(repeating: ")", count: 40)
        let error = #expect(throws: FilterError.self) { try MaskExpression(parsing: deep, for: nil) }
        #expect(error?.code == .tooLarge)
        let long = "left(value, 1)" + String(repeating: " ", count: FilterExpression.maxBytes)
        #expect(throws: FilterError.self) { try MaskExpression(parsing: long, for: nil) }
    }
}
