import Catalog
import Postgres
import TestSupport
import Testing

@testable import Query

/// CSV that Postgres has written is, byte for byte, the CSV of the single values.
@Suite(.timeLimit(.minutes(2))) struct CopiedCSVTests {
    /// Values of every type a column of a dataset or of a query is likely to have.
    static let values = [
        "true", "false", "NULL::boolean", "'t'::text", "-7::smallint", "2147483647", "9007199254740993::bigint",
        "123456789012345678901234567890.10::numeric", "'NaN'::numeric", "'-Infinity'::numeric", "1e-5::float8",
        "'-0'::float8", "'Infinity'::float8", "0.1::real", "''", "' '", "'a,b'", "'say \"x\"'", "'\"'", "'\"\"'", "','",
        "E'a\\nb'", "E'\\r'", "E'\\r\\n'", "E'\\t'", "'é😀'", "'\\.'", "'\\N'", "'NULL'", "repeat('x\"', 5000)",
        "'x'::char(3)", "'x'::varchar(3)",
        "'x'::\"char\"", "'a'::name", "'\\x'::bytea", "'\\x00ff10'::bytea", "NULL::bytea",
        "date '2026-11-21'", "date 'infinity'", "date '0044-03-15 BC'", "time '02:03:04.5'", "timetz '02:03:04+02'",
        "timestamp '2026-11-21 02:03:04'", "timestamp '-infinity'", "timestamptz '2026-11-21 02:03:04.123456+02'",
        "timestamptz '0044-03-15 12:00:00Z BC'", "timestamptz '12026-01-01 00:00Z'", "NULL::timestamptz",
        "interval '1 year 2 days 03:04:05.6'", "interval '-1 day'", "'{\"a\": [1, \"x,y\"]}'::json",
        "E'{\"a\":\\n 1}'::json", "'null'::jsonb", "'\"te\"\"xt\"'::text", "'\"q\"'::jsonb", "NULL::json",
        "'{}'::int[]",
        "ARRAY[1, NULL, 3]", "ARRAY[[1, 2], [3, 4]]", "'[0:1]={1,2}'::int[]", "ARRAY['a,b', 'c\"d', '', NULL, E'\\n']",
        "ARRAY[true, false]", "ARRAY[timestamptz '2026-11-21 02:03:04Z']", "ARRAY['\\xff'::bytea]",
        "ARRAY['{\"a\": \"b\"}'::jsonb]", "NULL::text[]", "'550e8400-e29b-41d4-a716-446655440000'::uuid",
        "'10.0.0.0/8'::cidr", "int4range(1, 5)", "'{[1,3),[5,7)}'::int4multirange", "ROW(1, 'a,b', NULL, true)",
        "point '(1,2)'", "B'101'", "12.5::money", "'mood ok'::mood", "'5'::positive", "'a & b'::tsquery",
        "'(1,\"x y\")'::pair", "ARRAY['mood ok'::mood]", "xmlcomment('x')", "pg_lsn '0/1'",
    ]

    private static let types = """
        CREATE TYPE mood AS ENUM ('mood ok', 'b');
        CREATE DOMAIN positive AS integer CHECK (value > 0);
        CREATE TYPE pair AS (n integer, t text);
        """

    @Test func everyTypeIsWrittenAlikeAloneAndBesideOthers() async throws {
        try await RunFixture.with(Self.types) { fixture in
            func check(_ sql: String) async throws {
                let copied = try await fixture.csv(sql)
                #expect(try await copied.text == fixture.csvOfValues(sql), "\(sql)")
            }
            for value in Self.values {
                try await check("SELECT \(value)")
                try await check("SELECT \(value) AS a, 'x' AS b")
                try await check("SELECT NULL AS a, \(value) AS a, true, \(value) AS \"b,\"\"c\"")
            }
            try await check("SELECT \(Self.values.joined(separator: ", "))")
            let nulls = Self.values.map { "nullif((\($0))::text, (\($0))::text)" }
            try await check("SELECT \(nulls.joined(separator: ", "))")
        }
    }

    @Test func resultsWithoutRowsOrColumnsAreWrittenAlike() async throws {
        try await RunFixture.with { fixture in
            for sql in [
                "SELECT 1 AS a, now() AS b WHERE false", "SELECT", "SELECT FROM generate_series(1, 3)",
                "VALUES (1), (NULL)", "TABLE pg_catalog.pg_am", "(SELECT 1 AS x)",
                "WITH w AS (SELECT true AS t) SELECT * FROM w -- all of them", "SELECT 1 /* ) TO STDOUT */",
            ] {
                let copied = try await fixture.csv(sql)
                #expect(try await copied.text == fixture.csvOfValues(sql), "\(sql)")
            }
        }
    }

    /// Columns of all kinds, in rows whose texts are made of what CSV and Postgres treat specially.
    @Test func anyTextIsWrittenAlike() async throws {
        let text = """
            (SELECT string_agg((ARRAY['"', ',', E'\\n', E'\\r', '\\', '.', 'é', 'x', ' ', '{', '}', '😀', 't'])
                [1 + (random() * 12)::int], '') FROM generate_series(1, (random() * 8)::int + 0 * n))
            """
        let script = """
            SELECT setseed(0.25);
            CREATE TABLE mixed AS SELECT n, \(text) AS a, random() < 0.5 AS b, ARRAY[\(text), \(text)] AS c,
                to_json(\(text)) AS d, n * interval '1.5 s' AS e, to_timestamp(n * 1234567.891) AS f,
                convert_to(\(text), 'UTF8') AS g, \(text) AS h
            FROM generate_series(1, 5000) AS n;
            """
        try await RunFixture.with(script) { fixture in
            for columns in ["*", "a", "b, a", "c", "d, d", "f, a, f", "g, e", "a, b, c, d, f, h"] {
                let sql = "SELECT \(columns) FROM mixed ORDER BY n"
                let copied = try await fixture.csv(sql)
                #expect(copied.summary.rowCount == 5000)
                #expect(try await copied.text == fixture.csvOfValues(sql), "\(sql)")
            }
        }
    }

    @Test func theTextOfAStatementWithParametersIsTheSame() async throws {
        try await RunFixture.with { fixture in
            let plain = try await fixture.csv("SELECT n, n > 2 AS b FROM generate_series(1, 4) AS n")
            let bound = try await fixture.csv("SELECT n, n > $1::int AS b FROM generate_series(1, 4) AS n", ["2"])
            #expect(plain.text == bound.text)
            #expect(plain.text == "n,b\n1,false\n2,false\n3,true\n4,true\n")
        }
    }

    @Test(arguments: [0, 1, 3, 5, 6]) func aLimitCutsBetweenRows(limit: Int) async throws {
        try await RunFixture.with { fixture in
            let sql = "SELECT n, E'a\\nb' AS t FROM generate_series(1, 5) AS n"
            let (text, summary) = try await fixture.csv(sql, limit: limit)
            #expect(summary.rowCount == min(limit, 5))
            #expect(summary.isTruncated == (limit < 5))
            #expect(text == "n,t\n" + (1...5).prefix(limit).map { "\($0),\"a\nb\"\n" }.joined())
            // The session is fit for the next.
            #expect(try await fixture.csv("SELECT 1 AS n").text == "n\n1\n")
        }
    }

    /// Lines of no CSV are passed on in some way, within their bounds.
    @Test func malformedLinesDoNotTrap() {
        let columns = [OID.bool, OID.textArray, OID.int4, OID.timestamptz].map { FormatColumn(name: "c", typeOID: $0) }
        for line in [
            "", "\n", "\"\n", "\"", "t", "t,\"a\"\"\n", "t,\"a\n", ",,,,,,\n", "t,\"\"\"", "t,\"\"\"\n", "t,{a",
        ] {
            var csv = CopiedCSV(limit: nil)
            var output: [UInt8] = []
            csv.begin(columns, into: &output)
            let wrote = Array(line.utf8).withUnsafeBytes { csv.add($0, into: &output) }
            #expect(wrote)
        }
    }
}
