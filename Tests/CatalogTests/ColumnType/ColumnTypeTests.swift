import Testing

@testable import Catalog

@Suite struct ColumnTypeTests {
    @Test(arguments: [
        ("int", "integer"), ("INT4", "integer"), ("integer", "integer"), ("bigint", "bigint"), ("int8", "bigint"),
        ("smallint", "smallint"), ("int2", "smallint"), ("numeric", "numeric"), ("numeric(5)", "numeric(5,0)"),
        ("numeric ( 10 , 2 )", "numeric(10,2)"), ("decimal(3,-2)", "numeric(3,-2)"), ("dec", "numeric"),
        ("real", "real"), ("float4", "real"), ("float(24)", "real"), ("float(25)", "double precision"),
        ("float", "double precision"), ("float8", "double precision"), ("double  precision", "double precision"),
        ("text", "text"), ("varchar", "character varying"), ("varchar(20)", "character varying(20)"),
        ("character varying (7)", "character varying(7)"), ("char", "character(1)"), ("char(3)", "character(3)"),
        ("character(3)", "character(3)"), ("bool", "boolean"), ("boolean", "boolean"), ("date", "date"),
        ("time", "time without time zone"), ("time(3)", "time(3) without time zone"),
        ("time (3) without time zone", "time(3) without time zone"), ("timestamp", "timestamp without time zone"),
        ("timestamp without time zone", "timestamp without time zone"), ("timestamptz", "timestamp with time zone"),
        ("timestamptz(0)", "timestamp(0) with time zone"),
        ("timestamp(6) with time zone", "timestamp(6) with time zone"), ("interval", "interval"), ("uuid", "uuid"),
        ("json", "json"), ("JSONB", "jsonb"), ("bytea", "bytea"), ("inet", "inet"), ("text[]", "text[]"),
        ("numeric(4,1) [ ]", "numeric(4,1)[]"), ("timestamp(3) with time zone[]", "timestamp(3) with time zone[]"),
    ])
    func spellingsBecomeThoseOfFormatType(_ spelling: String, _ canonical: String) throws {
        let type = try ColumnType(parsing: spelling)
        #expect(type.description == canonical)
        #expect(try ColumnType(parsing: canonical) == type)
    }

    @Test(arguments: [
        ("", "must begin with a type's name"),
        ("(3)", "must begin with a type's name"),
        ("money2", "is not an allowed type. Allowed are"),
        ("txt", "did you mean text?"),
        ("bigserial", "did you mean bigint?"),
        ("time with time zone", "did you mean timestamptz?"),
        ("money", "Allowed are smallint, integer"),
        ("text(3)", "takes no (…) after text"),
        ("varchar(0)", "needs a length between 1 and 10485760"),
        ("varchar(1,2)", "takes one number in parentheses"),
        ("varchar(x)", "needs a number"),
        ("varchar(", "needs a number"),
        ("varchar(99999999999999999999)", "needs a number"),
        ("varchar(3", "unclosed"),
        ("numeric(0)", "needs a precision between 1 and 1000"),
        ("numeric(3,1001)", "needs a scale between -1000 and 1000"),
        ("numeric(1,2,3)", "takes one number"),
        ("timestamp(7)", "needs a precision between 0 and 6"),
        ("timestamp with time zone (3)", "wrong place"),
        ("character (3) varying", "wrong place"),
        ("int[][]", "more than one dimension"),
        ("int[3]", "unexpected \"[\""),
        ("int; DROP TABLE x", "unexpected \";\""),
        ("\"char\"", "must begin with a type's name"),
        ("pg_catalog.text", "unexpected \".\""),
    ])
    func otherTextsAreRefusedWithAReason(_ spelling: String, _ reason: String) {
        let error = #expect(throws: ColumnTypeError.self) { try ColumnType(parsing: spelling) }
        #expect(error?.description.contains(reason) == true, "\(error?.description ?? "")")
    }

    @Test func categoriesFollowTheType() throws {
        let expected: [(String, ColumnType.Category)] = [
            ("int", .number), ("numeric(3,1)", .number), ("float8", .number), ("varchar(3)", .text), ("char", .text),
            ("bool", .boolean), ("date", .date), ("timestamp", .timestamp), ("timestamptz", .timestamp),
            ("bytea", .binary), ("json", .json), ("jsonb", .json), ("time", .other), ("uuid", .other),
            ("interval", .other), ("inet", .other), ("int[]", .array), ("jsonb[]", .array),
        ]
        for (spelling, category) in expected {
            #expect(try ColumnType(parsing: spelling).category == category, "\(spelling)")
        }
    }

    @Test func everyAllowedNameIsAllowed() throws {
        for name in ColumnType.allowedNames { #expect(throws: Never.self) { try ColumnType(parsing: name) } }
    }
}
