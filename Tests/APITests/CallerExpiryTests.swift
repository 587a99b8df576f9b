import Access
import HTTPServer
import JSON
import Store
import Testing

@testable import API

@Suite struct CallerExpiryTests {
    /// So that a caller is not remembered beyond what it holds.
    @Test func aCallerIsGoodForAsLongAsItsTokenAndEveryGrant() async throws {
        let api = try await LoadFixture.make()
        let token = try await api.makePrincipal("reader", "select")
        #expect(try await validity(of: token, api) == nil)

        let soon = try await api.value(
            "to_char(clock_timestamp() AT TIME ZONE 'UTC' + interval '1 hour', 'YYYY-MM-DD\"T\"HH24:MI:SS\"Z\"')")
        let grant = #"""
            {"to": "user:reader", "on": "domain:lab", "privilege": "describe", "expiresAt": "\#(soon ?? "")"}
            """#
        #expect(try await api.call(.post, "/api/v1/grants", grant).status == 201)
        let byGrant = try #require(try await validity(of: token, api))
        #expect(byGrant > .seconds(3000) && byGrant <= .seconds(3600), "\(byGrant)")

        let answer = try await api.call(.post, "/api/v1/principals/reader/tokens", #"{"expiresInSeconds": 600}"#)
        let short = try #require(answer.body["token"]?.stringValue)
        let byToken = try #require(try await validity(of: short, api))
        #expect(byToken > .seconds(300) && byToken <= .seconds(600), "\(byToken)")
    }

    private func validity(of token: String, _ api: LoadFixture) async throws -> Duration? {
        try await api.onLoop {
            try await api.platform.sessions.withServerSession { connection in
                try #require(try await Caller.read(tokenHash: BearerToken.hash(token), on: connection)).validFor
            }
        }
    }
}
