import JSON
import Query
import Testing

@Suite struct RowFormatTests {
    /// The JSON of one value and the CSV field it becomes.
    struct Case: Sendable, CustomTestStringConvertible {
        var oid: UInt32
        var text: String
        var json: String
        var csv: String
        var testDescription: String { "\(oid): \(text)" }

        init(_ oid: UInt32, _ text: String, _ json: String, csv: String) {
            (self.oid, self.text, self.json, self.csv) = (oid, text, json, csv)
        }
    }

    @Test(arguments: [
        Case(OID.int4, "-7", "-7", csv: "-7"),
        Case(OID.int8, "9007199254740993", "9007199254740993", csv: "9007199254740993"),
        Case(
            OID.numeric, "123456789012345678901234567890.10", "123456789012345678901234567890.10",
            csv: "123456789012345678901234567890.10"),
        Case(OID.numeric, "NaN", #""NaN""#, csv: "NaN"),
        Case(OID.numeric, "-Infinity", #""-Infinity""#, csv: "-Infinity"),
        Case(OID.float8, "1e-05", "1e-05", csv: "1e-05"),
        Case(OID.float8, "-0", "-0", csv: "-0"),
        Case(OID.float8, "Infinity", #""Infinity""#, csv: "Infinity"),
        Case(OID.bool, "t", "true", csv: "true"),
        Case(OID.bool, "f", "false", csv: "false"),
        Case(OID.text, "", #""""#, csv: #""""#),
        Case(OID.text, "é \"x\"\n\\", #""é \"x\"\n\\""#, csv: "\"é \"\"x\"\"\n\\\""),
        Case(OID.text, "a,b", #""a,b""#, csv: #""a,b""#),
        Case(OID.text, "\r", #""\r""#, csv: "\"\r\""),
        Case(OID.text, "\"", #""\"""#, csv: #""""""#),
        Case(OID.text, "null", #""null""#, csv: "null"),
        Case(
            OID.json, "{\"a\": 1,\r\n \"b\": \"x\\n\"}", "{\"a\": 1,   \"b\": \"x\\n\"}",
            csv: "\"{\"\"a\"\": 1,   \"\"b\"\": \"\"x\\n\"\"}\""),
        Case(OID.jsonb, "[1, 2]", "[1, 2]", csv: #""[1, 2]""#),
        Case(OID.jsonb, "1.0", "1.0", csv: "1.0"),
        Case(OID.bytea, "\\x", #""""#, csv: #""""#),
        Case(OID.bytea, "\\x66", #""Zg==""#, csv: "Zg=="),
        Case(OID.bytea, "\\x666f", #""Zm8=""#, csv: "Zm8="),
        Case(OID.bytea, "\\x666f6f", #""Zm9v""#, csv: "Zm9v"),
        Case(OID.bytea, "\\xfffefbf0", #""//778A==""#, csv: "//778A=="),
        Case(OID.bytea, "ab", #""ab""#, csv: "ab"),
        Case(OID.date, "2026-11-21", #""2026-11-21""#, csv: "2026-11-21"),
        Case(OID.date, "infinity", #""infinity""#, csv: "infinity"),
        Case(OID.timestamp, "2026-11-21 02:03:04", #""2026-11-21T02:03:04""#, csv: "2026-11-21T02:03:04"),
        Case(
            OID.timestamptz, "2026-11-21 02:03:04.123456+00", #""2026-11-21T02:03:04.123456Z""#,
            csv: "2026-11-21T02:03:04.123456Z"),
        Case(OID.timestamptz, "12026-11-21 02:03:04+00", #""12026-11-21T02:03:04Z""#, csv: "12026-11-21T02:03:04Z"),
        Case(
            OID.timestamptz, "2026-11-21 02:03:04-03", #""2026-11-21T02:03:04-03:00""#, csv: "2026-11-21T02:03:04-03:00"
        ),
        Case(
            OID.timestamptz, "2026-11-21 02:03:04+05:30", #""2026-11-21T02:03:04+05:30""#,
            csv: "2026-11-21T02:03:04+05:30"),
        Case(
            OID.timestamptz, "0044-03-15 00:00:00+00 BC", #""0044-03-15 00:00:00+00 BC""#,
            csv: "0044-03-15 00:00:00+00 BC"),
        Case(OID.timestamptz, "-infinity", #""-infinity""#, csv: "-infinity"),
        Case(OID.interval, "1 year 2 days", #""1 year 2 days""#, csv: "1 year 2 days"),
        Case(OID.int4Array, "{1,NULL,3}", "[1,null,3]", csv: #""[1,null,3]""#),
        Case(OID.int4Array, "{}", "[]", csv: "[]"),
        Case(OID.int4Array, "{{1,2},{3,4}}", "[[1,2],[3,4]]", csv: #""[[1,2],[3,4]]""#),
        Case(OID.int4Array, "[0:1][2:2]={{1},{3}}", "[[1],[3]]", csv: #""[[1],[3]]""#),
        Case(
            OID.textArray, #"{a b,"c,\"d\\","NULL",NULL,""}"#, #"["a b","c,\"d\\","NULL",null,""]"#,
            csv: #""[""a b"",""c,\""d\\"",""NULL"",null,""""]""#),
        Case(OID.boolArray, "{t,f}", "[true,false]", csv: #""[true,false]""#),
        Case(OID.byteaArray, #"{"\\x66"}"#, #"["Zg=="]"#, csv: #""[""Zg==""]""#),
        Case(OID.numericArray, "{1.10,NaN}", #"[1.10,"NaN"]"#, csv: #""[1.10,""NaN""]""#),
        Case(
            OID.timestamptzArray, #"{"2026-11-21 02:03:04+00"}"#, #"["2026-11-21T02:03:04Z"]"#,
            csv: #""[""2026-11-21T02:03:04Z""]""#),
        Case(OID.jsonbArray, #"{"{\"a\": [1, 2]}",null}"#, #"[{"a": [1, 2]},null]"#, csv: #""[{""a"": [1, 2]},null]""#),
        Case(OID.enumeration, "{odd}", #""{odd}""#, csv: "{odd}"),
    ])
    func aValueIsWrittenByItsType(_ row: Case) throws {
        let columns = [FormatColumn(name: "v", typeOID: row.oid)]
        #expect(written(.ndjson, columns, [[row.text]]) == "{\"v\":\(row.json)}\n")
        #expect(written(.csv, columns, [[row.text]]) == "v\n\(row.csv)\n")
        let document = try JSONValue.parse(written(.json, columns, [[row.text]]))
        #expect(document["rows"] == [[try JSONValue.parse(row.json)]])
    }

    @Test(arguments: [
        "{", "}", "{1", "{1,}", "{,1}", "{1}2", "{\"a}", "{\"a\\", "{a\"b\"}", "{{1}", "[0:1]=", "x", "",
        "{{{{{{{1}}}}}}}", "{1 {2}}",
    ])
    func malformedArraysBecomeStrings(_ text: String) throws {
        let columns = [FormatColumn(name: "v", typeOID: OID.int4Array)]
        let document = try JSONValue.parse(written(.json, columns, [[text]]))
        #expect(document["rows"]?[0]?[0]?.stringValue == text)
    }

    @Test func theDocumentNamesColumnsRowsAndTruncation() {
        let columns = [
            FormatColumn(name: "id", typeOID: OID.int8), FormatColumn(name: "na\"me", typeOID: 1043, typeModifier: 24),
            FormatColumn(name: "x", typeOID: OID.enumeration, typeName: "mood"),
        ]
        #expect(
            written(.json, columns, [["1", "a", nil], ["2", nil, "ok"]], truncated: true)
                == #"{"columns":[{"name":"id","type":"bigint"},{"name":"na\"me","type":"character varying(20)"},{"name":"x","type":"mood"}],"rows":[[1,"a",null],[2,null,"ok"]],"rowCount":2,"truncated":true}"#
                + "\n")
        #expect(
            written(.json, [], [])
                == #"{"columns":[],"rows":[],"rowCount":0,"truncated":false}"# + "\n")
    }

    @Test func wideNumbersBecomeStringsWhenPreferred() {
        let columns = [
            FormatColumn(name: "a", typeOID: OID.int8), FormatColumn(name: "b", typeOID: OID.numericArray),
            FormatColumn(name: "c", typeOID: OID.int4),
        ]
        #expect(
            written(.ndjson, columns, [["1", "{2.5}", "3"]], numbersAsStrings: true)
                == #"{"a":"1","b":["2.5"],"c":3}"# + "\n")
    }

    @Test func equalColumnNamesStayApartInNDJSON() {
        let columns = ["a", "a", "a_2", "a"].map { FormatColumn(name: $0, typeOID: OID.int4) }
        #expect(written(.ndjson, columns, [["1", "2", "3", "4"]]) == #"{"a":1,"a_3":2,"a_2":3,"a_4":4}"# + "\n")
    }

    @Test func nullsAndEmptyTextsDifferInCSV() {
        let columns = ["a", "b,c", ""].map { FormatColumn(name: $0, typeOID: OID.text) }
        #expect(written(.csv, columns, [[nil, "", nil], [nil, nil, "x"]]) == "a,\"b,c\",\"\"\n,\"\",\n,,x\n")
    }

    @Test func rowsOfAnotherLengthDoNotTrap() {
        let columns = ["a", "b"].map { FormatColumn(name: $0, typeOID: OID.text) }
        #expect(
            written(.ndjson, columns, [["x"], ["x", "y", "z"]])
                == "{\"a\":\"x\",\"b\":null}\n{\"a\":\"x\",\"b\":\"y\"}\n")
        #expect(written(.csv, columns, [["x"]]) == "a,b\nx,\n")
        #expect(written(.ndjson, [], [[]]) == "{}\n")
    }

    @Test func onlyNDJSONHasAPlaceForAFailure() {
        for format in ResultFormat.allCases {
            var writer = format.makeWriter()
            var output: [UInt8] = []
            let told = writer.failure(Array("{\"code\":\n\"x\"}".utf8), into: &output)
            #expect(told == (format == .ndjson))
            #expect(String(decoding: output, as: UTF8.self) == (told ? "{\"error\":{\"code\": \"x\"}}\n" : ""))
        }
    }
}
