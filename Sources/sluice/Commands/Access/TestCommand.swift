internal import JSON

extension Command {
    static let test = client(
        "test", group: .protect, "Runs policy tests; the exit status says whether all passed",
        details: """
            Each reads as its principal and counts, so no value is shown. Without NAME all run. Tests come from documents of
            kind policy-test: sluice apply -f PATH.
            """,
        operands: "[NAME…]", examples: ["sluice test", "sluice test mails_hidden", "sluice test --json"]
    ) { arguments, client in
        var body = JSONObject()
        if !arguments.operands.isEmpty { body["names"] = JSONValue(arguments.operands) }
        let answer = try client.post("/policy-tests/run", .object(body))
        let report = PolicyTestReport(answer)
        if arguments.has(.json) {
            try Output.write(answer)
        } else {
            try Output.write(report.text(on: Output.terminal))
        }
        guard report.failed == 0 else {
            throw CommandFailure(
                .refused, "error: \(report.failed) of \(report.failed + report.passed) policy tests did not pass",
                hint: "sluice explain PRINCIPAL DATASET says what is in force, and why.")
        }
    }
}

/// Results of policy tests as a person reads them: the answer of a run, or what an apply says of them.
struct PolicyTestReport {
    let answer: JSONValue

    init(_ answer: JSONValue) { self.answer = answer }

    var passed: Int { answer["passed"]?.intValue ?? 0 }
    var failed: Int { answer["failed"]?.intValue ?? 0 }

    func text(on terminal: Terminal) -> String {
        let results = answer["results"]?.arrayValue ?? []
        guard !results.isEmpty else { return "There is no policy test.\n" }
        return table(results, on: terminal) + "\n\(passed) passed, \(failed) did not.\n"
    }

    /// What a plan has to say: those that would not pass, and those that nobody can tell before.
    func exceptions(on terminal: Terminal) -> String {
        var text = ""
        let failing = (answer["results"]?.arrayValue ?? []).filter { $0["outcome"]?.stringValue != "passed" }
        if !failing.isEmpty {
            text += "\nPolicy tests that would not pass, so that apply is refused:\n" + table(failing, on: terminal)
        }
        for test in answer["notRun"]?.arrayValue ?? [] {
            let (name, reason) = (test["name"]?.stringValue ?? "?", test["because"]?.stringValue ?? "?")
            text += DisplayText.escaped("Policy test \(name) runs after the apply only: \(reason).") + "\n"
        }
        return text
    }

    private func table(_ results: [JSONValue], on terminal: Terminal) -> String {
        TextTable(["TEST", "AS", "OUTCOME", "EXPECTED", "FOUND"], results.map(row)).fitted(to: terminal).text
    }

    private func row(_ result: JSONValue) -> [TextTable.Cell] {
        let subject = (result["as"]?.stringValue ?? "?") + (result["purpose"]?.stringValue.map { " for \($0)" } ?? "")
        return [
            .init(result["name"]), .init(subject), .state(result["outcome"]), .init(result["expected"]),
            .init(result["found"]),
        ]
    }
}
