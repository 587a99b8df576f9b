import HTTPClient
import Testing

@testable import Ingestion

@Suite struct WebFailureTests {
    @Test(
        arguments: [
            (204, .sourceUnreadable, false), (206, .sourceUnreadable, false), (301, .sourceRefused, false),
            (304, .sourceRefused, false), (400, .sourceUnreadable, false), (401, .sourceForbidden, false),
            (403, .sourceForbidden, false), (404, .sourceUnreadable, false), (407, .sourceForbidden, false),
            (408, .sourceUnavailable, true), (425, .sourceUnavailable, true), (429, .sourceUnavailable, true),
            (500, .sourceUnavailable, true), (503, .sourceUnavailable, true),
        ] as [(Int, SourceFailure.Code, Bool)])
    func aStatusSaysWhetherTryingAgainHelps(_ status: Int, _ code: SourceFailure.Code, _ isRetryable: Bool) throws {
        let failure = try #require(SourceFailure(status: status, of: "a.csv"))
        #expect(failure.code == code && failure.isRetryable == isRetryable)
        #expect(failure.detail.contains("\(status)") && failure.detail.contains("a.csv"))
    }

    @Test func twoHundredIsNoFailure() { #expect(SourceFailure(status: 200, of: "a.csv") == nil) }

    @Test(
        arguments: [
            (.cannotConnect, .sourceUnavailable, true), (.timedOut, .sourceUnavailable, true),
            (.interrupted, .sourceUnavailable, true), (.tlsFailed, .sourceUnavailable, false),
            (.malformedResponse, .sourceUnreadable, false),
        ] as [(HTTPClientError.Code, SourceFailure.Code, Bool)])
    func soDoesWhatHappenedToTheConnection(
        _ happened: HTTPClientError.Code, _ code: SourceFailure.Code, _ isRetryable: Bool
    ) {
        let failure = SourceFailure(HTTPClientError(happened, "http://h/: x"), "a.csv does not come")
        #expect(failure.code == code && failure.isRetryable == isRetryable)
        #expect(failure.detail == "a.csv does not come: http://h/: x")
    }

    @Test(
        arguments: [
            ("Sun, 06 Nov 1994 08:49:37 GMT", "1994-11-06T08:49:37Z"),
            ("Tue, 01 Dec 2026 00:00:00 GMT", "2026-12-01T00:00:00Z"),
            ("Sunday, 06-Nov-94 08:49:37 GMT", nil), ("Sun Nov  6 08:49:37 1994", nil),
            ("Sun, 06 Nov 1994 08:49:37 CET", nil),
            ("Sun, 32 Nov 1994 08:49:37 GMT", nil), ("Sun, 06 Nov 1994 24:49:37 GMT", nil),
            ("Sun, 06 Nov 1994 08:49 GMT", nil),
            ("", nil),
        ] as [(String, String?)])
    func aTimeIsTakenInTheOneFormThatIsSent(_ field: String, _ time: String?) {
        #expect(WebFileInput.time(field) == time)
    }
}
