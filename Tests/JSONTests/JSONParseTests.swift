import JSON
import Testing

@Suite struct JSONParseTests {
    struct Refused: Sendable, CustomTestStringConvertible {
        var text: [UInt8]
        var code: JSONError.Code
        var offset: Int
        var pointer: String
        var testDescription: String

        init(_ text: String, _ code: JSONError.Code, at offset: Int, _ pointer: String = "") {
            self.init(Array(text.utf8), code, at: offset, pointer)
        }

        init(_ text: [UInt8], _ code: JSONError.Code, at offset: Int, _ pointer: String = "") {
            (self.text, self.code, self.offset, self.pointer) = (text, code, offset, pointer)
            testDescription = "\(String(decoding: text.prefix(40), as: UTF8.self)): \(code.rawValue)"
        }
    }

    @Test(arguments: [
        Refused("", .unexpectedEnd, at: 0),
        Refused("  ", .unexpectedEnd, at: 2),
        Refused("[1,]", .unexpectedByte, at: 3, "/1"),
        Refused("[1 2]", .unexpectedByte, at: 3, "/0"),
        Refused("[1", .unexpectedEnd, at: 2, "/0"),
        Refused("{\"a\":1,}", .unexpectedByte, at: 7),
        Refused("{\"a\" 1}", .unexpectedByte, at: 5),
        Refused("{a:1}", .unexpectedByte, at: 1),
        Refused("{\"a\":}", .unexpectedByte, at: 5, "/a"),
        Refused("[1}", .unexpectedByte, at: 2, "/0"),
        Refused("1 2", .trailingBytes, at: 2),
        Refused("\u{FEFF}1", .unexpectedByte, at: 0),
        Refused("01", .invalidNumber, at: 1),
        Refused("-", .unexpectedEnd, at: 1),
        Refused("-a", .invalidNumber, at: 1),
        Refused("1.", .unexpectedEnd, at: 2),
        Refused("1.e1", .invalidNumber, at: 2),
        Refused("1e", .unexpectedEnd, at: 2),
        Refused("+1", .unexpectedByte, at: 0),
        Refused("NaN", .unexpectedByte, at: 0),
        Refused("tru", .unexpectedEnd, at: 3),
        Refused("nulL", .unexpectedByte, at: 3),
        Refused("'a'", .unexpectedByte, at: 0),
        Refused("\"a", .unexpectedEnd, at: 2),
        Refused("\"a\\", .unexpectedEnd, at: 3),
        Refused("\"\\x\"", .invalidEscape, at: 1),
        Refused("\"\\u12g4\"", .invalidEscape, at: 1),
        Refused("\"\\u12", .unexpectedEnd, at: 5),
        Refused("\"\\ud800\"", .loneSurrogate, at: 1),
        Refused("\"\\udc00\"", .loneSurrogate, at: 1),
        Refused("\"\\ud800\\u0041\"", .loneSurrogate, at: 1),
        Refused("\"\\ud800x\"", .loneSurrogate, at: 1),
        Refused("\"a\\u0000\"", .nulCharacter, at: 2),
        Refused([0x22, 0, 0x22], .nulCharacter, at: 1),
        Refused("\"a\nb\"", .controlCharacter, at: 2),
        Refused([0x22, 0xC0, 0x80, 0x22], .invalidUTF8, at: 1),
        Refused([0x22, 0xED, 0xA0, 0x80, 0x22], .invalidUTF8, at: 1),
        Refused([0x22, 0xF4, 0x90, 0x80, 0x80, 0x22], .invalidUTF8, at: 1),
        Refused([0x22, 0xE4, 0x22], .invalidUTF8, at: 1),
        Refused([0x22, 0xE2, 0x82], .invalidUTF8, at: 1),
        Refused("{\"a\":1,\"b\":2,\"a\":3}", .duplicateKey, at: 13, "/a"),
        Refused("{\"a\":null,\"a\":3}", .duplicateKey, at: 10, "/a"),
        Refused("{\"a\":1,\"\\u0061\":3}", .duplicateKey, at: 7, "/a"),
        Refused("{\"x\":[{\"a/b~\":tru3}]}", .unexpectedByte, at: 17, "/x/0/a~1b~0"),
    ])
    func refuses(_ row: Refused) {
        let error = #expect(throws: JSONError.self) { try JSONValue.parse(row.text) }
        #expect(error?.code == row.code)
        #expect(error?.offset == row.offset)
        #expect(error?.pointer == row.pointer)
    }

    @Test func anErrorNamesLineAndColumnInCharacters() {
        let error = #expect(throws: JSONError.self) { try JSONValue.parse("{\n  \"ä\": [1,\n\t\"é\" x]}") }
        #expect(error?.line == 3)
        #expect(error?.column == 6)
        #expect(error?.pointer == "/ä/1")
        #expect(error.map { "\($0)" } == "expected ',' or ']' (line 3, column 6, byte 20 at /ä/1)")
    }

    @Test(arguments: [
        "0", "-0", "12345678901234567890123456789.000", "1E400", "-1.5e-7", "9007199254740993",
    ])
    func numbersKeepEveryDigit(_ text: String) throws {
        #expect(try JSONValue.parse(text) == .number(text))
        #expect(try JSONValue.parse(" \(text) ").text == text)
    }

    @Test func escapesAndSurrogatePairsBecomeText() throws {
        let text = #""\"\\\/\b\f\n\r\t\u00e9\ud83d\ude00é😀""#
        #expect(try JSONValue.parse(text) == .string("\"\\/\u{8}\u{C}\n\r\té😀é😀"))
    }

    @Test func canonicallyEquivalentKeysAreDifferent() throws {
        let value = try JSONValue.parse("{\"\u{E9}\":1,\"e\u{301}\":2}")
        #expect(value.objectValue?.count == 2)
        #expect(value["e\u{301}"] == 2)
    }

    @Test func depthAndSizeAreLimited() throws {
        let limits = JSONLimits(maxBytes: 200, maxDepth: 3)
        _ = try JSONValue.parse("[[[1]]]", limits: limits)
        let deep = #expect(throws: JSONError.self) { try JSONValue.parse("[[{\"a\":[]}]]", limits: limits) }
        #expect(deep?.code == .tooDeep)
        #expect(deep?.pointer == "/0/0/a")
        let long = String(repeating: " ", count: 200) + "1"
        #expect(throws: JSONError.self) { try JSONValue.parse(long, limits: limits) }
        let bomb = String(repeating: "[", count: 1_000_000)
        #expect(#expect(throws: JSONError.self) { try JSONValue.parse(bomb) }?.code == .tooDeep)
    }

    @Test func manyKeysStayFastAndUnique() throws {
        let members = (0..<50_000).map { "\"k\($0)\":\($0)" }.joined(separator: ",")
        let value = try JSONValue.parse("{\(members)}")
        #expect(value["k49999"] == 49999)
        let error = #expect(throws: JSONError.self) { try JSONValue.parse("{\(members),\"k7\":0}") }
        #expect(error?.code == .duplicateKey)
    }
}
