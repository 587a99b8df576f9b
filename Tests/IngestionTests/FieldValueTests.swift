import Ingestion
import Testing

@Suite struct FieldValueTests {
    /// A CSV field, always quoted, and the COPY field it becomes (`nil`: as it is) or the code of its refusal.
    struct Case: Sendable, CustomTestStringConvertible {
        var type: String
        var text: String
        var result: Result<String, Refusal>
        var testDescription: String { "\(type): \(text)" }

        struct Refusal: Error, Equatable { var code: String }

        static func ok(_ type: String, _ texts: String...) -> [Case] {
            texts.map { Case(type: type, text: $0, result: .success($0)) }
        }

        static func becomes(_ type: String, _ text: String, _ copy: String) -> [Case] {
            [Case(type: type, text: text, result: .success(copy))]
        }

        static func refused(_ type: String, _ code: String, _ texts: String...) -> [Case] {
            texts.map { Case(type: type, text: $0, result: .failure(Refusal(code: code))) }
        }
    }

    static let numbers: [Case] =
        Case.ok("smallint", "0", "-32768", "32767", "+7", "007")
        + Case.refused("smallint", "out_of_range", "32768", "-32769", "99999999999999999999999")
        + Case.ok("int", "2147483647", "-2147483648")
        + Case.refused("int", "out_of_range", "2147483648", "-2147483649")
        + Case.ok("bigint", "9223372036854775807", "-9223372036854775808")
        + Case.refused("bigint", "out_of_range", "9223372036854775808", "-9223372036854775809")
        + Case.refused(
            "int", "invalid_value", "", " ", "-", "1.0", "1e3", "1,000", "1_000", "0x10", "NaN", "\\N", "NA", "١")
        + Case.becomes("int", " 12\t", "12")
        + Case.ok(
            "numeric", "1.50", ".5", "5.", "-0.0", "1e131071", "1e-16383", "0e999999999", "NaN", "nan", "Infinity",
            "-inf")
        + Case.refused("numeric", "invalid_value", "", ".", "e5", "1e", "1 e5", "--1", "1.2.3", "-NaN", "1,5")
        + Case.refused("numeric", "out_of_range", "1e131072", "1e-16384", "0e-16384", "1e99999999999999999999")
        + Case.ok("numeric(4,2)", "99.994", "-99.994", "0.00001", "9.9999", "NaN")
        + Case.refused("numeric(4,2)", "out_of_range", "99.995", "-99.995", "100", "Infinity", "1e2", "1e1000000000")
        + Case.ok("numeric(2,-1)", "994", "0.1", "4")
        + Case.refused("numeric(2,-1)", "out_of_range", "995", "1449")
        + Case.ok("numeric(2,3)", "0.0994", ".0099999")
        + Case.refused("numeric(2,3)", "out_of_range", ".0995", ".1")
        + Case.ok("float8", "1e308", "4.9e-324", "1.7976931348623157e308", "-0", "0e-999", "NaN", "Infinity", "+inf")
        + Case.refused("float8", "out_of_range", "1e400", "1e-400", "1.8e308")
        + Case.refused("float8", "invalid_value", "", "0x1f", "infinityx", "1e", "abc")
        + Case.ok("real", "3.4028235e38", "1e-40")
        + Case.refused("real", "out_of_range", "3.4028236e38", "1e-330", "1e39")

    static let times: [Case] =
        Case.ok(
            "date", "2026-11-21", "2024-02-29", "5874897-12-31", "infinity", "-Infinity", "0044-03-15 BC",
            "4714-11-24 BC", "0005-02-29 BC")
        + Case.refused(
            "date", "invalid_value", "", "2026-1-2", "21.11.2026", "11/21/2026", "today", "2026-11-21T00:00:00",
            "26-11-21", "+infinity", "2026-11-21 AD")
        + Case.refused(
            "date", "out_of_range", "2026-02-29", "1900-02-29", "2026-13-01", "2026-00-01", "2026-04-31", "0000-01-01",
            "5874898-01-01", "4714-11-23 BC", "4715-01-01 BC", "0004-02-29 BC")
        + Case.ok("time", "02:03", "02:03:04", "02:03:04.123456789", "24:00", "23:59:60")
        + Case.refused("time", "out_of_range", "25:00", "02:60", "02:03:61", "24:00:00.1", "23:59:60.5")
        + Case.refused("time", "invalid_value", "2:03", "02:03:04Z", "02", "02:03:", "02:03:04.", "infinity")
        + Case.ok(
            "timestamp", "2026-11-21T02:03:04", "2026-11-21 02:03:04.5", "2026-11-21", "294276-12-31 23:59:59",
            "infinity", "0044-03-15 00:00:00 BC")
        + Case.refused(
            "timestamp", "invalid_value", "2026-11-21T02:03:04Z", "2026-11-21 02:03:04+01", "2026-11-21T",
            "2026-11-21  02:03", "1763690000")
        + Case.refused(
            "timestamp", "out_of_range", "294277-01-01 00:00:00", "2026-11-31 00:00:00", "2026-11-21 24:00:01",
            "2026-11-21 23:59:60.5")
        + Case.ok(
            "timestamptz", "2026-11-21T02:03:04Z", "2026-11-21t02:03:04z", "2026-11-21 02:03:04+00",
            "2026-11-21T02:03:04.5-03:30", "2026-11-21 02:03:04 +0530", "2026-11-21 02:03:04+15:59:59",
            "2026-11-21 02:03:04", "2026-11-21", "0044-03-15 00:00:00+00 BC")
        + Case.refused("timestamptz", "out_of_range", "2026-11-21T02:03:04+16", "2026-11-21T02:03:04+01:60")
        + Case.refused(
            "timestamptz", "invalid_value", "2026-11-21T02:03:04 Europe/Vienna", "2026-11-21T02Z",
            "2026-11-21T02:03:04+1", "2026-11-21T02:03:04+01:0203",
            "2026-11-21T02:03:04+0102:03")
        + Case.becomes("timestamptz", " 2026-11-21 ", "2026-11-21")
        + Case.ok("interval", "P1DT2H", "1 day 02:00:00", "-00:00:01.5")
        + Case.refused("interval", "invalid_value", "", "soon", "1 day \"x\"")

    static let others: [Case] =
        Case.ok("text", "", "null", "NA", "é€😀", "a\"b")
        + Case.becomes("text", "a\tb\nc\rd\\N\\.", "a\\tb\\nc\\rd\\\\N\\\\.")
        + Case.refused("text", "nul_character", "a\0b")
        + Case.ok("varchar(3)", "abc", "é€😀", "abc  ")
        + Case.refused("varchar(3)", "too_long", "abcd", "abc d", "    x")
        + Case.ok("char(2)", "a", "ab", "ab    ")
        + Case.refused("char(2)", "too_long", "abc")
        + Case.ok("bool", "t", "TRUE", "f", "fals", "y", "No", "on", "of", "1", "0")
        + Case.refused("bool", "invalid_value", "", "o", "2", "truee", "10", "ja")
        + Case.ok(
            "uuid", "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11", "A0EEBC999C0B4EF8BB6D6BB9BD380A11",
            "{a0eebc99-9c0b4ef8-bb6d6bb9bd380a11}")
        + Case.refused(
            "uuid", "invalid_value", "", "a0eebc99", "a0eebc99--9c0b4ef8-bb6d6bb9bd380a11",
            "a0eebc99-9c0b4ef8-bb6d6bb9bd380a11 ", "a0eebc999c0b4ef8bb6d6bb9bd380a11-",
            "g0eebc999c0b4ef8bb6d6bb9bd380a11", "{}", "a0eebc999c0b4ef8bb6d6bb9bd380a1100")
        + Case.ok("inet", "10.0.0.1/8", "::1")
        + Case.refused("inet", "invalid_value", "", "localhost", "1")
        + Case.ok("jsonb", "{\"a\": [1, null, \"é\"]}", "null", "9007199254740993", "\"x\"")
        + Case.becomes("json", "{\"a\":\"\\n\",\n\"b\":1}", "{\"a\":\"\\\\n\",\\n\"b\":1}")
        + Case.refused("json", "invalid_value", "", "{a:1}", "[1] 2", "{\"a\":1,\"a\":2}", "\"\\ud800\"", "NaN")
        + Case.refused("json", "nul_character", "\"\\u0000\"")
        + Case.refused("json", "limit_exceeded", String(repeating: "[", count: 70))
        + Case.becomes("bytea", "aGk=", "\\\\x6869")
        + Case.becomes("bytea", "\\x68Af", "\\\\x68Af")
        + Case.becomes("bytea", "", "\\\\x")
        + Case.becomes("bytea", "//778A==", "\\\\xfffefbf0")
        + Case.refused("bytea", "invalid_value", "aGk", "aGl=", "a===", "\\x6", "\\xgg", "=", "a b=", "====")
        + Case.becomes("int[]", "[1, null,\"3\"]", "{\"1\",NULL,\"3\"}")
        + Case.becomes("int[]", "[]", "{}")
        + Case.ok("int[]", "{1,NULL}")
        + Case.becomes(
            "text[]", "[\"a\\\"b\",\"c\\\\d\",\"\",\"NULL\",\"t\\tx\"]", #"{"a\\"b","c\\\\d","","NULL","t\tx"}"#)
        + Case.becomes("jsonb[]", "[{\"a\":[1,\"x\"]},null,[]]", #"{"{\\"a\\":[1,\\"x\\"]}",NULL,"[]"}"#)
        + Case.becomes("bytea[]", "[\"aGk=\"]", #"{"\\\\x6869"}"#)
        + Case.becomes("bool[]", "[true,false]", #"{"t","f"}"#)
        + Case.refused("int[]", "invalid_value", "", "1,2", "[1", "[1,]", "[1]]", "[\"x\"]", "[1] 2")
        + Case.refused("int[]", "wrong_type", "[[1]]", "[true]", "[{}]")
        + Case.refused("int[]", "out_of_range", "[2147483648]")
        + Case.refused("varchar(2)[]", "too_long", "[\"abc\"]")

    @Test(arguments: numbers + times + others)
    func aFieldIsTakenAsPostgresTakesIt(_ row: Case) throws {
        let field = row.text.replacing("\"", with: "\"\"")
        let columns = try columns("v \(row.type)")
        let result = Result { () throws(RowErrors) in try decode(.csv, columns, "v\n\"\(field)\"\n") }
        switch (row.result, result) {
        case (.success(let copy), .success(let text)): #expect(text == copy + "\n")
        case (.failure(let refusal), .failure(let errors)):
            let error = try #require(errors.errors.first)
            #expect(error.code.rawValue == refusal.code)
            #expect(error.line == 2 && error.record == 1 && error.column == "v")
        default: Issue.record("expected \(row.result), got \(result)")
        }
    }
}
