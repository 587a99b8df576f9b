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
        #expect(APIClient.segment("ann_1-~A") == "ann_1-~A")
        #expect(APIClient.segment("../a b?c#é") == "%2E%2E%2Fa%20b%3Fc%23%C3%A9")
        #expect(APIClient.segment("\n") == "%0A")
    }

    @Test func anAnswerThatIsNoProblemIsSaidToBeNone() {
        let problem = ServerProblem(status: 502, body: Array("<html>".utf8))
        #expect(problem.code == "http_502")
        #expect(problem.failure.message.contains("502"))
    }

    @Test func commandsThatTalkToAServerTeachByExample() {
        for command in [Command.plan, .apply, .query, .token] {
            #expect(Help.text(of: command).contains("\nExamples:\n  sluice \(command.name) "), "\(command.name)")
        }
    }
}
