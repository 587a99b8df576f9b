import Access
import Cryptography
import EventLoop
import HTTPServer
import JSON
import Postgres
import Store
import TestSupport
import Testing

@testable import API

/// The API on databases of its own, called without a socket.
struct Installation: Sendable {
    static let administratorToken = "slt_of_the_tests"

    let platform: Platform
    let databases: TestPlatform
    private let router = API.router()

    struct Answer {
        var status: Int
        var body: JSONValue
        var fields: Fields

        var policyVersion: Int? { fields["Sluice-Policy-Version"].flatMap { Int($0) } }
    }

    static func make() async throws -> Installation {
        let databases = try await TestPlatform.make()
        let source = SessionSource(
            server: { databases.options($0 == "control" ? .control : .warehouse) },
            principal: { databases.options(.warehouse, user: $0) })
        let group = try TestLoops.group()
        let sessions = Sessions(source: source, group: group)
        let witness = AuditWitness(on: group.blocking, load: { nil }, save: { _ in })
        let platform = Platform(
            sessions: sessions, blocking: group.blocking, cursorKey: try .random(),
            secrets: try SecretBox(serverKey: .random()),
            auditVerifier: try AuditVerifier(sessions: sessions, serverKey: .random(), witness: witness),
            onEndFailure: { Issue.record($1, "\($0)") },
            afterChange: {}, admit: { _ in })
        try await platform.sessions.withServerSession { connection in
            // Roles are the cluster's: each installation has its own prefix.
            let prefix = databases.warehouse.filter { $0 != "_" }
            try await connection.execute("UPDATE sluice.installation SET name = \(prefix)")
            try await Bootstrap.makeAdministrator(on: connection) { administratorToken }
        }
        return Installation(platform: platform, databases: databases)
    }

    private init(platform: Platform, databases: TestPlatform) {
        self.platform = platform
        self.databases = databases
    }

    /// Sends a request and returns the answer, problems included, as a client would see it.
    func call(
        _ method: Method, _ target: String, _ body: JSONValue? = nil, token: String = administratorToken,
        ifMatch: String? = nil, ifNew: Bool = false
    ) async throws -> Answer {
        var fields: Fields = ["Authorization": "Bearer \(token)", "Content-Type": "application/json"]
        if let ifMatch { fields["If-Match"] = ifMatch }
        if ifNew { fields["If-None-Match"] = "*" }
        let request = try Request(method, target, fields: fields, body: body?.encoded() ?? [])
        let response: Response
        do { response = try await router.respond(to: request, in: platform) } catch {
            let problem = try #require(Problem.mapping(error), "\(String(reflecting: error))")
            response = problem.response(requestID: request.requestID)
        }
        var value = JSONValue.null
        if case .bytes(let bytes) = response.body { value = try JSONValue.parse(bytes) }
        return Answer(status: response.status.code, body: value, fields: response.fields)
    }

    /// The text of a query that yields one value.
    func value(_ sql: String) async throws -> String? {
        try await platform.sessions.withServerSession { connection in
            try await connection.query(SQL(unsafe: "SELECT (\(sql))::text"))[0].decode(at: 0)
        }
    }
}
