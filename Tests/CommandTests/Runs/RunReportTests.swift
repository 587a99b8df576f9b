import JSON
import Testing

@testable import sluice

@Suite struct RunReportTests {
    private static let failed: JSONValue = [
        "id": "57", "pipeline": "travel.reviews", "state": "failed",
        "cause": ["kind": "schedule", "catchUp": true, "nominalTimes": ["2026-11-21T02:00:00Z"]],
        "rows": ["read": 4000, "written": 0, "unchanged": 0, "quarantined": 12, "dropped": 0, "warned": 0],
        "progress": 0.5, "createdAt": "2026-11-21T02:00:00.4Z", "startedAt": "2026-11-21T02:00:01Z",
        "endedAt": "2026-11-21T02:01:06.5Z", "cancelledBy": .null,
        "steps": [
            [
                "name": "load", "state": "poisoned", "attempt": 3, "retryAt": .null, "rows": ["read": 4000],
                "error": [
                    "code": "source_not_found", "title": "Source not found", "detail": "There is no\u{1b}file.",
                    "hint": "Put it there.",
                ],
            ]
        ],
        "error": ["code": "source_not_found", "title": "Source not found", "detail": "There is no\u{1b}file."],
    ]
    private let plain = Terminal(isTerminal: false)

    @Test func aSummaryNamesOnlyCountsThatAreNotZero() {
        #expect(
            RunReport(Self.failed).summary(on: plain)
                == "Run 57 of travel.reviews failed: 4,000 read, 12 quarantined, in 1 min 5 s.")
        let none = RunReport(["id": "1", "pipeline": "a.b", "state": "cancelled", "rows": ["read": 0]])
        #expect(none.summary(on: plain) == "Run 1 of a.b cancelled: no rows.")
    }

    @Test func theWholeReportSaysWhatWentWrongAndWhatToDo() {
        let text = RunReport(Self.failed).text(on: plain)
        #expect(text.contains("state     failed\n") && text.contains("cause     schedule, catching up\n"))
        #expect(text.contains("step load: error: There is no\\u{1B}file. (source_not_found)\nhint: Put it there.\n"))
        #expect(text.contains("load  poisoned        3  4,000"))
    }

    @Test func momentsAreReadToTheMicrosecond() throws {
        func moment(_ text: String) -> Moment? { Moment(.string(text)) }
        let start = try #require(moment("2024-02-28T23:59:59.5Z"))
        #expect(try #require(moment("2024-03-01T00:00:00Z")) - start == .seconds(86_400.5))
        #expect(moment("1970-01-01T00:00:01Z") == Moment(secondsSince1970: 1))
        #expect(moment("2026-11-21T02:00:00Z") == Moment(secondsSince1970: 1_795_226_400))
        for text in ["", "2026-11-21", "yesterday", "2026-11-21T02:00:00+01:00"] { #expect(moment(text) == nil) }
        #expect(Moment(httpDate: "Sun, 06 Nov 1994 08:49:37 GMT") == moment("1994-11-06T08:49:37Z"))
        #expect(Moment(httpDate: "Sun, 06 Brumaire 1994 08:49:37 GMT") == nil && Moment(httpDate: "") == nil)
        #expect(Moment(nil) == nil && Moment(.null) == nil)
    }

    @Test func aLogLineIsOneLineWhateverItHolds() {
        let line: JSONValue = [
            "line": 1, "at": "2026-11-21T02:00:01.123456Z", "level": "info", "step": "load", "attempt": 2,
            "message": "two\nlines", "fields": ["rows": 100, "file": "a\u{1b}b"],
        ]
        #expect(LogLine(line).text(on: plain) == "02:00:01.123  info     load#2  two\\nlines  rows=100  file=a\\u{1B}b")
        let coloured = LogLine(["level": "error", "message": "x"]).text(on: Terminal(isTerminal: true, hasColour: true))
        #expect(coloured.contains("\u{1b}[31merror  \u{1b}[0m"))
    }
}
