import Access
import Catalog
import Postgres
import Query

/// Runs policy tests before a change commits: all of it is compiled, and nobody else sees it yet.
struct PolicyTestGate {
    /// How long all tests may take: other changes wait meanwhile.
    static let budget = Duration.seconds(30)

    let change: Change
    /// From which the change would hold.
    let policyVersion: Int64

    private struct Actor: Hashable {
        var principal: String
        var purpose: String?
    }

    /// The results, by name, of those of `tests` that can run here.
    func run(_ tests: [PolicyTest]) async throws -> [PolicyTestResult] {
        let deadline = ContinuousClock.now + Self.budget
        let actors = Dictionary(grouping: tests.filter { $0.notBeforeApply == nil }) {
            Actor(principal: $0.principal, purpose: $0.purpose)
        }
        var results: [PolicyTestResult] = []
        for (actor, tests) in actors { results += try await run(tests, as: actor, until: deadline) }
        return results.sorted { $0.test.name < $1.test.name }
    }

    private func run(
        _ tests: [PolicyTest], as actor: Actor, until deadline: ContinuousClock.Instant
    ) async throws -> [PolicyTestResult] {
        let sandbox: PolicyTestSandbox
        do {
            sandbox = try await PolicyTestSandbox(in: change, principal: actor.principal, purpose: actor.purpose)
        } catch let refusal as Refusal {
            return tests.map {
                let finding = PolicyTestExpectation.Finding.refused(code: refusal.code.rawValue, sqlState: nil)
                return PolicyTestResult($0, finding, policyVersion: policyVersion, duration: .zero)
            }
        }
        var results: [PolicyTestResult] = []
        for test in tests { results.append(try await run(test, in: sandbox, until: deadline)) }
        try await sandbox.leave()
        return results
    }

    private func run(
        _ test: PolicyTest, in sandbox: PolicyTestSandbox, until deadline: ContinuousClock.Instant
    ) async throws -> PolicyTestResult {
        let start = ContinuousClock.now
        func result(_ outcome: PolicyTestResult.Outcome, _ found: String) -> PolicyTestResult {
            PolicyTestResult(test, outcome, found, policyVersion: policyVersion, duration: .now - start)
        }
        guard start < deadline else {
            return result(.error, "not run: all tests together may take \(Self.budget.components.seconds) s")
        }
        do {
            let finding = try await sandbox.find(test)
            return PolicyTestResult(test, finding, policyVersion: policyVersion, duration: .now - start)
        } catch let error as PostgresError {
            if error.sqlState == "55P03" { return result(.error, "a table that is locked") }
            guard let refusal = Refusal(statement: error) else { throw error }
            switch refusal.code {
            // Readers hold a view that the change replaces: nobody can say what it would show.
            case .policyChanging: throw refusal
            case .budgetExceeded:
                return result(
                    .error, "a statement over its \(PolicyTestSandbox.timeout.components.seconds) s or its memory")
            default:
                let finding = PolicyTestExpectation.Finding.refused(
                    code: refusal.code.rawValue, sqlState: refusal.sqlState)
                return PolicyTestResult(test, finding, policyVersion: policyVersion, duration: .now - start)
            }
        }
    }
}
