import Query
import Testing

@Suite struct RowsRequestTests {
    @Test func nothingAskedIsEverythingInKeyOrder() throws {
        let request = try RowsFixture.parse([])
        #expect(request.select == RowsFixture.source.columns)
        #expect(request.filters.isEmpty && request.order.isEmpty)
        #expect(request.limit == .rows(1000))
        #expect(request.cursor == nil && request.format == nil)
    }

    @Test func parametersAreReadByName() throws {
        let request = try RowsFixture.parse(
            RowsFixture.items("select=region,id&order=region.desc,at.asc.nullsfirst&limit=5&cursor=x&format=csv"))
        #expect(request.select.map(\.name) == ["region", "id"])
        #expect(request.order.map(\.column.name) == ["region", "at"])
        #expect(request.order.map(\.isDescending) == [true, false])
        #expect(request.order.map(\.nulls) == [.first, .first])
        #expect(request.limit == .rows(5))
        #expect(request.cursor == "x" && request.format == "csv")
        #expect(try RowsFixture.parse([("limit", "all")]).limit == .all)
        #expect(try RowsFixture.parse([("select", "*")]).select == RowsFixture.source.columns)
    }

    struct Refusal: Sendable, CustomTestStringConvertible {
        var name: String
        var value: String
        var message: String?
        var testDescription: String { "\(name)=\(value)" }

        init(_ name: String, _ value: String, _ message: String? = nil) {
            self.name = name
            self.value = value
            self.message = message
        }
    }

    @Test(arguments: [
        Refusal("regoin", "eq.EU", "is neither a column nor a parameter; did you mean region?"),
        Refusal("ctid", "eq.(0,1)", "is neither a column nor a parameter"), Refusal("xmin", "eq.1"),
        Refusal("", "eq.1"), Refusal("col.x", "eq.1"), Refusal("col.", "eq.1"),
        Refusal("Limit", "1", "is neither a column nor a parameter; did you mean limit?"),
        Refusal("select", ""), Refusal("select", "id,"), Refusal("select", "id,id", "names id more than once"),
        Refusal("select", "id,regio", "there is no column \"regio\"; did you mean region?"),
        Refusal("select", "count(*)"),
        Refusal("select", "id;DROP"), Refusal("select", "ctid"),
        Refusal("order", ""), Refusal("order", "id.up"), Refusal("order", "id.desc.asc"),
        Refusal("order", "id,id.desc"),
        Refusal("order", "id.nullslast.desc"), Refusal("order", "meta", "meta (json) has no order"),
        Refusal("order", "1"),
        Refusal("limit", "0"), Refusal("limit", "-1"), Refusal("limit", "+1"), Refusal("limit", "1000001"),
        Refusal("limit", ""),
        Refusal("limit", "1e3"), Refusal("limit", "99999999999999999999"), Refusal("limit", "ALL"),
        Refusal("limit", "eq.1"),
        Refusal("as_of", "2026-01-01"),
        Refusal("id", "", "a filter is written operator.value, such as eq.1"), Refusal("id", "1"), Refusal("id", "eq"),
        Refusal("id", "=.1"), Refusal("id", "EQ.1"), Refusal("id", "not.1"), Refusal("id", "not.not.eq.1"),
        Refusal("id", "like.1"),
        Refusal("id", "eq.abc", "\"abc\" does not compare with id (bigint): it is no value of type bigint"),
        Refusal("id", "eq."), Refusal("id", "eq.9223372036854775808"), Refusal("id", "eq.1 "), Refusal("id", "eq.1.0"),
        Refusal("id", "in.1,2"), Refusal("id", "in.(1,2"), Refusal("id", "in.(1,2)x"), Refusal("id", "in.(1,,2)"),
        Refusal("id", "in.(1,x)"), Refusal("id", "is.true", "is.true needs a boolean: id is bigint"),
        Refusal("id", "is.NULL"),
        Refusal("id", "is.unknown"), Refusal("region", "in.(\"a"), Refusal("region", "in.(\"a\\"),
        Refusal("region", "in.(\"a\"b)"),
        Refusal("region", "like.a\\", "the pattern ends in a backslash that escapes nothing"),
        Refusal("region", "eq.a\0b"),
        Refusal("active", "eq.yes"), Refusal("at", "eq.now"), Refusal("day", "eq.2026-02-30"),
        Refusal("amount", "eq.1,5"),
        Refusal("ratio", "eq.1e40"),
        Refusal("meta", "eq.{}", "\"{}\" does not compare with meta (json): JSON has only is.null"),
        Refusal("tags", "eq.{}"), Refusal("wait", "eq.soon"), Refusal("wait", "eq.P"), Refusal("wait", "eq.P1DT"),
        Refusal("wait", "eq.P1H"), Refusal("wait", "eq.1 day ago"), Refusal("host", "eq.300.0.0.1"),
        Refusal("host", "eq.::1/129"),
        Refusal("host", "eq.10.0.0.1/+8"),
        Refusal("or", "a.eq.1"), Refusal("or", "()"), Refusal("or", "(id.eq.1"), Refusal("or", "(id.eq.1,)"),
        Refusal("or", "(id.eq.1)x"), Refusal("or", "(id)"), Refusal("or", "(id.eq)"), Refusal("or", "(x.eq.1)"),
        Refusal("or", "(id.eq.1,and(region.eq.EU)"), Refusal("or", "(region.eq.a(b))"), Refusal("or", "((id.eq.1))"),
        Refusal("or", String(repeating: "(and", count: 10) + "(id.eq.1"), Refusal("or", "(limi.eq.1)"),
        Refusal("or", "(" + String(repeating: "and(", count: 9) + "id.eq.1" + String(repeating: ")", count: 10)),
        Refusal(
            "or", "(" + Array(repeating: "id.eq.1", count: 101).joined(separator: ",") + ")",
            "there are more than 100 conditions"),
    ])
    func whatIsWrongIsRefusedUnderItsParameter(_ row: Refusal) {
        do throws(RowsError) {
            _ = try RowsFixture.parse([(row.name, row.value)])
            Issue.record("accepted")
        } catch {
            #expect(error.parameter == row.name && error.code == .invalidParameter, "\(error)")
            if let message = row.message { #expect(error.message == message) }
        }
    }

    @Test(arguments: ["select", "order", "limit", "cursor", "format"])
    func aParameterIsGivenOnce(name: String) {
        let value = ["select": "id", "order": "id", "limit": "1"][name] ?? "x"
        #expect(throws: RowsError(parameter: name, "is given more than once")) {
            try RowsFixture.parse([(name, value), (name, value)])
        }
    }
}
