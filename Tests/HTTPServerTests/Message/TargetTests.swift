import TestSupport
import Testing

@testable import HTTPServer

@Suite struct TargetTests {
    @Test(arguments: [
        ("/?", []), ("/?&&", []), ("/?a", [("a", "")]), ("/?a=", [("a", "")]), ("/?=b", [("", "b")]),
        ("/?a=b=c", [("a", "b=c")]), ("/?a=1&a=2&b=3", [("a", "1"), ("a", "2"), ("b", "3")]),
        ("/?a+b=c+d%2B", [("a b", "c d+")]), ("/?a=in.(1,%22x%26y%22)", [("a", "in.(1,\"x&y\")")]),
        ("/?%E2%82%AC=%F0%9F%98%80", [("€", "😀")]), ("/?a=b?c/d", [("a", "b?c/d")]),
    ])
    func `query strings are read`(target: String, items: [(String, String)]) throws {
        let query = try Request(.get, target).query
        #expect(query.items == items.map { Query.Item(name: $0.0, value: $0.1) })
    }

    @Test(arguments: [
        ("/", []), ("/a", ["a"]), ("/a/", ["a", ""]), ("//", ["", ""]), ("/a%2Fb/c", ["a/b", "c"]),
        ("/a+b", ["a+b"]), ("/...", ["..."]), ("/%25", ["%"]),
    ])
    func `paths are split, then decoded`(target: String, segments: [String]) throws {
        #expect(try Request(.get, target).target.segments == segments)
    }

    @Test(arguments: UInt64(0)..<200)
    func `what was encoded decodes to itself`(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        let text = String(
            String.UnicodeScalarView(
                (0..<Int.random(in: 1...20, using: &random)).compactMap { _ in
                    Unicode.Scalar(UInt32.random(in: 1...0x2FFF, using: &random))
                }))
        guard text != ".", text != ".." else { return }
        let request = try Request(.get, "/\(text.percentEncoded)?q=\(text.percentEncoded)")
        #expect(request.target.segments.first.map { Array($0.utf8) } == Array(text.utf8), "seed \(seed)")
        #expect(request.query["q"].map { Array($0.utf8) } == Array(text.utf8), "seed \(seed)")
    }

    @Test func `fields are found, replaced and removed without regard to case`() {
        var fields: Fields = ["Accept": "a", "ACCEPT": "b, ,c ,", "Host": "h"]
        #expect(fields["accept"] == "a")
        #expect(fields.list("Accept") == ["a", "b", "c"])
        fields["accept"] = "z"
        #expect(fields.values("Accept") == ["z"])
        #expect(fields.count == 2)
        fields["aCCept"] = nil
        #expect(!fields.contains("accept"))
        #expect(fields["HOST"] == "h")
    }

    @Test func `request ids do not repeat`() {
        let ids = Set((0..<100_000).map { _ in RequestID.generate() })
        #expect(ids.count == 100_000)
        #expect(ids.allSatisfy(RequestID.isValid))
    }
}
