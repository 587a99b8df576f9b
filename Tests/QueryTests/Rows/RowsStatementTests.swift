import Cryptography
import Query
import Testing

@Suite struct RowsStatementTests {
    struct Case: Sendable, CustomTestStringConvertible {
        var query: String
        var condition: String
        var parameters: [String]
        var testDescription: String { query }

        init(_ query: String, _ condition: String, _ parameters: [String]) {
            self.query = query
            self.condition = condition
            self.parameters = parameters
        }
    }

    @Test(arguments: [
        Case("amount=gte.1.50", #""amount" >= $1::pg_catalog.numeric"#, ["1.50"]),
        Case("amount=eq.NaN", #""amount" = $1::pg_catalog.numeric"#, ["NaN"]),
        Case("region=neq.", #""region" <> $1::pg_catalog.text"#, [""]),
        Case("region=eq.null", #""region" = $1::pg_catalog.text"#, ["null"]),
        Case("region=eq.a,b)(.\"", #""region" = $1::pg_catalog.text"#, ["a,b)(.\""]),
        Case("region=eq.x'; DROP TABLE y --", #""region" = $1::pg_catalog.text"#, ["x'; DROP TABLE y --"]),
        Case("region=like.E%25", #""region" LIKE $1::pg_catalog.text"#, ["E%25"]),
        Case("code=not.ilike.e_", #"NOT ("code" ILIKE $1::pg_catalog.text)"#, ["e_"]),
        Case("code=eq.abcdef", #""code" = $1::pg_catalog.bpchar"#, ["abcdef"]),
        Case("region=is.null", #""region" IS NULL"#, []),
        Case("meta=not.is.null", #"NOT ("meta" IS NULL)"#, []),
        Case("active=is.true", #""active" IS TRUE"#, []),
        Case("active=eq.false", #""active" = $1::pg_catalog.bool"#, ["false"]),
        Case("id=in.(1,2,-3)", #""id" = ANY ($1::pg_catalog.int8[])"#, [#"{"1","2","-3"}"#]),
        Case("id=in.()", #""id" = ANY ($1::pg_catalog.int8[])"#, ["{}"]),
        Case(
            #"region=not.in.(a,"b,c","d\"e\\",,é)"#, #"NOT ("region" = ANY ($1::pg_catalog.text[]))"#,
            [#"{"a","b,c","d\"e\\","","é"}"#]),
        Case("at=lt.2026-11-21T00:00:00Z", #""at" < $1::pg_catalog.timestamptz"#, ["2026-11-21T00:00:00Z"]),
        Case("at=lt.2026-11-21", #""at" < $1::pg_catalog.timestamptz"#, ["2026-11-21"]),
        Case("wait=gt.P1DT2H30.5M", #""wait" > $1::pg_catalog.interval"#, ["P1DT2H30.5M"]),
        Case("wait=gt.1 day -2 hours", #""wait" > $1::pg_catalog.interval"#, ["1 day -2 hours"]),
        Case("host=eq.10.0.0.0/8", #""host" = $1::pg_catalog.inet"#, ["10.0.0.0/8"]),
        Case("host=eq.::1", #""host" = $1::pg_catalog.inet"#, ["::1"]),
        Case("col.limit=eq.1", #""limit" = $1::pg_catalog.int4"#, ["1"]),
        Case("col.or=eq.1", #""or" = $1::pg_catalog.int4"#, ["1"]),
        Case(
            "amount=gt.1&amount=lt.9", #""amount" > $1::pg_catalog.numeric AND "amount" < $2::pg_catalog.numeric"#,
            ["1", "9"]),
        Case(
            "or=(region.eq.EU,amount.not.gt.2)",
            #"("region" = $1::pg_catalog.text OR NOT ("amount" > $2::pg_catalog.numeric))"#, ["EU", "2"]),
        Case("or=(region.eq.EU)", #""region" = $1::pg_catalog.text"#, ["EU"]),
        Case(
            #"or=(region.in.("a)",b),region.eq."x,y",limit.eq.1,and.eq.2)"#,
            #"("region" = ANY ($1::pg_catalog.text[]) OR "region" = $2::pg_catalog.text OR "limit" = $3::pg_catalog.int4 OR "and" = $4::pg_catalog.int4)"#,
            [#"{"a)","b"}"#, "x,y", "1", "2"]),
        Case(
            "or=(and(id.gt.1,region.is.null),not.or(active.is.true,id.lt.0))&amount=eq.1",
            #"(("id" > $1::pg_catalog.int8 AND "region" IS NULL) OR NOT (("active" IS TRUE OR "id" < $2::pg_catalog.int8))) AND "amount" = $3::pg_catalog.numeric"#,
            ["1", "0", "1"]),
    ])
    func filtersBecomeConditionsWithBoundLiterals(_ row: Case) throws {
        let statement = try RowsFixture.statement("select=id&limit=10&" + row.query)
        let limit = "$\(row.parameters.count + 1)"
        #expect(
            statement.text
                == #"SELECT "id" FROM "travel"."bookings" WHERE \#(row.condition) ORDER BY "id" LIMIT \#(limit)::pg_catalog.int8"#
        )
        #expect(statement.parameters == row.parameters + ["11"])
    }

    @Test func aPointReadHasNeitherOrderNorLimit() throws {
        let statement = try RowsFixture.statement("select=region&id=eq.7")
        #expect(statement.isPointRead)
        #expect(statement.text == #"SELECT "region" FROM "travel"."bookings" WHERE "id" = $1::pg_catalog.int8"#)
        #expect(statement.visibleColumns == 1 && statement.limit == nil)
        for query in ["id=gt.7", "id=not.eq.7", "id=in.(7)", "or=(id.eq.7,region.eq.x)", "region=eq.7"] {
            #expect(try !RowsFixture.statement(query).isPointRead, "\(query)")
        }
        var source = RowsFixture.source
        source.primaryKey = ["id", "region"]
        #expect(try !RowsFixture.statement("id=eq.7", of: source).isPointRead)
        #expect(try RowsFixture.statement("id=eq.7&region=eq.x&amount=gt.1", of: source).isPointRead)
        source.hasExactKey = false
        #expect(try !RowsFixture.statement("id=eq.7&region=eq.x", of: source).isPointRead)
    }

    @Test func requestsOfOneShapeShareOneText() throws {
        for (one, other) in [
            ("id=eq.1", "id=eq.2"), ("id=in.(1)", "id=in.(1,2,3)"), ("region=eq.a&limit=5", "region=eq.b&limit=50"),
            ("or=(id.gt.1,region.like.a)", "or=(id.gt.2,region.like.b)"),
        ] {
            #expect(try RowsFixture.statement(one).text == RowsFixture.statement(other).text)
        }
    }

    @Test func whatOrdersWithoutBeingSelectedComesLast() throws {
        let statement = try RowsFixture.statement("select=region,amount&order=amount.desc,at.nullsfirst")
        #expect(
            statement.text
                == #"SELECT "region", "amount", "at", "id" FROM "travel"."bookings" ORDER BY "amount" DESC, "at" NULLS FIRST, "id" LIMIT $1::pg_catalog.int8"#
        )
        #expect(statement.visibleColumns == 2)
    }

    @Test func withoutAnExactKeyRowsAreToldApartByWhatIsSelected() throws {
        var source = RowsFixture.source
        source.primaryKey = []
        source.hasExactKey = false
        let statement = try RowsFixture.statement("select=region,amount&order=region", of: source)
        let digest = #"pg_catalog.hashtextextended(ROW("region", "amount")::pg_catalog.text, 0)"#
        #expect(
            statement.text
                == #"SELECT "region", "amount", \#(digest) FROM "travel"."bookings" ORDER BY "region", \#(digest) LIMIT $1::pg_catalog.int8"#
        )
        let everything = try RowsFixture.statement("select=region&limit=all", of: source)
        #expect(everything.text == #"SELECT "region" FROM "travel"."bookings""#)
    }
}
