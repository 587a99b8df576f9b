import Access
import Catalog
import JSON

/// The policy tests that ran before an apply was kept or taken back.
struct AppliedTests: Sendable {
    /// By name.
    var results: [PolicyTestResult] = []
    /// Tests that can only run after the commit, with the reason.
    var notRun: [PolicyTest] = []

    init() {}

    /// Runs all there are, with those that the change makes.
    ///
    /// - Throws: `Failure`, if one does not pass that must.
    init(of change: Change, policyVersion: Int64, mustPass: Bool) async throws {
        let tests = try await PolicyTest.read(on: change.connection)
        notRun = tests.filter { $0.notBeforeApply != nil }
        results = try await PolicyTestGate(change: change, policyVersion: policyVersion).run(tests)
        guard mustPass, results.contains(where: { $0.outcome != .passed }) else { return }
        throw Failure(results: results.filter { $0.outcome != .passed })
    }

    /// Takes an apply back.
    struct Failure: Error {
        /// Those that did not pass.
        var results: [PolicyTestResult]

        var refusal: Refusal {
            let names = results.map(\.test.name).joined(separator: ", ")
            return Refusal(
                .policyTestFailed,
                "nothing was applied: after it \(results.count) of the policy tests would not pass: \(names)",
                hint:
                    "sluice plan shows what each expects and would find; change the documents, or the test with them.",
                errors: results.map { JSONFieldError(pointer: "", detail: "policy test \($0.test.name) \($0.words)") })
        }
    }

    var body: JSONValue {
        guard case .object(var body) = results.body else { return .null }
        body["notRun"] = .array(
            notRun.map { ["name": .string($0.name), "because": .string($0.notBeforeApply ?? "")] })
        return .object(body)
    }
}
