import JSON
import Testing

@testable import HTTPServer

@Suite struct ProblemTests {
    @Test func `writes every member it has and none it has not`() throws {
        var problem = Problem(
            422, "invalid_body", "The body is invalid.", detail: "Say \"what\"\n", hint: "Mend it.",
            errors: [.init(pointer: "/columns/0/type", detail: "No such type.")])
        problem.sqlState = "42703"
        problem.position = 17
        problem.members = ["dependents": ["a", "b"], "status": 200]
        #expect(
            problem.json(requestID: "r1").text
                == #"{"type":"urn:sluice:error:invalid_body","title":"The body is invalid.","status":422,"#
                + #""detail":"Say \"what\"\n","code":"invalid_body","hint":"Mend it.","requestId":"r1","#
                + #""errors":[{"pointer":"/columns/0/type","detail":"No such type."}],"sqlState":"42703","position":17,"#
                + #""dependents":["a","b"]}"#)
        #expect(
            Problem(404, "not_found", "Nothing.").json(requestID: "r").text
                == #"{"type":"urn:sluice:error:not_found","title":"Nothing.","status":404,"code":"not_found","#
                + #""requestId":"r"}"#)
    }

    @Test func `the answer carries status, media type and fields`() {
        let response = Problem.draining.response(requestID: "r")
        #expect(response.status == 503)
        #expect(response.fields["content-type"] == "application/problem+json")
        #expect(response.fields["retry-after"] == "1")
        guard case .bytes(let bytes) = response.body else {
            Issue.record("not in one piece")
            return
        }
        #expect(String(decoding: bytes, as: UTF8.self) == Problem.draining.json(requestID: "r").text + "\n")
    }

    @Test func `codes of refused bytes are listed for the error page`() {
        for error in WireError.allCases { #expect(Problem.serverCodes.contains(error.problem.code)) }
        let others = [
            Problem.internalError, .notFound(), .bodyTooLarge(limit: 1), .draining, .methodNotAllowed([.get]),
        ]
        for problem in others { #expect(Problem.serverCodes.contains(problem.code)) }
    }
}
