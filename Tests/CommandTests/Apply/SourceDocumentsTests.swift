import JSON
import Testing
import YAML

@testable import sluice

@Suite struct SourceDocumentsTests {
    /// Two files: the second's documents go on counting.
    private func documents() throws -> SourceDocuments {
        var documents = SourceDocuments()
        try documents.add(Array("kind: tag\nname: a\n---\nkind: tag\nname: b\n".utf8), of: "one.yaml")
        let dataset = """
            # a comment
            kind: dataset
            columns:
              - {name: id, type: bigint}
              - name: mail
                type: texts
            "a/b": 1
            """
        try documents.add(Array(dataset.utf8), of: "two.yaml")
        return documents
    }

    private func lines(_ errors: [JSONValue]) throws -> [String] {
        let body: JSONValue = ["code": "invalid", "detail": "all of it", "hint": "do so", "errors": .array(errors)]
        let failure = try documents().failure(ServerProblem(status: 422, body: body.encoded()))
        #expect(failure.code == .refused)
        #expect(failure.hint == "do so")
        return failure.message.split(separator: "\n").map(String.init)
    }

    struct Case: Sendable, CustomTestStringConvertible {
        var pointer: String
        var detail: String
        var line: String
        var testDescription: String { pointer }
    }

    @Test(arguments: [
        Case(pointer: "/documents/1/name", detail: "is taken", line: "one.yaml:5:7: name is taken"),
        Case(pointer: "/documents/1", detail: "no", line: "one.yaml:4:1: no"),
        Case(
            pointer: "/documents/2/columns/1/type", detail: "is unknown",
            line: "two.yaml:6:11: columns/1/type is unknown"),
        // The key of a field that should not be there; its value where the value is wrong.
        Case(
            pointer: "/documents/2/a~1b", detail: "is not a known field; none is",
            line: "two.yaml:7:1: a~1b is not a known field; none is"),
        // Something that is missing is missing in what would hold it.
        Case(
            pointer: "/documents/2/columns/0/nullable", detail: "is required",
            line: "two.yaml:4:5: columns/0/nullable is required"),
        Case(pointer: "/documents/3/name", detail: "x", line: "error: /documents/3/name x"),
        Case(pointer: "/documents/-1", detail: "x", line: "error: /documents/-1 x"),
        Case(pointer: "/documents", detail: "x", line: "error: /documents x"),
    ])
    func aPointerOfTheServerIsAPlaceInAFile(_ row: Case) throws {
        #expect(try lines([["pointer": .string(row.pointer), "detail": .string(row.detail)]]) == [row.line])
    }

    @Test func everyFaultHasItsLine() throws {
        let faults = try lines([
            ["pointer": "/documents/0/name", "detail": "x"], ["pointer": "/documents/1/name", "detail": "y"],
        ])
        #expect(faults == ["one.yaml:2:7: name x", "one.yaml:5:7: name y"])
    }

    @Test func aProblemWithoutPlacesIsToldAsItIs() throws {
        #expect(try lines([]) == ["error: all of it (invalid)"])
    }

    @Test func theBodyHoldsAllDocumentsInOrder() throws {
        let documents = try documents().body["documents"]?.arrayValue ?? []
        #expect(documents.map { $0["kind"] } == ["tag", "tag", "dataset"])
    }
}
