import HTTPServer
import JSON
import Store
import Testing

@testable import API

@Suite struct IdempotencyTests {
    @Test func aRepeatGetsTheFirstAnswerAndDoesNothing() async throws {
        let api = try await LoadFixture.make()
        let first = try await api.load("id\n1\n", key: "a")
        let again = try await api.load("id\n1\n", key: "a")
        #expect(first.written == "1")
        #expect(again == first)
        #expect(try await api.rowCount() == "1")
        let body = #"{"name": "other", "domain": "lab", "columns": [{"name": "id", "type": "text"}]}"#
        let made = try await api.call(.post, "/api/v1/datasets", body, key: "b")
        #expect(made.status == 201)
        #expect(made.fields["Location"] == "/api/v1/datasets/lab.other")
        #expect(try await api.call(.post, "/api/v1/datasets", body, key: "b") == made)
    }

    @Test func theKeyBelongsToOneRequestOfOneToken() async throws {
        let api = try await LoadFixture.make()
        #expect(try await api.load("id\n1\n2\n", key: "a").status == 200)
        for body in ["id\n1\n3\n", "id\n1\n", "id\n1\n2\n3\n", ""] {
            #expect(try await api.load(body, key: "a").code == "idempotency_mismatch", "\(body)")
        }
        #expect(try await api.load("id\n1\n2\n", type: "text/csv; x=y", key: "a").code == "idempotency_mismatch")
        #expect(try await api.call(.post, "/api/v1/grants", "{}", key: "a").code == "idempotency_mismatch")
        let other = try await api.makePrincipal("other", "write")
        #expect(try await api.load("id\n4\n", token: other, key: "a").written == "1")
    }

    @Test func aRefusalIsAnAnswerToo() async throws {
        let api = try await LoadFixture.make()
        #expect(try await api.load("id\n1\n").status == 200)
        let refused = try await api.load("id\n1\n", key: "a")
        #expect(refused.status == 422)
        let table = try await api.table()
        try await api.execute("DELETE FROM \(table)")
        #expect(try await api.load("id\n1\n", key: "a") == refused)
        #expect(try await api.load("id\n1\n", key: "b").status == 200)
    }

    @Test func aFailureOfOursIsNotKept() async throws {
        let api = try await LoadFixture.make()
        let body = ScriptedBody(
            { Array("id\n1\n".utf8) },
            {
                let ended = try await api.value(InterruptedLoadTests.terminateCopies)
                #expect(ended == "1")
                return Array("2\n".utf8)
            })
        #expect(try await api.load(from: body, key: "a").status == 503)
        #expect(try await api.load("id\n1\n2\n", key: "a").written == "2")
    }

    @Test func aClientThatWentAwayMayTryAgain() async throws {
        let api = try await LoadFixture.make()
        let body = ScriptedBody({ Array("id\n1\n".utf8) }, { throw ConnectionClosed() })
        await #expect(throws: (any Error).self) { try await api.load(from: body, key: "a") }
        #expect(try await api.load("id\n1\n", key: "a").written == "1")
    }

    @Test func whileTheFirstRunsARepeatIsToldToWait() async throws {
        let api = try await LoadFixture.make()
        let body = ScriptedBody(
            { Array("id\n1\n".utf8) },
            {
                let repeated = try await api.load(from: ScriptedBody({ Array("id\n1\n".utf8) }), key: "a")
                #expect(repeated.code == "idempotency_pending", "\(repeated.text)")
                #expect(repeated.fields["Retry-After"] == "1")
                let other = try await api.call(.post, "/api/v1/grants", "{}", key: "a")
                #expect(other.code == "idempotency_mismatch", "\(other.text)")
                return nil
            })
        let first = try await api.load(from: body, key: "a")
        #expect(first.written == "1")
        #expect(try await api.load(from: ScriptedBody({ Array("id\n1\n".utf8) }), key: "a") == first)
    }

    @Test func ofTwoUnderOneKeyOnlyOneCommits() async throws {
        let api = try await LoadFixture.make()
        let body = ScriptedBody(
            { Array("id\n1\n".utf8) },
            {
                // As if it had not said for long that it lives.
                try await api.execute(
                    "UPDATE sluice.idempotency SET created_at = now() - interval '6 minutes'", in: .control)
                let taken = try await api.load(from: ScriptedBody({ Array("id\n2\n".utf8) }), key: "a")
                #expect(taken.written == "1", "\(taken.text)")
                return Array("3\n".utf8)
            })
        // It finds that the one that took over has committed, with other rows.
        #expect(try await api.load(from: body, key: "a").code == "idempotency_mismatch")
        #expect(try await api.load(from: ScriptedBody({ Array("id\n2\n".utf8) }), key: "a").written == "1")
        #expect(try await api.rowCount() == "1")
    }

    /// As if the server had died after the commit: `control` knows nothing, or of a request that still runs.
    @Test(arguments: [
        "DELETE FROM sluice.idempotency",
        "UPDATE sluice.idempotency SET request_hash = split_part(request_hash, ':', 1) || '/x', status = NULL",
    ])
    func whatCommittedIsNotDoneAgain(_ loss: String) async throws {
        let api = try await LoadFixture.make()
        let grant = #"{"to": "group:admins", "on": "dataset:lab.samples", "privilege": "select"}"#
        let requests: [@Sendable () async throws -> LoadFixture.Answer] = [
            { try await api.load("id\n1\n", key: "load") },
            { try await api.call(.post, "/api/v1/grants", grant, key: "grant") },
            { try await api.call(.post, "/api/v1/principals/admin/tokens", "{}", key: "token") },
            {
                let tag = #"{"documents": [{"kind": "tag", "name": "t"}]}"#
                return try await api.call(.post, "/api/v1/apply", tag, key: "apply")
            },
        ]
        for request in requests {
            let first = try await request()
            let changes = try await api.value("SELECT count(*) FROM sluice.change_audit")
            try await api.execute(loss, in: .control)
            #expect(try await request() == first)
            #expect(try await api.value("SELECT count(*) FROM sluice.change_audit") == changes)
        }
        try await api.execute(loss, in: .control)
        #expect(try await api.load("id\n2\n", key: "load").code == "idempotency_mismatch")
        #expect(try await api.rowCount() == "1")
    }

    @Test func aChangeThatDoesNotCommitLeavesNoAnswer() async throws {
        let api = try await LoadFixture.make()
        #expect(try await api.load("id\nx\n", key: "a").status == 422)
        let tag = #"{"documents": [{"kind": "tag", "name": "t"}]}"#
        #expect(try await api.call(.post, "/api/v1/apply?dryRun=true", tag, key: "b").status == 200)
        #expect(try await api.value("SELECT count(*) FROM sluice.committed_answer") == "0")
    }

    @Test func afterADayTheKeyIsFree() async throws {
        let api = try await LoadFixture.make()
        #expect(try await api.load("id\n1\n", key: "a").status == 200)
        #expect(try await api.load("id\n2\n", key: "b").status == 200)
        try await api.execute("UPDATE sluice.idempotency SET created_at = now() - interval '25 hours'", in: .control)
        try await api.execute("UPDATE sluice.committed_answer SET created_at = now() - interval '25 hours'")
        #expect(try await api.load("id\n3\n", key: "a").written == "1")
        #expect(try await api.value("SELECT count(*) FROM sluice.idempotency", in: .control) == "1")
        #expect(try await api.value("SELECT count(*) FROM sluice.committed_answer") == "1")
    }

    @Test func secretsAreNotReadableInTheDatabase() async throws {
        let api = try await LoadFixture.make()
        let made = try await api.call(.post, "/api/v1/principals/admin/tokens", "{}", key: "a")
        let token = try #require(made.body["token"]?.stringValue)
        #expect(try await api.call(.post, "/api/v1/principals/admin/tokens", "{}", key: "a") == made)
        let found = "SELECT count(*) FROM sluice.idempotency AS i WHERE encode(body, 'escape') LIKE '%\(token)%'"
        #expect(try await api.value(found, in: .control) == "0")
        let committed = "SELECT count(*) FROM sluice.committed_answer WHERE encode(body, 'escape') LIKE '%\(token)%'"
        #expect(try await api.value(committed) == "0")
        #expect(try await api.value("SELECT count(*) FROM sluice.idempotency", in: .control) == "1")
    }

    @Test func aQueryIsNotKept() async throws {
        let api = try await LoadFixture.make()
        for statement in ["SELECT 1", "SELECT 2"] {
            let answer = try await api.call(.post, "/api/v1/query", #"{"sql": "\#(statement)"}"#, key: "a")
            #expect(answer.code != "idempotency_mismatch", "\(answer.text)")
        }
        #expect(try await api.value("SELECT count(*) FROM sluice.idempotency", in: .control) == "0")
    }

    @Test(arguments: ["", "a b", "é", String(repeating: "x", count: 256)])
    func otherKeysAreRefused(_ key: String) async throws {
        let request = try Request(.post, LoadFixture.rows, fields: ["Idempotency-Key": key])
        #expect { try request.idempotencyKey() } throws: { Problem.mapping($0)?.code == "invalid_parameter" }
        #expect(try Request(.post, "/x", fields: ["Idempotency-Key": "x~!"]).idempotencyKey() == "x~!")
        #expect(try Request(.post, "/x").idempotencyKey() == nil)
    }
}
