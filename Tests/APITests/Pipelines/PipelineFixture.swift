import HTTPServer
import JSON
import Testing

@testable import API

/// An installation with a domain `travel`, which `writer` may write and `reader` may see, and a domain `sales`.
struct PipelineFixture: Sendable {
    static let password = "s3cret-Of-The-Tests"

    let installation: Installation
    let writer: String
    let reader: String

    static func make() async throws -> PipelineFixture {
        let installation = try await Installation.make()
        let people: [JSONValue] = ["writer", "reader"].map { ["kind": "principal", "name": .string($0)] }
        let domains: [JSONValue] = ["travel", "sales"].map { ["kind": "domain", "name": .string($0)] }
        let grants: [JSONValue] = [
            ["kind": "grant", "to": "user:writer", "privilege": "write", "on": "domain:travel"],
            ["kind": "grant", "to": "user:reader", "privilege": "select", "on": "domain:travel"],
        ]
        try await installation.expect(
            200, .post, "/api/v1/apply", ["documents": .array(people + domains + grants)])
        return PipelineFixture(
            installation: installation, writer: try await installation.token(of: "writer"),
            reader: try await installation.token(of: "reader"))
    }

    /// A connection to a database, with a secret.
    static let database: JSONValue = [
        "kind": "postgres", "config": ["host": "db.example.org", "database": "chinook", "user": "reader"],
        "secret": ["password": .string(password)],
    ]

    static let folder: JSONValue = ["kind": "file", "config": ["path": "openflights"]]

    /// A pipeline of one step, with these fields of `ingest` in place of or besides the plain ones.
    static func pipeline(_ fields: JSONObject = [:]) -> JSONValue {
        var ingest: JSONObject = [
            "from": ["connection": "files", "path": "airports.csv"],
            "to": ["dataset": "travel.airports", "mode": "append"],
        ]
        for (name, value) in fields { ingest[name] = value }
        return ["steps": [["name": "load", "ingest": .object(ingest)]]]
    }

    static func pipeline(runAs name: String) -> JSONValue {
        var body = pipeline().objectValue ?? [:]
        body["runAs"] = .string(name)
        return .object(body)
    }

    /// A load into `dataset`.
    static func pipeline(into dataset: String, mode: String = "append", key: [String] = []) -> JSONValue {
        var target: JSONObject = ["dataset": .string(dataset), "mode": .string(mode)]
        if !key.isEmpty { target["key"] = JSONValue(key) }
        return pipeline(["to": .object(target)])
    }
}

extension Installation {
    /// The answer of a call that must have this status.
    @discardableResult
    func expect(
        _ status: Int, _ method: HTTPServer.Method, _ target: String, _ body: JSONValue? = nil,
        token: String = administratorToken, ifMatch: String? = nil, ifNew: Bool = false
    ) async throws -> Answer {
        let answer = try await call(method, target, body, token: token, ifMatch: ifMatch, ifNew: ifNew)
        #expect(answer.status == status, "\(method.rawValue) \(target): \(answer.body.text)")
        return answer
    }

    /// A new token of a principal.
    func token(of principal: String) async throws -> String {
        let answer = try await expect(201, .post, "/api/v1/principals/\(principal)/tokens", [:])
        return try #require(answer.body["token"]?.stringValue)
    }
}

extension Installation.Answer {
    /// The places of the faults that a problem tells.
    var pointers: [String] { (body["errors"]?.arrayValue ?? []).compactMap { $0["pointer"]?.stringValue } }
    var code: String? { body["code"]?.stringValue }
}
