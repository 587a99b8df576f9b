import Access
import Catalog
import Cryptography
import HTTPServer
import JSON
import Testing

@testable import API

@Suite(.timeLimit(.minutes(2))) struct ConnectionTests {
    private static let path = "/api/v1/connections/travel.shop"

    private func put(
        _ fixture: PipelineFixture, _ status: Int, _ change: (inout JSONObject) -> Void = { _ in }
    ) async throws -> Installation.Answer {
        var body = PipelineFixture.database.objectValue ?? [:]
        change(&body)
        return try await fixture.installation.expect(
            status, .put, Self.path, .object(body), token: fixture.writer)
    }

    @Test func aWriterOfTheDomainMakesReadsAndDeletesOne() async throws {
        let fixture = try await PipelineFixture.make()
        let made = try await put(fixture, 201)
        #expect(made.fields["Location"] == Self.path)
        #expect(made.body["secret"] == ["password"])
        #expect(made.body["config"]?["port"] == 5432)
        let read = try await fixture.installation.expect(200, .get, Self.path, token: fixture.writer)
        #expect(read.body == made.body)
        let list = try await fixture.installation.expect(
            200, .get, "/api/v1/connections?domain=travel&kind=postgres", token: fixture.writer)
        #expect(list.body["items"] == [made.body])
        try await fixture.installation.expect(204, .delete, Self.path, token: fixture.writer)
        try await fixture.installation.expect(404, .get, Self.path, token: fixture.writer)
    }

    @Test func aReaderNeitherMakesNorSeesOne() async throws {
        let fixture = try await PipelineFixture.make()
        _ = try await put(fixture, 201)
        let installation = fixture.installation
        try await installation.expect(403, .put, Self.path, PipelineFixture.folder, token: fixture.reader)
        try await installation.expect(403, .delete, Self.path, token: fixture.reader)
        try await installation.expect(404, .get, Self.path, token: fixture.reader)
        let list = try await installation.expect(200, .get, "/api/v1/connections", token: fixture.reader)
        #expect(list.body["items"] == [])
        // A domain that the caller may not see is none.
        for domain in ["sales", "no_such"] {
            try await installation.expect(
                404, .put, "/api/v1/connections/\(domain).x", PipelineFixture.folder, token: fixture.writer)
        }
    }

    @Test func theSecretIsKeptUntilItIsGivenAnewOrTakenAway() async throws {
        let fixture = try await PipelineFixture.make()
        #expect(try await put(fixture, 201).body["secretVersion"] == 1)
        #expect(try await put(fixture, 200) { $0["secret"] = nil }.body["secretVersion"] == 1)
        #expect(try await put(fixture, 200).body["secretVersion"] == 1)
        #expect(try await put(fixture, 200) { $0["secret"] = ["password": "other"] }.body["secretVersion"] == 2)
        let without = try await put(fixture, 200) { $0["secret"] = .null }
        #expect(without.body["secretVersion"] == 3)
        #expect(without.body["secret"] == [])
    }

    @Test func theKeptSecretFollowsToNoOtherPlace() async throws {
        let fixture = try await PipelineFixture.make()
        _ = try await put(fixture, 201)
        let elsewhere: JSONValue = ["host": "evil.example.org", "database": "chinook", "user": "reader"]
        let refused = try await put(fixture, 422) { body in
            body["config"] = elsewhere
            body["secret"] = nil
        }
        #expect(refused.pointers == ["/secret"])
        _ = try await put(fixture, 200) { $0["config"] = elsewhere }
    }

    @Test func onlyTheServersKeyOpensWhatTheDatabaseHolds() async throws {
        let fixture = try await PipelineFixture.make()
        let id = try #require(try await put(fixture, 201).body["id"]?.stringValue.flatMap { Int64($0) })
        let hex = try #require(
            try await fixture.installation.value("SELECT encode(secret, 'hex') FROM sluice.connection"))
        let secret = try fixture.installation.platform.secrets.open(#require(Hex.decode(hex)), of: id)
        #expect(secret["password"] == PipelineFixture.password)
        let rows = try #require(
            try await fixture.installation.value(
                """
                SELECT string_agg(t, ' ') FROM (
                    SELECT c::text || encode(c.secret, 'escape') || encode(c.secret_mark, 'escape') AS t FROM sluice.connection AS c
                    UNION ALL SELECT a::text FROM sluice.change_audit AS a) AS all_rows
                """))
        #expect(rows.contains("db.example.org"))
        #expect(!rows.contains(PipelineFixture.password))
    }

    @Test func noAnswerToABadBodyQuotesTheSecret() async throws {
        let fixture = try await PipelineFixture.make()
        let answers = [
            try await put(fixture, 422) { $0["kind"] = "mysql" },
            try await put(fixture, 400) { $0["secret"] = ["passwrod": .string(PipelineFixture.password)] },
            try await put(fixture, 400) { $0["password"] = .string(PipelineFixture.password) },
            try await put(fixture, 422) { $0["secret"] = .string(PipelineFixture.password) },
            try await put(fixture, 422) { $0["secret"] = ["password": [.string(PipelineFixture.password)]] },
        ]
        for answer in answers { #expect(!answer.body.text.contains(PipelineFixture.password)) }
    }

    @Test func conditionsAreHonoured() async throws {
        let fixture = try await PipelineFixture.make()
        _ = try await put(fixture, 201)
        let installation = fixture.installation
        try await installation.expect(412, .put, Self.path, PipelineFixture.database, ifNew: true)
        try await installation.expect(412, .put, Self.path, PipelineFixture.database, ifMatch: "\"99\"")
        let tag = try await installation.expect(200, .get, Self.path).fields["ETag"]
        try await installation.expect(200, .put, Self.path, PipelineFixture.database, ifMatch: tag)
        try await installation.expect(412, .delete, Self.path, ifMatch: tag)
    }

    @Test func oneThatAPipelineUsesStays() async throws {
        let fixture = try await PipelineFixture.make()
        let installation = fixture.installation
        try await installation.expect(
            201, .put, "/api/v1/connections/travel.files", PipelineFixture.folder, token: fixture.writer)
        try await installation.expect(
            201, .put, "/api/v1/pipelines/travel.nightly", PipelineFixture.pipeline(), token: fixture.writer)
        let used = try await installation.expect(
            409, .delete, "/api/v1/connections/travel.files", token: fixture.writer)
        #expect(used.code == "in_use")
        try await installation.expect(
            409, .put, "/api/v1/connections/travel.files", PipelineFixture.database, token: fixture.writer)
        try await installation.expect(204, .delete, "/api/v1/pipelines/travel.nightly", token: fixture.writer)
        try await installation.expect(204, .delete, "/api/v1/connections/travel.files", token: fixture.writer)
    }
}
