import JSON
import Testing

@testable import sluice

@Suite struct AccessDiffReportTests {
    @Test func aPrincipalActingForAPurposeIsNamedAsItLogsIn() {
        let report = AccessDiffReport(
            [
                "principals": [
                    [
                        "name": "ann", "purpose": "fraud", "dataset": "travel.bookings",
                        "gains": ["columns": ["email"], "rows": 12], "loses": ["columns": [], "rows": 0],
                    ]
                ],
                "groups": [],
            ])
        let text = report.text(on: Terminal(isTerminal: false))
        #expect(text.contains("ann+fraud"))
        #expect(text.contains("12 rows, email"))
    }

    @Test func nobodyIsSaidInWords() {
        let report = AccessDiffReport(["principals": [], "groups": []])
        #expect(report.text(on: Terminal(isTerminal: false)) == "Access: nobody sees more or less.\n")
    }
}
