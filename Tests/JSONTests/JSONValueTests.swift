import JSON
import Testing

@Suite struct JSONValueTests {
    @Test func encodingIsExactAndEscapesOnlyWhatItMust() {
        let value: JSONValue = [
            "a": [1, -2.5, true, .null], "b/ü": "q\"\\\n\u{1}\u{1F}\u{7F}\u{2028}</script>", "c": [:], "d": [],
        ]
        #expect(
            value.text
                == "{\"a\":[1,-2.5,true,null],\"b/ü\":\"q\\\"\\\\\\n\\u0001\\u001f\u{7F}\u{2028}</script>\",\"c\":{},\"d\":[]}"
        )
    }

    @Test func doublesThatJSONLacksBecomeStrings() {
        #expect(JSONValue(Double.nan) == "NaN")
        #expect(JSONValue(-Double.infinity) == "-Infinity")
        #expect(JSONValue(1e300).text == "1e+300")
    }

    @Test func objectsAreEqualInAnyOrderAndKeepTheirs() {
        let one: JSONValue = ["a": 1, "b": 2]
        let two: JSONValue = ["b": 2, "a": 1]
        #expect(one == two)
        #expect(one.hashValue == two.hashValue)
        #expect(two.text == "{\"b\":2,\"a\":1}")
        #expect(one != ["a": 1, "b": 3])
        #expect(one != ["a": 1])
    }

    @Test(arguments: [1, 8, 9, 30])
    func membersCanBeSetAndRemoved(_ count: Int) {
        var object = JSONObject()
        for index in 0..<count { object["k\(index)"] = JSONValue(index) }
        object["k0"] = "zero"
        #expect(object.keys == (0..<count).map { "k\($0)" })
        object["k0"] = nil
        object["absent"] = nil
        #expect(object.count == count - 1)
        #expect(object["k0"] == nil)
        #expect(object["k\(count - 1)"] == (count == 1 ? JSONValue?.none : JSONValue(count - 1)))
    }

    @Test func wrongTypesAnswerNil() {
        let value: JSONValue = ["a": [1], "n": 1.5, "big": .number("99999999999999999999")]
        #expect(value["a"]?[0]?.intValue == 1)
        #expect(value["a"]?[1] == nil)
        #expect(value["a"]?["b"] == nil)
        #expect(value["n"]?.intValue == nil)
        #expect(value["n"]?.doubleValue == 1.5)
        #expect(value["big"]?.intValue == nil)
        #expect(JSONValue.number("1e400").doubleValue == nil)
    }
}
