import Access
import Catalog
import EventLoop
import HTTPServer
import JSON
import Postgres
import Query
import SQLSyntax
import Scheduling
import Store
import Synchronization

/// Runs policy tests through the way that every query takes: each in the login session of the principal that it reads as.
public final class PolicyTestRunner: Sendable {
    /// How long one test may take, and all of one run.
    static let timeout = Duration.seconds(30)
    static let budget = Duration.seconds(300)
    /// Tests that are taken from the schedule at once.
    private static let batch: Int64 = 20

    private let sessions: Sessions
    private let governance: Governance
    private let runner: StatementRunner
    private let readAudit: ReadAudit
    private let sources: DatasetSources
    private let admit: @Sendable (String) async throws -> Void
    private let failing = Atomic(0)
    private let outcomes = Locked<[String: Int]>([:])

    init(
        sessions: Sessions, governance: Governance, runner: StatementRunner, readAudit: ReadAudit,
        sources: DatasetSources, admit: @escaping @Sendable (String) async throws -> Void
    ) {
        self.sessions = sessions
        self.governance = governance
        self.runner = runner
        self.readAudit = readAudit
        self.sources = sources
        self.admit = admit
    }

    /// Tests that did not pass when they ran last, as of the last look.
    var failingCount: Int { failing.load(ordering: .relaxed) }

    /// Runs since the start that came out so.
    func count(of outcome: PolicyTestResult.Outcome) -> Int { outcomes.withLock { $0[outcome.rawValue] ?? 0 } }

    /// Runs the tests called `names`, or all, and keeps how they came out.
    func run(_ names: [String]?, by principal: String, requestID: String) async throws -> [PolicyTestResult] {
        let tests = try await sessions.withServerSession { try await PolicyTest.read(names, on: $0) }
        if let unknown = names?.first(where: { name in !tests.contains { $0.name == name } }) {
            throw Refusal.invalid(at: "/names", "names no policy test: \(unknown)")
        }
        return try await run(tests, .request, by: principal, requestID: requestID)
    }

    /// Runs what is due by its schedule; for the server's housekeeping.
    public func runDue() async throws {
        let tests = try await sessions.withServerSession { connection in
            try await PolicyTest.claimDue(limit: Self.batch, on: connection, nextRun: Schedule.nextRun)
        }
        if tests.isEmpty {
            let count = try await sessions.withServerSession { try await PolicyTest.countFailing(on: $0) }
            return failing.store(Int(count), ordering: .relaxed)
        }
        _ = try await run(tests, .schedule, by: "sluice", requestID: "schedule")
    }

    private func run(
        _ tests: [PolicyTest], _ cause: PolicyTestResult.Cause, by principal: String, requestID: String
    ) async throws -> [PolicyTestResult] {
        let deadline = ContinuousClock.now + Self.budget
        var results: [PolicyTestResult] = []
        for test in tests { results.append(try await run(test, until: deadline, requestID: requestID)) }
        try await keep(results, cause, by: principal, requestID: requestID)
        return results
    }

    /// Keeps results, and counts them.
    func keep(
        _ results: [PolicyTestResult], _ cause: PolicyTestResult.Cause, by principal: String, requestID: String
    ) async throws {
        let count = try await sessions.withServerSession { connection in
            try await connection.transaction { connection in
                try await PolicyTest.keep(results, cause, by: principal, requestID: requestID, on: connection)
                return try await PolicyTest.countFailing(on: connection)
            }
        }
        failing.store(Int(count), ordering: .relaxed)
        note(results)
    }

    /// Counts results that are kept elsewhere.
    func note(_ results: [PolicyTestResult]) {
        outcomes.withLock { outcomes in
            for result in results { outcomes[result.outcome.rawValue, default: 0] += 1 }
        }
    }

    private func run(
        _ test: PolicyTest, until deadline: ContinuousClock.Instant, requestID: String
    ) async throws -> PolicyTestResult {
        let start = ContinuousClock.now
        var version: Int64 = 0
        do {
            let left = deadline - start
            guard left > .zero else {
                return PolicyTestResult(test, .error, "not run: out of time", policyVersion: 0, duration: .zero)
            }
            let found = try await sessions.withServerSession { try await Caller.read(named: test.principal, on: $0) }
            guard var actor = found else {
                return PolicyTestResult(test, .error, "its principal is gone", policyVersion: 0, duration: .zero)
            }
            version = actor.policyVersion
            if let purpose = test.purpose {
                actor = try await governance.acting(actor, for: purpose)
                try await admit(actor.role)
            }
            let finding = try await find(test, as: actor, within: min(left, Self.timeout), requestID)
            return PolicyTestResult(test, finding, policyVersion: version, duration: .now - start)
        } catch let refusal as Refusal {
            return PolicyTestResult(
                test, .refused(code: refusal.code.rawValue, sqlState: refusal.sqlState), policyVersion: version,
                duration: .now - start)
        }
    }

    private func find(
        _ test: PolicyTest, as actor: Caller, within time: Duration, _ requestID: String
    ) async throws -> PolicyTestExpectation.Finding {
        let reading = try ReadingStatement(checking: test.query)
        var entry = ReadEntry(
            try await QuerySubject(reading, actor).subject(on: "policy-test", sources), requestID: requestID,
            statement: test.query, fingerprint: reading.fingerprint)
        let start = ContinuousClock.now
        do {
            let result = try await runner.run(
                test.statement(), as: .query(role: actor.role), within: time,
                writing: FormattedRows(ResultFormat.json.makeWriter(numbersAsStrings: false), until: .count(1)))
            entry.duration = .now - start
            entry.rowCount = 0
            try await readAudit.append(entry, durably: false)
            return try Self.counts(result)
        } catch let refusal as Refusal {
            entry.decision = refusal.code == .forbidden ? .refused : .failed
            entry.code = refusal.code.rawValue
            entry.duration = .now - start
            try await readAudit.append(entry, durably: false)
            throw refusal
        }
    }

    /// One row of three counts never fills more than a piece.
    private static func counts(_ result: StatementResult) throws -> PolicyTestExpectation.Finding {
        guard case .complete(let bytes, _) = result,
            let row = try JSONValue.parse(bytes)["rows"]?.arrayValue?.first?.arrayValue?.compactMap(\.intValue),
            row.count == 3
        else { throw PostgresError(code: .resultMalformed, message: "a policy test was not counted") }
        return .counted(rows: Int64(row[0]), values: Int64(row[1]), others: Int64(row[2]))
    }
}

extension Schedule {
    /// The first time after a moment, both in seconds since 1970.
    static func nextRun(_ spec: ScheduleSpec, after moment: Int64) throws -> Int64? {
        let schedule: Schedule
        do throws(JSONFieldErrors) { schedule = try Schedule(spec) } catch { throw Refusal(error) }
        return schedule.next(after: UnixTime(moment))?.seconds
    }
}
