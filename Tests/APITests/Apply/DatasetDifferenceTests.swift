import Catalog
import JSON
import Testing

@testable import API

@Suite struct DatasetDifferenceTests {
    private let current: JSONValue = [
        "domain": "d", "name": "n", "primaryKey": ["id"], "history": "none", "owner": "ann",
        "columns": [
            ["name": "id", "type": "bigint", "nullable": false, "description": .null, "tags": []],
            ["name": "mail", "type": "text", "nullable": true, "description": "kept", "tags": ["a", "b"]],
        ],
    ]

    private func difference(_ wanted: JSONObject) throws -> DatasetDifference {
        try DatasetDifference(from: current, to: wanted)
    }

    @Test func whatTheDocumentLeavesOutStays() throws {
        let difference = try difference([
            "columns": [["name": "new", "type": "date"], ["name": "mail", "type": "text"]]
        ])
        let columns = difference.patch["columns"]?.arrayValue ?? []
        #expect(columns.map { $0["name"]?.stringValue } == ["new", "mail", "id"])
        #expect(columns[1]["description"] == "kept")
        #expect(difference.tags.isEmpty)
        #expect(difference.patch["owner"] == nil)
    }

    @Test func tagsAreComparedAsASet() throws {
        let tags: (JSONValue) throws -> [DatasetDifference.Tags] = { tags in
            try self.difference(["columns": [["name": "mail", "type": "text", "tags": tags]]]).tags
        }
        #expect(try tags(["b", "a"]).isEmpty)
        #expect(try tags(.null).isEmpty)
        #expect(try tags([]) == [.init(column: "mail", tags: [], pointer: "/columns/0/tags")])
        #expect(try tags(["a", 7]).count == 1, "what is no list of texts is the operation's to refuse")
    }

    private static let fixed: [(JSONObject, String)] = [
        (["columns": [], "primaryKey": ["mail"]], "/primaryKey"), (["columns": [], "history": "scd2"], "/history"),
        (["columns": [["name": "mail", "type": "text", "nullable": false]]], "/columns/0/nullable"), ([:], "/columns"),
    ]

    @Test(arguments: fixed)
    func whatCannotChangeIsRefusedAtItsPlace(_ wanted: JSONObject, _ pointer: String) throws {
        let refusal = try #require(throws: Refusal.self) { try difference(wanted) }
        #expect(refusal.errors.map(\.pointer) == [pointer])
    }

    @Test func aKeyColumnMayBeCalledNullableThoughItIsNot() throws {
        #expect(try difference(["columns": [["name": "id", "type": "bigint", "nullable": true]]]).tags.isEmpty)
    }
}
