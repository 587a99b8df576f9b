import JSON
import Testing

@testable import Work

@Suite struct JobReportTests {
    @Test(arguments: [
        JobReport.progress(rows: ["read": 5], share: 0.5), .progress(rows: [:], share: nil),
        .log(level: "info", message: "a \"quoted\"\nline", fields: ["n": 1]),
        .inspection(columns: [InspectedColumn(name: "a b", type: "numeric(10,2)")]), .inspection(columns: []),
        .result(rows: ["read": 1, "written": 1]),
        .failure(JobFailure(code: "type_error", title: "No", detail: "d", errors: [["line": 4]], isRetryable: true)),
    ])
    func aReportIsReadAsItWasWritten(_ report: JobReport) {
        #expect(!report.line.contains(UInt8(ascii: "\n")))
        #expect(JobReport(line: report.line) == report)
    }

    @Test(arguments: [
        "", "x", "{}", "[]", "null", #"{"result":{},"log":{}}"#, #"{"other":1}"#, #"{"log":{"level":1}}"#,
        #"{"inspection":[{"name":"a"}]}"#, #"{"failure":{}}"#, #"{"progress":1}"#, #"{"result":{}"#,
    ])
    func anythingElseIsNone(_ line: String) {
        #expect(JobReport(line: Array(line.utf8)) == nil)
    }
}
