import HTTPServer
import Testing

@Suite struct NegotiationTests {
    static let offered = ["application/json", "application/x-ndjson", "text/csv"]

    @Test(arguments: [
        (nil, "application/json"), ("", "application/json"), ("*/*", "application/json"), ("text/csv", "text/csv"),
        ("text/*", "text/csv"), ("text/html, text/csv;q=0.1", "text/csv"),
        ("application/json;q=0.5, text/csv;q=0.8", "text/csv"),
        ("*/*;q=0.1, application/x-ndjson", "application/x-ndjson"),
        ("application/json;q=0, */*", "application/x-ndjson"), ("TEXT/CSV ; Q=1.000", "text/csv"),
        ("text/csv;q=2, application/json;q=0.1", "application/json"), ("nonsense, text/csv", "text/csv"),
    ])
    func `chooses by quality, then by the server's order`(accept: String?, expected: String) throws {
        let fields: Fields = accept.map { ["Accept": $0] } ?? [:]
        #expect(try Negotiation.choose(fields, from: Self.offered) == expected)
    }

    @Test(arguments: ["text/html", "application/json;q=0", "*/*;q=0", "image/*, text/html"])
    func `refuses with 406 what is not on offer`(accept: String) {
        let problem = #expect(throws: Problem.self) {
            try Negotiation.choose(["Accept": accept], from: Self.offered)
        }
        #expect(problem?.status == 406)
    }
}
