import Catalog
import Postgres
import Synchronization
import TestSupport
import Testing

@testable import Query

/// What holds for a statement whose result Postgres writes as CSV as it does for every other.
@Suite(.timeLimit(.minutes(2))) struct StatementRunnerTests {
    /// Statements that fail, with the place of the fault where Postgres tells one.
    @Test(
        arguments: [
            ("SELECT emial FROM t", "42703", 8), ("SELECT 1 +", "42601", 11), ("SELECT 1/0", "22012", nil),
            ("SELECT 'x'::int", "22P02", 8), ("SELECT 1/(n - 3) FROM generate_series(1, 5) AS n", "22012", nil),
            ("SELECT * FROM secret", "42501", nil), ("SELECT é, nix FROM (SELECT 1 AS é) AS q", "42703", 11),
        ] as [(String, String, Int?)])
    func aFailedStatementSaysWhere(sql: String, state: String, position: Int?) async throws {
        try await RunFixture.with("CREATE TABLE t (a int)") { fixture in
            try await fixture.change("CREATE TABLE secret (a int)")
            let refusal = try await #require(throws: Refusal.self) { try await fixture.csv(sql) }
            #expect(refusal.sqlState == state)
            #expect(refusal.position == position)
            #expect(try await fixture.csv("SELECT 1 AS n").text == "n\n1\n")
        }
    }

    @Test func aStatementThatMetAChangeOfPolicyRunsOnceMore() async throws {
        let script = """
            CREATE SEQUENCE runs;
            CREATE FUNCTION stale(times int) RETURNS int LANGUAGE plpgsql SECURITY DEFINER AS $$
            BEGIN
                PERFORM pg_advisory_lock(4713);
                PERFORM pg_advisory_unlock(4713);
                IF (SELECT last_value FROM seen) < times THEN
                    RAISE EXCEPTION 'stale' USING ERRCODE = '40001';
                END IF;
                RETURN 1;
            END $$;
            CREATE SEQUENCE seen;
            """
        try await RunFixture.with(script) { fixture in
            let refusal = try await #require(throws: Refusal.self) { try await fixture.csv("SELECT stale(9) AS n") }
            #expect(refusal.code == .policyChanging)
            // The first run waits here until the second cannot fail any more.
            try await fixture.change("SELECT pg_advisory_lock(4713)")
            async let answer = fixture.csv("SELECT stale(2) AS n, clock_timestamp() > now() AS later")
            try await fixture.until(
                "SELECT EXISTS (SELECT FROM pg_stat_activity WHERE wait_event = 'advisory' AND usename = \(fixture.role))"
            )
            try await fixture.change("SELECT setval('seen', 5), pg_advisory_unlock(4713)")
            #expect(try await answer.text == "n,later\n1,true\n")
        }
    }

    @Test func aStatementOverItsBudgetIsEnded() async throws {
        try await RunFixture.with { fixture in
            let refusal = try await #require(throws: Refusal.self) {
                try await fixture.csv("SELECT count(*) FROM generate_series(1, 10000000000)", within: .milliseconds(50))
            }
            #expect(refusal.code == .budgetExceeded)
            #expect(try await fixture.csv("SELECT 1 AS n").text == "n\n1\n")
        }
    }

    /// The session is gone, and the next statement gets another.
    @Test func aStatementThatLivesThroughItsCancellationIsTerminated() async throws {
        let script = """
            CREATE FUNCTION stubborn() RETURNS int LANGUAGE plpgsql AS $$
            BEGIN
                LOOP
                    BEGIN PERFORM pg_sleep(60); EXCEPTION WHEN query_canceled THEN NULL; END;
                END LOOP;
            END $$;
            """
        try await RunFixture.with(script) { fixture in
            let refusal = try await #require(throws: Refusal.self) {
                try await fixture.csv("SELECT stubborn()", within: .milliseconds(50))
            }
            #expect(refusal.code == .budgetExceeded)
            #expect(try await fixture.csv("SELECT 1 AS n").text == "n\n1\n")
        }
    }

    @Test func aFailureToEndAStatementIsReported() async throws {
        struct Broken: Error {}
        let reported = Mutex<[String]>([])
        try await RunFixture.with { fixture in
            let runner = StatementRunner(sessions: fixture.runner.sessions) { step, error in
                reported.withLock { $0.append("\(step): \(error)") }
            }
            await runner.reporting("cancel") { throw Broken() }
            await runner.reporting("terminate") {}
        }
        #expect(reported.withLock { $0 } == ["cancel: Broken()"])
    }

    @Test func droppingTheRestOfAResultEndsItsStatement() async throws {
        try await RunFixture.with { fixture in
            let busy: SQL = """
                SELECT NOT EXISTS (SELECT FROM pg_stat_activity WHERE usename = \(fixture.role) AND state <> 'idle')
                """
            do {
                let result = try await fixture.begin("SELECT generate_series(1, 1000000000) AS n")
                guard case .streaming(let stream) = result else {
                    Issue.record("not streamed")
                    return
                }
                #expect(stream.first.starts(with: Array("n\n1\n2\n".utf8)))
                // Nobody reads on: the statement waits, in the middle of its result.
                #expect(try await fixture.csv("SELECT 1 AS n").text == "n\n1\n")
            }
            try await fixture.until(busy)
        }
    }
}
