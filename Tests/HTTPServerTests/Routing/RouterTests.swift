import HTTPServer
import Testing

@Suite struct RouterTests {
    private func router() -> Router<Int> {
        var router = Router<Int>()
        for (method, pattern) in [
            (Method.get, "/"), (.get, "/datasets"), (.post, "/datasets"), (.get, "/datasets/{address}"),
            (.delete, "/datasets/{address}"), (.get, "/datasets/search"),
            (.get, "/datasets/{address}/columns/{column}"),
            (.get, "/static/{file...}"),
        ] {
            router.on(method, pattern) { request, context in
                let parameters = ["address", "column", "file"].compactMap { request.parameters[$0] }
                return .text("\(context) \(pattern) \(parameters.joined(separator: ","))")
            }
        }
        return router
    }

    struct Case: Sendable, CustomTestStringConvertible {
        var method: Method
        var target: String
        var answer: String
        var testDescription: String { "\(method.rawValue) \(target)" }
    }

    @Test(arguments: [
        Case(method: .get, target: "/", answer: "7 / "),
        Case(method: .get, target: "/datasets?limit=1", answer: "7 /datasets "),
        Case(method: .get, target: "/datasets/search", answer: "7 /datasets/search "),
        Case(method: .get, target: "/datasets/travel.b%20c", answer: "7 /datasets/{address} travel.b c"),
        Case(method: .get, target: "/datasets/a%2Fb", answer: "7 /datasets/{address} a/b"),
        Case(method: .head, target: "/datasets/x", answer: "7 /datasets/{address} x"),
        Case(
            method: .get, target: "/datasets/search/columns/c",
            answer: "7 /datasets/{address}/columns/{column} search,c"),
        Case(method: .get, target: "/static/css/a.css", answer: "7 /static/{file...} css/a.css"),
    ])
    func `finds the most specific route`(_ row: Case) async throws {
        let response = try await router().respond(to: Request(row.method, row.target), in: 7)
        guard case .bytes(let bytes) = response.body else { throw ConnectionClosed() }
        #expect(String(decoding: bytes, as: UTF8.self) == row.answer)
    }

    @Test(arguments: ["/nothing", "/datasets/", "/datasets/a/columns", "//", "/static", "/datasets//columns/c"])
    func `an unknown path is 404`(target: String) async throws {
        let problem = await #expect(throws: Problem.self) {
            try await router().respond(to: Request(.get, target), in: 0)
        }
        #expect(problem?.status == 404)
    }

    @Test func `another method is 405 and names those there are`() async throws {
        let problem = await #expect(throws: Problem.self) {
            try await router().respond(to: Request(.put, "/datasets/x"), in: 0)
        }
        #expect(problem?.status == 405)
        #expect(problem?.fields["Allow"] == "GET, HEAD, DELETE, OPTIONS")
    }

    @Test func `a literal path has its own methods only`() async throws {
        let problem = await #expect(throws: Problem.self) {
            try await router().respond(to: Request(.delete, "/datasets/search"), in: 0)
        }
        #expect(problem?.status == 405)
        #expect(problem?.fields["Allow"] == "GET, HEAD, OPTIONS")
    }

    @Test func `OPTIONS answers the methods of a path`() async throws {
        let response = try await router().respond(to: Request(.options, "/datasets"), in: 0)
        #expect(response.status == 204)
        #expect(response.fields["allow"] == "GET, HEAD, POST, OPTIONS")
    }

    @Test func `lists its routes in the order of registration`() {
        let routes = router().routes
        #expect(routes.count == 8)
        #expect(routes[3].method == .get)
        #expect(routes[3].pattern == "/datasets/{address}")
    }

    @Test func `notes the pattern for the log`() async throws {
        let request = try Request(.get, "/datasets/x")
        _ = try await router().respond(to: request, in: 0)
        #expect(request.exchange.route == "/datasets/{address}")
    }

    @Test func `a parameter of the wrong type is 404`() throws {
        var router = Router<Void>()
        router.on(.get, "/runs/{id}") { _, _ in Response(204) }
        let match = try router.match(Request(.get, "/runs/twelve"))
        let problem = #expect(throws: Problem.self) { try match?.request.parameters.require("id", as: Int.self) }
        #expect(problem?.status == 404)
        let other = try router.match(Request(.get, "/runs/12"))
        #expect(try other?.request.parameters.require("id", as: Int.self) == 12)
    }
}
