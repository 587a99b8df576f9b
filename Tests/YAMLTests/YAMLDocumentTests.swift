import JSON
import Testing
import YAML

@Suite struct YAMLDocumentTests {
    static let text = """
        # a comment
        kind: dataset
        name: bookings
        columns:
          - {name: id, type: bigint}
          - name: e/mail~x
            type: text
            tags: [pii.email,
                   pii]
        ---
        kind: tag
        ---

        ...
        """

    @Test func documentsBecomeValues() throws {
        let documents = try YAMLDocument.parse(Self.text)
        #expect(
            documents.map(\.value) == [
                [
                    "kind": "dataset", "name": "bookings",
                    "columns": [
                        ["name": "id", "type": "bigint"],
                        ["name": "e/mail~x", "type": "text", "tags": ["pii.email", "pii"]],
                    ],
                ],
                ["kind": "tag"],
            ])
        #expect(documents[0].value.objectValue?.keys == ["kind", "name", "columns"])
    }

    @Test(arguments: [
        ("", 2, 1, 2, 1), ("/kind", 2, 7, 2, 1), ("/columns", 5, 3, 4, 1), ("/columns/0", 5, 5, 5, 5),
        ("/columns/0/type", 5, 22, 5, 16), ("/columns/1", 6, 5, 6, 5), ("/columns/1/tags/1", 9, 12, 9, 12),
        // What is not there is where it would be looked for.
        ("/columns/1/nullable", 6, 5, 6, 5), ("/columns/7/name", 5, 3, 4, 1), ("/owner", 2, 1, 2, 1),
    ])
    func everyPartHasItsPlace(pointer: String, line: Int, column: Int, keyLine: Int, keyColumn: Int) throws {
        let document = try YAMLDocument.parse(Self.text)[0]
        #expect(document.position(of: pointer) == YAMLPosition(line: line, column: column))
        #expect(document.keyPosition(of: pointer) == YAMLPosition(line: keyLine, column: keyColumn))
    }

    @Test func placesCountFromTheStartOfTheTextAndInCharacters() throws {
        let documents = try YAMLDocument.parse(Self.text)
        #expect(documents[1].position(of: "/kind") == YAMLPosition(line: 11, column: 7))
        let accented = try YAMLDocument.parse("é𝄞: {a/b~: 1}")[0]
        #expect(accented.position(of: "/é𝄞/a~1b~0") == YAMLPosition(line: 1, column: 12))
    }

    @Test func nothingIsNoDocument() throws {
        for text in ["", "# only a comment\n", "---\n", "---\n---\n...\n"] {
            #expect(try YAMLDocument.parse(text).isEmpty, "\(text)")
        }
    }

    @Test func jsonIsYAML() throws {
        let text = #"{"a": [1, -2.5e3, true, null, "x\"y\\é"], "b": {"c": {}}, "d": []}"#
        #expect(try YAMLDocument.parse(text).map(\.value) == [JSONValue.parse(text)])
    }
}
