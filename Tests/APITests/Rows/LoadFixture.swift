import EventLoop
import HTTPServer
import JSON
import Postgres
import Store
import TestSupport
import Testing

@testable import API

/// The API on databases of its own, with the dataset `lab.samples`: `id` (key), `name`, `amount numeric(5,2)`, `day`.
struct LoadFixture: Sendable {
    static let rows = "/api/v1/datasets/lab.samples/rows"
    static let administrator = Installation.administratorToken

    let platform: Platform
    private let loop: EventLoop
    private let router = API.router()

    struct Answer: Sendable, Equatable {
        var status: Int
        var body: JSONValue
        var fields: [String: String]

        var code: String? { body["code"]?.stringValue }
        var written: String? { body["rows"]?["written"].map { String(decoding: $0.encoded(), as: UTF8.self) } }
        var pointers: [String] { body["errors"]?.arrayValue?.compactMap { $0["pointer"]?.stringValue } ?? [] }
        var text: String { String(decoding: body.encoded(), as: UTF8.self) }
    }

    static func make() async throws -> LoadFixture {
        let installation = try await Installation.make()
        let fixture = LoadFixture(platform: installation.platform, loop: try TestLoops.group().next())
        #expect(try await fixture.call(.put, "/api/v1/domains/lab", "{}").status == 201)
        let dataset = """
            {"domain": "lab", "name": "samples", "primaryKey": ["id"], "columns": [
                {"name": "id", "type": "bigint", "nullable": false}, {"name": "name", "type": "text"},
                {"name": "amount", "type": "numeric(5,2)"}, {"name": "day", "type": "date"}]}
            """
        #expect(try await fixture.call(.post, "/api/v1/datasets", dataset).status == 201)
        return fixture
    }

    func onLoop<T: Sendable>(_ body: @escaping @Sendable () async throws -> T) async throws -> T {
        try await TestLoops.run(on: loop, body)
    }

    /// Sends a request and returns the answer, problems included, as a client would see it.
    func call(
        _ method: HTTPServer.Method, _ target: String, _ body: String = "", type: String = "application/json",
        token: String = administrator, key: String? = nil, source: (any RequestBodySource)? = nil, ifNew: Bool = false
    ) async throws -> Answer {
        var fields: Fields = ["Authorization": "Bearer \(token)", "Content-Type": type]
        fields["If-None-Match"] = ifNew ? "*" : nil
        fields["Idempotency-Key"] = key
        var request = try Request(method, target, fields: fields, body: Array(body.utf8))
        if let source { request.body = RequestBody(source: source, length: nil) }
        return try await onLoop { [request] in
            let response: Response
            do {
                response = try await API.respond(to: request, router, platform, logger: Logger(sink: nil))
            } catch {
                guard let problem = Problem.mapping(error) else { throw error }
                response = problem.response(requestID: request.requestID)
            }
            var value = JSONValue.null
            if case .bytes(let bytes) = response.body { value = try JSONValue.parse(bytes) }
            let fields = Dictionary(response.fields.all.map { ($0.name, $0.value) }) { first, _ in first }
            return Answer(status: response.status.code, body: value, fields: fields)
        }
    }

    func load(
        _ body: String, type: String = "text/csv", token: String = administrator, key: String? = nil
    ) async throws -> Answer {
        try await call(.post, Self.rows, body, type: type, token: token, key: key)
    }

    func load(
        from source: any RequestBodySource, type: String = "text/csv", token: String = administrator, key: String? = nil
    ) async throws -> Answer {
        try await call(.post, Self.rows, type: type, token: token, key: key, source: source)
    }

    /// The one value of a query, as the database's superuser.
    func value(_ sql: String, in kind: SessionKind = .warehouse) async throws -> String? {
        try await onLoop {
            try await platform.sessions.withServerSession(kind) { connection in
                try await connection.query(SQL(unsafe: "SELECT (\(sql))::text"))[0].decode(at: 0)
            }
        }
    }

    func execute(_ sql: String, in kind: SessionKind = .warehouse) async throws {
        try await onLoop {
            _ = try await platform.sessions.withServerSession(kind) { try await $0.execute(SQL(unsafe: sql)) }
        }
    }

    /// The table of `lab.samples`.
    func table() async throws -> String {
        "store.d" + (try #require(try await value("SELECT id FROM sluice.dataset WHERE name = 'samples'")))
    }

    func rowCount() async throws -> String? { try await value("SELECT count(*) FROM \(try await table())") }

    /// A principal with a privilege on the dataset, or with none at all; returns its token.
    func makePrincipal(_ name: String, _ privilege: String?) async throws -> String {
        let principal = try await call(.put, "/api/v1/principals/\(name)", #"{"kind": "user"}"#, ifNew: true)
        #expect(principal.status == 201, "\(principal.text)")
        if let privilege {
            let grant = #"{"to": "user:\#(name)", "on": "dataset:lab.samples", "privilege": "\#(privilege)"}"#
            let answer = try await call(.post, "/api/v1/grants", grant)
            #expect(answer.status == 201, "\(answer.text)")
        }
        let answer = try await call(.post, "/api/v1/principals/\(name)/tokens", "{}")
        return try #require(answer.body["token"]?.stringValue)
    }
}

/// A body whose chunks the test makes one by one.
actor ScriptedBody: RequestBodySource {
    private var steps: [@Sendable () async throws -> [UInt8]?]

    init(_ steps: (@Sendable () async throws -> [UInt8]?)...) {
        self.steps = steps
    }

    func nextBodyChunk() async throws -> [UInt8]? {
        guard !steps.isEmpty else { return nil }
        return try await steps.removeFirst()()
    }
}

/// Lets one task wait for another, without time.
actor Gate {
    private var isOpen = false
    private var waiting: [CheckedContinuation<Void, Never>] = []

    func open() {
        isOpen = true
        for continuation in waiting { continuation.resume() }
        waiting = []
    }

    func pass() async {
        if isOpen { return }
        await withCheckedContinuation { waiting.append($0) }
    }
}
