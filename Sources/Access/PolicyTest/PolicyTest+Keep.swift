public import Catalog
import JSON
public import Postgres

extension PolicyTest {
    /// Keeps results as the last ones of their tests; those that did not pass become audit entries.
    ///
    /// - Parameter principal: Who had the tests run.
    public static func keep(
        _ results: [PolicyTestResult], _ cause: PolicyTestResult.Cause, by principal: String, requestID: String,
        on connection: Connection
    ) async throws {
        for result in results {
            let (seconds, attoseconds) = result.duration.components
            try await connection.execute(
                """
                INSERT INTO sluice.policy_test_run AS r
                    (test_id, cause, outcome, found, policy_version, duration_us)
                SELECT t.id, \(cause.rawValue), \(result.outcome.rawValue), \(result.found), \(result.policyVersion),
                    \(seconds * 1_000_000 + attoseconds / 1_000_000_000_000)
                FROM sluice.policy_test AS t WHERE t.id = \(result.test.id)
                ON CONFLICT (test_id) DO UPDATE SET at = clock_timestamp(), cause = excluded.cause,
                    outcome = excluded.outcome, found = excluded.found, policy_version = excluded.policy_version,
                    duration_us = excluded.duration_us
                """)
            // Also of a test that a blocked apply would have made, and that is no more.
            guard result.outcome != .passed else { continue }
            let after: JSONValue = [
                "outcome": .string(result.outcome.rawValue), "cause": .string(cause.rawValue),
                "found": .string(result.words),
            ]
            try await connection.execute(
                """
                INSERT INTO sluice.change_audit (principal, action, object, after, policy_version, request_id)
                VALUES (\(principal), 'test', \("policy test \(result.test.name)"), \(after.text)::jsonb,
                    \(result.policyVersion), \(requestID))
                """)
        }
    }

    /// How many tests did not pass when they ran last.
    public static func countFailing(on connection: Connection) async throws -> Int64 {
        try await connection.query("SELECT count(*) FROM sluice.policy_test_run WHERE outcome <> 'passed'")[0]
            .decode(at: 0)
    }

    /// Takes the tests that are due, for whoever asks first, and notes when they are next.
    ///
    /// - Parameter nextRun: As in `Change.putPolicyTest`; what it throws ends the schedule of the test.
    public static func claimDue(
        limit: Int64, on connection: Connection, nextRun: (ScheduleSpec, _ after: Int64) throws -> Int64?
    ) async throws -> [PolicyTest] {
        try await connection.transaction { connection in
            let rows = try await connection.query(
                """
                SELECT id, schedule::text, floor(extract(epoch FROM clock_timestamp()))::bigint
                FROM sluice.policy_test WHERE due_at <= clock_timestamp() ORDER BY due_at LIMIT \(limit)
                FOR UPDATE SKIP LOCKED
                """)
            for row in rows {
                let schedule = try ScheduleSpec.parse(JSONValue.parse(row.decode(at: 1, as: String.self)))
                let next = try nextRun(schedule, row.decode(at: 2))
                try await connection.execute(
                    "UPDATE sluice.policy_test SET due_at = to_timestamp(\(next)::bigint) WHERE id = \(row.decode(at: 0, as: Int64.self))"
                )
            }
            let ids = try rows.map { try $0.decode(at: 0, as: Int64.self) }
            return ids.isEmpty ? [] : try await select("t.id = ANY (\(ids))", on: connection)
        }
    }
}
