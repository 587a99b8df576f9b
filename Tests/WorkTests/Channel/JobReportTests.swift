import Catalog
import JSON
import Scheduling
import Testing

@testable import Work

@Suite struct JobReportTests {
    @Test(arguments: [
        JobReport.progress(rows: ["read": 5], share: 0.5), .progress(rows: [:], share: nil),
        .log(level: "info", message: "a \"quoted\"\nline", fields: ["n": 1]),
        .inspection(columns: [InspectedColumn(name: "a b", type: "numeric(10,2)")]), .inspection(columns: []),
        .result(rows: ["read": 1, "written": 1]),
        .answer(.page(page)), .answer(.problem(RunProblem(code: "job_died", title: "No"))),
        .answer(
            .report(
                ConnectionReport(
                    checks: [ConnectionCheck(name: "connect", isPassed: true, detail: "d")], error: nil,
                    elapsedMilliseconds: 4))),
        .failure(JobFailure(code: "type_error", title: "No", detail: "d", errors: [["line": 4]], isRetryable: true)),
    ])
    func aReportIsReadAsItWasWritten(_ report: JobReport) {
        #expect(!report.line.contains(UInt8(ascii: "\n")))
        #expect(JobReport(line: report.line) == report)
    }

    @Test(arguments: [
        "", "x", "{}", "[]", "null", #"{"result":{},"log":{}}"#, #"{"other":1}"#, #"{"log":{"level":1}}"#,
        #"{"inspection":[{"name":"a"}]}"#, #"{"answer":{}}"#, #"{"answer":{"page":{"items":[{"kind":"file"}]}}}"#,
        #"{"answer":{"report":{"ok":true,"checks":[],"elapsedMilliseconds":1,"more":1}}}"#, #"{"failure":{}}"#,
        #"{"progress":1}"#, #"{"result":{}"#,
    ])
    func anythingElseIsNone(_ line: String) {
        #expect(JobReport(line: Array(line.utf8)) == nil)
    }

    /// An item of each kind.
    static let page: SourcePage = {
        var page = SourcePage()
        let columns = [DeclaredColumn(name: "id", type: ColumnType(.bigint))]
        for item in [
            SourceItem(
                kind: .folder, name: "a", path: "x/a",
                details: .folder(modifiedAt: "2026-11-21T02:00:00Z", isReadable: false)),
            SourceItem(
                kind: .file, name: "b", path: "b",
                details: .file(
                    size: 3, modifiedAt: "2026-11-21T02:00:00Z", isReadable: true,
                    FileEndings(format: nil, compression: .zstd))),
            SourceItem(
                kind: .file, name: "c.csv", path: "c.csv",
                details: .file(
                    size: 0, modifiedAt: "2026-11-21T02:00:00Z", isReadable: true,
                    FileEndings(format: .csv, compression: .none)),
                from: .file(FileSource(connection: "files", path: "c.csv", format: .csv, nullText: "-")),
                columns: columns),
            SourceItem(
                kind: .materializedView, name: "s.t", path: "s.t",
                details: .table(estimatedRows: nil, primaryKey: ["id"]),
                from: .table(TableSource(connection: "shop", schema: "s", table: "t")), columns: columns),
        ] { _ = page.append(item) }
        page.next = "x"
        return page
    }()
}
