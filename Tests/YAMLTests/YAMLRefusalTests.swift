import Testing
import YAML

@Suite struct YAMLRefusalTests {
    struct Case: Sendable, CustomTestStringConvertible {
        var testDescription: String
        var text: String
        var code: YAMLError.Code
        var line: Int
        var column: Int

        init(_ name: String, _ text: String, _ code: YAMLError.Code, _ line: Int, _ column: Int) {
            testDescription = name
            self.text = text
            self.code = code
            self.line = line
            self.column = column
        }
    }

    @Test(arguments: [
        Case("duplicate key", "a: 1\nb: 2\na: 3", .duplicateKey, 3, 1),
        Case("duplicate key, quoted", "{a: 1, \"a\": 2}", .duplicateKey, 1, 8),
        Case("anchor", "a: &x 1", .notAllowed, 1, 4), Case("anchor on a mapping", "a: &x {b: 1}", .notAllowed, 1, 4),
        Case("anchor on a sequence", "&x [1]", .notAllowed, 1, 1), Case("alias", "a: *x", .notAllowed, 1, 4),
        Case("alias as a key", "*x : 1", .notAllowed, 1, 1),
        Case("billion laughs", "a: &a [x]\nb: &b [*a, *a]\nc: [*b, *b]", .notAllowed, 1, 4),
        Case("merge key", "a: 1\n<<: {b: 2}", .notAllowed, 2, 1), Case("tag", "a: !!str 1", .notAllowed, 1, 4),
        Case("local tag", "!secret x", .notAllowed, 1, 1),
        Case("language tag", "!!python/object:os.system {}", .notAllowed, 1, 1),
        Case("%TAG", "%TAG ! tag:x:\n---\na: 1", .notAllowed, 1, 1),
        Case("mapping as a key", "{a: 1}: 2", .notAllowed, 1, 1),
        Case("sequence as a key", "? [a]\n: 1", .notAllowed, 1, 3), Case("missing key", ": 1", .syntax, 1, 1),
        Case("zero byte, escaped", "a: \"\\0\"", .notAllowed, 1, 4), Case("zero byte", "a: \0", .syntax, 1, 4),
        Case("number beyond 64 bits", "a: 0x1FFFFFFFFFFFFFFFF", .notAllowed, 1, 4),
        Case("unclosed flow", "a: [1, 2\nb: 3", .syntax, 2, 2),
        Case("tab for indentation", "a:\n\tb: 1", .syntax, 2, 1),
        Case("unclosed quote", "a: 'x\n", .syntax, 2, 1), Case("stray bracket", "a: ]", .syntax, 1, 4),
        Case("bad indentation", "a: 1\n  b: 2", .syntax, 2, 4), Case("bad escape", "a: \"\\q\"", .syntax, 1, 5),
        Case("lone surrogate", "a: \"\\ud800\"", .syntax, 1, 7),
        Case("unknown version", "%YAML 2.0\n---\n", .syntax, 1, 1),
        Case("error in the second document", "a: 1\n---\nb: [", .syntax, 4, 1),
    ])
    func whatIsRefusedIsNamedWithItsPlace(_ row: Case) {
        do throws(YAMLError) {
            let documents = try YAMLDocument.parse(row.text)
            Issue.record("accepted as \(documents.map(\.value))")
        } catch {
            #expect(error.code == row.code, "\(error)")
            #expect(error.position == YAMLPosition(line: row.line, column: row.column), "\(error)")
        }
    }

    @Test func bytesThatAreNoUTF8AreRefusedWhereTheyAre() {
        #expect(throws: YAMLError(.syntax, "invalid leading UTF-8 octet", at: YAMLPosition(line: 2, column: 5))) {
            try YAMLDocument.parse(Array("a: é\nb: \"".utf8) + [0xff, UInt8(ascii: "\"")])
        }
    }

    @Test func depthAndSizeAreBounded() throws {
        let limits = YAMLLimits(maxBytes: 1000, maxDepth: 3)
        _ = try YAMLDocument.parse("[[[1]]]", limits: limits)
        #expect(throws: YAMLError(.tooDeep, "values are nested more than 3 deep", at: YAMLPosition(line: 1, column: 4)))
        {
            try YAMLDocument.parse("[[[[1]]]]", limits: limits)
        }
        #expect(throws: YAMLError(.tooDeep, "values are nested more than 3 deep", at: YAMLPosition(line: 1, column: 7)))
        {
            try YAMLDocument.parse("- - - - 1", limits: limits)
        }
        #expect(throws: YAMLError.self) { try YAMLDocument.parse(String(repeating: "x", count: 1001), limits: limits) }
        for text in ["[", "{a: ", "- ", "? "] {
            #expect(throws: YAMLError.self, "\(text)") {
                try YAMLDocument.parse(String(repeating: text, count: 500_000))
            }
        }
    }
}
