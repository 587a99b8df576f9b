import HTTPServer
import Testing

@testable import API

/// What happens to a load when something else happens in its middle.
@Suite struct InterruptedLoadTests {
    private static let first = Array("id,name\n1,a\n".utf8)
    private static let second = Array("2,b\n".utf8)

    @Test func twoLoadsAtOnceDoNotHinderEachOther() async throws {
        let api = try await LoadFixture.make()
        // Both are in the middle before either ends.
        let gates = [Gate(), Gate()]
        func upload(_ index: Int) -> ScriptedBody {
            ScriptedBody(
                { Array("id\n\(index * 10)\n".utf8) },
                {
                    await gates[index].open()
                    await gates[1 - index].pass()
                    return Array("\(index * 10 + 1)\n".utf8)
                })
        }
        async let one = api.load(from: upload(0))
        async let other = api.load(from: upload(1))
        let answers = try await [one, other]
        #expect(answers.map(\.written) == ["2", "2"])
        #expect(try await api.rowCount() == "4")
    }

    @Test func ofTwoLoadsOfOneKeyOneWins() async throws {
        let api = try await LoadFixture.make()
        let gates = [Gate(), Gate()]
        func upload(_ index: Int) -> ScriptedBody {
            ScriptedBody(
                { Array("id\n7\n".utf8) },
                {
                    await gates[index].open()
                    await gates[1 - index].pass()
                    return nil
                })
        }
        async let one = api.load(from: upload(0))
        async let other = api.load(from: upload(1))
        let answers = try await [one, other]
        #expect(answers.map(\.status).sorted() == [200, 422])
        #expect(try await api.rowCount() == "1")
    }

    @Test func aBackendThatIsKilledLeavesNothing() async throws {
        let api = try await LoadFixture.make()
        let body = ScriptedBody(
            { Self.first },
            {
                let ended = try await api.value(Self.terminateCopies)
                #expect(ended == "1")
                return Self.second
            })
        let answer = try await api.load(from: body)
        #expect(answer.code == "store_unavailable")
        #expect(try await api.rowCount() == "0")
        #expect(try await api.load("id\n1\n").written == "1")
    }

    /// The loads of this database's server; the count of those ended.
    static let terminateCopies = """
        SELECT count(pg_terminate_backend(pid, 10000)) FROM pg_stat_activity
        WHERE datname = current_database() AND query LIKE 'COPY store.%'
        """

    @Test func aClientThatGoesAwayLeavesNothing() async throws {
        let api = try await LoadFixture.make()
        let body = ScriptedBody({ Self.first }, { throw Problem(400, "malformed_request", "The body ended early.") })
        #expect(try await api.load(from: body).status == 400)
        #expect(try await api.rowCount() == "0")
    }

    @Test func aGrantTakenAwayMeanwhileCounts() async throws {
        let api = try await LoadFixture.make()
        let writer = try await api.makePrincipal("writer", "write")
        let body = ScriptedBody(
            { Self.first },
            {
                let grant = try #require(try await api.value("SELECT max(id) FROM sluice.access_grant"))
                let answer = try await api.call(.delete, "/api/v1/grants/\(grant)")
                #expect(answer.status == 204)
                return Self.second
            })
        let answer = try await api.load(from: body, token: writer)
        #expect(answer.status == 403, "\(answer.text)")
        #expect(try await api.rowCount() == "0")
    }

    @Test func columnsCannotChangeUnderALoad() async throws {
        let api = try await LoadFixture.make()
        let body = ScriptedBody(
            { Self.first },
            {
                let patch = #"{"columns": [{"name": "id", "type": "bigint", "nullable": false}]}"#
                let answer = try await api.call(.patch, "/api/v1/datasets/lab.samples", patch)
                #expect(answer.code == "policy_changing", "\(answer.text)")
                return Self.second
            })
        let answer = try await api.load(from: body)
        #expect(answer.written == "2", "\(answer.text)")
    }

    @Test func aDatasetThatIsDroppedBeforeTheFirstRowIsNotFound() async throws {
        let api = try await LoadFixture.make()
        let body = ScriptedBody({
            let answer = try await api.call(.delete, "/api/v1/datasets/lab.samples")
            #expect(answer.status == 204)
            return Self.first
        })
        #expect(try await api.load(from: body).code == "not_found")
    }
}
