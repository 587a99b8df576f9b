import Catalog
import JSON
public import Postgres
import SQLSyntax

/// A policy test as it is kept, ready to run.
public struct PolicyTest: Sendable {
    /// Of its row; 0 of one that is not kept.
    public var id: Int64
    public var name: String
    /// The name of the principal as which it reads.
    public var principal: String
    /// For which purpose; `nil`: for none.
    public var purpose: String?
    public var query: String
    public var expectation: PolicyTestExpectation
    /// Why it cannot run before an apply commits; `nil`: it can.
    public var notBeforeApply: String?

    /// All of them, or those called `names`, by name.
    public static func read(_ names: [String]? = nil, on connection: Connection) async throws -> [PolicyTest] {
        try await select("\(names)::text[] IS NULL OR t.name = ANY (\(names)::text[])", on: connection)
    }

    static func select(_ condition: SQL, on connection: Connection) async throws -> [PolicyTest] {
        let rows = try await connection.query(
            """
            SELECT t.id, t.name, p.name, u.name, t.query, t.expect::text, t.not_before_apply
            FROM sluice.policy_test AS t JOIN sluice.principal AS p ON p.id = t.principal_id
            LEFT JOIN sluice.purpose AS u ON u.id = t.purpose_id
            WHERE \(raw: condition) ORDER BY t.name
            """)
        return try rows.map { row in
            let expect = try JSONValue.parse(row.decode(at: 5, as: String.self))
            return PolicyTest(
                id: try row.decode(at: 0), name: try row.decode(at: 1), principal: try row.decode(at: 2),
                purpose: try row.decode(at: 3), query: try row.decode(at: 4),
                expectation: try Refusal.reading(expect) { PolicyTestExpectation(&$0) },
                notBeforeApply: try row.decode(at: 6))
        }
    }

    /// The statement that is run for the test.
    public func statement() throws -> SQL {
        expectation.statement(over: try ReadingStatement(checking: query).text)
    }
}

/// How a policy test came out.
public struct PolicyTestResult: Sendable {
    /// Only what passed proves anything.
    public enum Outcome: String, Sendable, CaseIterable {
        case passed, failed
        /// Nothing can be said: the test did not run, or not to its end.
        case error
    }

    /// Who or what had the test run.
    public enum Cause: String, Sendable {
        case request, apply, schedule
    }

    public var test: PolicyTest
    public var outcome: Outcome
    /// In words and counts, without a value.
    public var found: String
    /// Under which policy; 0 of a test that did not begin.
    public var policyVersion: Int64
    /// From being sent to being counted.
    public var duration: Duration

    public init(_ test: PolicyTest, _ finding: PolicyTestExpectation.Finding, policyVersion: Int64, duration: Duration)
    {
        self.init(
            test, test.expectation.isMet(by: finding) ? .passed : .failed, test.expectation.words(for: finding),
            policyVersion: policyVersion, duration: duration)
    }

    public init(_ test: PolicyTest, _ outcome: Outcome, _ found: String, policyVersion: Int64, duration: Duration) {
        self.test = test
        self.outcome = outcome
        self.found = found
        self.policyVersion = policyVersion
        self.duration = duration
    }

    /// `as user:ann for fraud: expected 0 rows, found 3 rows`
    public var words: String {
        let purpose = test.purpose.map { " for \($0)" } ?? ""
        return "as user:\(test.principal)\(purpose): expected \(test.expectation.words), found \(found)"
    }
}
