import JSON
import Testing

@testable import sluice

@Suite struct ClientTests {
    private func access(_ words: [String], _ environment: [String: String] = [:]) throws -> ServerAccess {
        try ServerAccess(Arguments(words, for: .query, environment: environment))
    }

    @Test func theFlagGoesBeforeTheEnvironmentAndThatBeforeTheDefault() throws {
        let token = ["SLUICE_TOKEN": "slt_x"]
        #expect(try access([], token).url == "http://127.0.0.1:8080")
        #expect(try access([], token.merging(["SLUICE_URL": "https://a/"]) { $1 }).url == "https://a")
        #expect(try access(["--url", "http://b"], token.merging(["SLUICE_URL": "http://a"]) { $1 }).url == "http://b")
        #expect(try access([], token).token == "slt_x")
    }

    @Test func withoutATokenOrWithSomethingElseThanAnAddressNothingIsSent() {
        #expect(throws: UsageError.self) { try access([]) }
        #expect(throws: UsageError.self) { try access([], ["SLUICE_TOKEN": ""]) }
        #expect(throws: UsageError.self) { try access(["--url", "localhost:1"], ["SLUICE_TOKEN": "x"]) }
        #expect(throws: UsageError.self) { try access(["--token", "slt_x"]) }
    }

    @Test func aNameCannotBecomeAnotherPath() {
        #expect(APIPath.segment("ann_1-~A") == "ann_1-~A")
        #expect(APIPath.segment("../a b?c#é") == "%2E%2E%2Fa%20b%3Fc%23%C3%A9")
        #expect(APIPath.segment("\n") == "%0A")
    }

    @Test func anAnswerThatIsNoProblemIsSaidToBeNone() {
        let problem = ServerProblem(status: 502, body: Array("<html>".utf8))
        #expect(problem.code == "http_502")
        #expect(problem.failure.message.contains("502"))
    }

    @Test func parametersWithoutAValueAreLeftOut() {
        #expect(APIPath.with("/runs", ["pipeline": nil, "state": nil]) == "/runs")
        #expect(APIPath.with("/runs", ["pipeline": "a.b&c", "state": nil]) == "/runs?pipeline=a%2Eb%26c")
    }

    @Test(arguments: [("3600", 3600), ("90m", 5400), ("12h", 43_200), ("30d", 2_592_000), ("8w", 4_838_400), ("5s", 5)])
    func aLifetimeIsSecondsOrHasAUnit(text: String, seconds: Int) throws {
        #expect(try Lifetime.seconds(text, of: .json) == seconds)
    }

    @Test(arguments: ["", "d", "-5", "1.5h", "5y", "soon", "0", "999999999999w", "５d"])
    func whatIsNoLifetimeIsRefused(text: String) {
        #expect(throws: UsageError.self) { try Lifetime.seconds(text, of: .json) }
    }

    @Test func aProblemShowsItsFaultsAndKeepsItsDocument() {
        let body =
            #"{"code": "invalid", "detail": "It is invalid.", "errors": [{"pointer": "/to", "detail": "names nobody"}]}"#
        let problem = ServerProblem(status: 422, body: Array(body.utf8))
        #expect(problem.failure.message == "error: It is invalid. (invalid)\n  /to names nobody")
        #expect(problem.document?["code"]?.stringValue == "invalid")
    }
}
