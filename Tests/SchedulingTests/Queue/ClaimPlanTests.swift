import Glibc
import JSON
import Postgres
import Store
import Testing

@testable import Scheduling

/// What the queue costs does not depend on how much is in it. With `SLUICE_SOAK=1` there are a million tasks ready and a
/// million scheduled.
@Suite(.timeLimit(.minutes(15))) struct ClaimPlanTests {
    static let count = getenv("SLUICE_SOAK").map { String(cString: $0) } == "1" ? 1_000_000 : 20_000
    /// The tables that grow; workers and leases are as many as there are slots.
    static let large: Set<String> = ["ready", "scheduled", "task", "run"]
    /// Blocks of 8 kB that any of the statements may touch, whatever the number of tasks.
    static let maxBlocks = 2000

    @Test func claimingReadsIndexesAndAFewBlocksHoweverMuchIsReady() async throws {
        let control = try await ControlDatabase.make()
        let worker = try await control.filled(Self.count)
        for mode in ["force_custom_plan", "force_generic_plan"] {
            let claim = Queue.claimStatement(for: worker, upTo: 4)
            let text = try await control.sessions.withServerSession(.control) { connection in
                try await connection.script("SET plan_cache_mode = \(mode)")
                let rows = try await connection.query("EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) \(raw: claim)")
                try await connection.script("RESET plan_cache_mode")
                return try rows[0].decode(at: 0, as: String.self)
            }
            let plan = try #require(try JSONValue.parse(text)[0]?["Plan"])
            let nodes = Self.nodes(of: plan)
            #expect(
                nodes.filter { Self.large.contains($0.relation) && $0.kind == "Seq Scan" }.isEmpty, "\(mode): \(text)")
            #expect(nodes.contains { $0.relation == "ready" && $0.kind == "Index Only Scan" })
            let blocks = (plan["Shared Hit Blocks"]?.intValue ?? 0) + (plan["Shared Read Blocks"]?.intValue ?? 0)
            #expect(blocks < Self.maxBlocks, "\(mode)")
        }
    }

    @Test func movesOfOneTaskTouchAFewBlocksHoweverManyThereAre() async throws {
        let control = try await ControlDatabase.make()
        let worker = try await control.filled(Self.count)
        let term = try await control.lead()
        let epoch = try #require(try await control.queue.claim(for: worker, upTo: 1).first).epoch
        let spec = PipelineRef.sample().spec.text
        let calls: [(String, SQL)] = [
            ("enqueue", "SELECT sluice.enqueue(\(Int64.max - 1), 'd.p', 100, \(JSONText(spec)), '{}', '{}')"),
            ("report", "SELECT sluice.report(\(epoch.value), 1, '{}')"),
            ("settle", "SELECT sluice.settle(\(epoch.value), 'succeeded', '{}')"),
            ("cancel", "SELECT sluice.cancel(7, 'tester')"), ("retry", "SELECT sluice.retry(7)"),
            ("release_due", "SELECT sluice.release_due(\(term))"),
            ("finish_cancels", "SELECT sluice.finish_cancels(\(term))"),
            ("rescuable", "SELECT count(*) FROM sluice.rescuable()"),
            ("document", "SELECT body FROM sluice.run_document WHERE id = 9"),
        ]
        for (name, call) in calls {
            var fewest = Int.max
            // A session reads catalogs anew after changes that other tests make, so the least of several is meant.
            for _ in 0..<5 where fewest >= Self.maxBlocks {
                fewest = min(fewest, try await control.blocks(of: call))
            }
            #expect(fewest < Self.maxBlocks, "\(name)")
            // The later ones build on it.
            _ = try await control.query(call)
        }
    }

    private static func nodes(of plan: JSONValue) -> [(kind: String, relation: String)] {
        let own = (plan["Node Type"]?.stringValue ?? "", plan["Relation Name"]?.stringValue ?? "")
        return [own] + (plan["Plans"]?.arrayValue ?? []).flatMap { nodes(of: $0) }
    }
}

extension ControlDatabase {
    /// Blocks that a call touches, whose effect is undone.
    fileprivate func blocks(of call: SQL) async throws -> Int {
        let text = try await sessions.withServerSession(.control) { connection in
            try await connection.script("BEGIN")
            let rows = try await connection.query("EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) \(raw: call)")
            try await connection.script("ROLLBACK")
            return try rows[0].decode(at: 0, as: String.self)
        }
        let plan = try JSONValue.parse(text)[0]?["Plan"]
        return (plan?["Shared Hit Blocks"]?.intValue ?? 0) + (plan?["Shared Read Blocks"]?.intValue ?? 0)
    }

    /// Puts `count` tasks into `ready`, in twenty domains and some of them in pools, and as many into `scheduled`, none of
    /// which is due. Returns a worker.
    fileprivate func filled(_ count: Int) async throws -> String {
        try await sessions.withServerSession(.control) { connection in
            try await connection.script(
                """
                INSERT INTO sluice.run (
                    pipeline_id, pipeline, domain_id, spec, parameters, cause, max_attempts, base_seconds, max_seconds,
                    timeout_seconds, state)
                SELECT n, 'd.p', 100 + n % 20, '{}', '{}', '{}', 5, 2, 600, 60, 'running' FROM generate_series(1, \(count)) AS n;
                INSERT INTO sluice.run_feed (run_id) SELECT id FROM sluice.run;
                INSERT INTO sluice.task (run_id, position, step, after)
                SELECT r.id, p, 's', '{}' FROM sluice.run AS r CROSS JOIN generate_series(1, 2) AS p;
                INSERT INTO sluice.ready
                SELECT t.id, r.domain_id, CASE WHEN r.id % 10 = 0 THEN 'db' ELSE '' END, 2, sluice.queue_now()
                FROM sluice.task AS t JOIN sluice.run AS r ON r.id = t.run_id WHERE t.position = 1;
                INSERT INTO sluice.scheduled
                SELECT t.id, sluice.queue_now() + t.id * interval '1 s' FROM sluice.task AS t WHERE t.position = 2;
                ANALYZE;
                """, timeout: .seconds(600))
        }
        return try await worker()
    }
}
