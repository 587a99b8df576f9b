import Ingestion
import Testing

@Suite struct JSONDecodingTests {
    @Test func objectsBecomeRowsInTheOrderOfTheColumns() throws {
        let columns = try columns("id bigint!", "name text", "doc jsonb", "tags text[]", "at timestamptz")
        let rows = [
            #"{"id":9007199254740993,"name":"a\tb\u00e9\ud83d\ude00","doc":{"x":[null,1.0]},"tags":["p",null],"at":"2026-11-21T02:03:04Z"}"#,
            #"{"doc":"text","n\u0061me":"","id":"7"}"#,
            #"{ "doc" : null, "id":1, "tags":[], "at":null }"#,
        ]
        let copy =
            "9007199254740993\ta\\tbé😀\t{\"x\":[null,1.0]}\t{\"p\",NULL}\t2026-11-21T02:03:04Z\n"
            + "7\t\t\"text\"\t\\N\t\\N\n1\t\\N\t\\N\t{}\t\\N\n"
        #expect(try decode(.json, columns, " [" + rows.joined(separator: " ,\n") + "] ") == copy)
        #expect(try decode(.ndjson, columns, rows.joined(separator: "\r\n")) == copy)
        #expect(try decode(.json, columns, "[]").isEmpty)
        #expect(try decode(.ndjson, columns, "").isEmpty)
    }

    @Test(arguments: [
        ("int", "1.5", "invalid_value"), ("int", "2147483648", "out_of_range"), ("int", "true", "wrong_type"),
        ("int", "[1]", "wrong_type"), ("int", "\"x\"", "invalid_value"), ("text", "1", "wrong_type"),
        ("text", "{}", "wrong_type"), ("text", "false", "wrong_type"), ("bool", "1", "wrong_type"),
        ("bool", "\"true\"", "wrong_type"), ("date", "20261121", "wrong_type"),
        ("date", "\"2026-02-30\"", "out_of_range"),
        ("int[]", "1", "wrong_type"), ("int[]", "\"{1}\"", "wrong_type"), ("int[]", "[[1]]", "wrong_type"),
        ("text[]", "[1]", "wrong_type"), ("numeric(3,1)", "1e5", "out_of_range"), ("float8", "1e400", "out_of_range"),
        ("varchar(2)", "\"\\u00e9xx\"", "too_long"), ("uuid", "\"\"", "invalid_value"),
    ])
    func valuesOfAnotherTypeAreRefused(_ type: String, _ json: String, _ code: String) throws {
        #expect(errors(.ndjson, try columns("v \(type)"), "{\"v\":\(json)}") == ["\(code)@1.1:v"])
    }

    @Test(arguments: [
        (RowDecoder.Format.json, "", ["malformed_json@1.1"]),
        (.json, "{\"a\":1}", ["malformed_json@1.1"]),
        (.json, "[{\"a\":1},\n{\"a\":2]", ["malformed_json@2.2"]),
        (.json, "[{\"a\":1}\n{\"a\":2}]", ["malformed_json@2.2"]),
        (.json, "[{\"a\":1}", ["malformed_json@1.2"]),
        (
            .json, "[1, {\"a\":1,\n\n\"b\":2}, {\"a\":\"x\"}]",
            ["wrong_type@1.1", "wrong_type@3.2:b", "invalid_value@3.3:a"]
        ),
        (.json, "[{\"a\":1},{\"a\":1} x]", ["malformed_json@1.3"]),
        (.ndjson, "{\"a\":1}\n{\"a\":}\n{\"a\":2}\n[]\n", ["malformed_json@2.2", "wrong_type@4.4"]),
        (.ndjson, "{\"a\":1} {\"a\":2}\n", ["malformed_json@1.1"]),
        (.ndjson, "{}\n{\"a\":null}\n", ["null_not_allowed@1.1:a", "null_not_allowed@2.2:a"]),
        (.ndjson, "{\"a\":1,\"c\":2}\n", ["unknown_column@1.1"]),
        (.ndjson, "{\"a\":1,\"\\u0061\":2}\n", ["duplicate_column@1.1:a"]),
        (.ndjson, "{\"a\":1,\"b\":\"\\ud800\"}\n", ["malformed_json@1.1"]),
        (.ndjson, "{\"a\":1,\"b\":\"\\u0000\"}\n", ["nul_character@1.1"]),
        (.ndjson, "{\"a\":1,\"d\":{\"x\":1,\"x\":2}}\n", ["malformed_json@1.1"]),
        (.ndjson, "{\"a\":\(String(repeating: "[", count: 100))\n", ["limit_exceeded@1.1"]),
        (.ndjson, "{\"a\":1.}\n", ["malformed_json@1.1"]),
    ])
    func refuses(_ format: RowDecoder.Format, _ text: String, _ expected: [String]) throws {
        #expect(errors(format, try columns("a int!", "b text", "d jsonb"), text) == expected)
    }

    @Test func messagesNameThePlaceAndNoValue() throws {
        let columns = try columns("amount int", "b text")
        func message(_ text: String) -> String {
            do { return try decode(.ndjson, columns, text) } catch { return error.description }
        }
        #expect(message("{\"amount\":\"secret\"}") == "line 1, column \"amount\": is not an integer")
        #expect(message("{\"b\":1}") == "line 1, column \"b\": must be a string")
        #expect(
            message("{\"b\":\"x\",\"amonut\":1}")
                == "line 1: key 2 names no column of the dataset; did you mean \"amount\"?")
        #expect(message("\n{\"b\":\"x\" 1}") == "line 2: expected ',' or '}' (column 10 at /b)")
    }

    @Test func limitsHold() throws {
        var limits = DecodingLimits()
        limits.maxFieldBytes = 20
        limits.maxRecordBytes = 40
        let columns = try columns("a text", "b text")
        let long = String(repeating: "x", count: 19)
        #expect(errors(.ndjson, columns, "{\"a\":\"\(long)\"}", limits: limits) == ["limit_exceeded@1.1:a"])
        #expect(
            errors(.json, columns, "[{\"a\":\"\(long.dropLast())\",\"b\":\"\(long)\"", limits: limits) == [
                "limit_exceeded@1.1"
            ])
    }

    @Test func utf16IsRefused() throws {
        #expect(errors(.json, try columns("a int"), [0xFF, 0xFE, 0x5B, 0]) == ["not_utf8@1.1"])
    }
}
