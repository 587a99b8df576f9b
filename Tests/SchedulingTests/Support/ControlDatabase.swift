import Catalog
import EventLoop
import JSON
import Postgres
import Store
import TestSupport
import Testing

@testable import Scheduling

/// A database `control` of its own, whose clock the test turns.
struct ControlDatabase: Sendable {
    /// 2026-11-21T00:00:00Z
    static let start: Int64 = 1_795_219_200

    let databases: TestPlatform
    let sessions: Sessions
    let queue: Queue

    static func make() async throws -> ControlDatabase {
        let databases = try await TestPlatform.make()
        let source = SessionSource(
            server: { databases.options($0 == "control" ? .control : .warehouse) },
            principal: { databases.options(.warehouse, user: $0) })
        let database = ControlDatabase(databases: databases, source: source, group: try TestLoops.group())
        // The tests' own clock: a table instead of the time of the transaction.
        try await database.script(
            """
            CREATE TABLE test_clock (at timestamptz NOT NULL);
            INSERT INTO test_clock VALUES (to_timestamp(\(start)));
            CREATE OR REPLACE FUNCTION sluice.queue_now() RETURNS timestamptz LANGUAGE sql STABLE
                RETURN (SELECT at FROM public.test_clock);
            CREATE SEQUENCE test_draw;
            CREATE OR REPLACE FUNCTION sluice.queue_jitter() RETURNS float8 LANGUAGE sql VOLATILE
                RETURN mod(abs(hashint8(nextval('public.test_draw'))::bigint), 1000) / 1000.0;
            """)
        return database
    }

    private init(databases: TestPlatform, source: SessionSource, group: EventLoopGroup) {
        self.databases = databases
        sessions = Sessions(source: source, group: group)
        queue = Queue(sessions: sessions)
    }

    func script(_ text: String) async throws {
        try await sessions.withServerSession(.control) { try await $0.script(text) }
    }

    func query(_ sql: SQL) async throws -> [Row] {
        try await sessions.withServerSession(.control) { try await $0.query(sql) }
    }

    /// The text of a query that yields one value.
    func value(_ sql: String) async throws -> String? {
        try await query(SQL(unsafe: "SELECT (\(sql))::text"))[0].decode(at: 0)
    }

    /// Turns the clock on by some seconds, and answers what it shows then, in seconds since 1970.
    @discardableResult
    func advance(_ seconds: Double) async throws -> Int64 {
        try await query(
            """
            UPDATE test_clock SET at = at + \(seconds) * interval '1 s' RETURNING floor(extract(epoch FROM at))::bigint
            """)[0].decode(at: 0)
    }

    /// Empties the queue, and turns clock and dice back.
    func reset() async throws {
        try await script(
            """
            TRUNCATE sluice.run, sluice.worker, sluice.attempt, sluice.run_log CASCADE;
            UPDATE sluice.leader SET holder = NULL, renewed_at = '-infinity', watching_since = '-infinity';
            UPDATE test_clock SET at = to_timestamp(\(Self.start));
            ALTER SEQUENCE test_draw RESTART;
            """)
    }

    /// Registers a worker and returns its id.
    func worker(slots: Int = 8) async throws -> String {
        let worker = WorkerIncarnation(host: "host", slots: slots)
        try await queue.register(worker)
        return worker.id
    }
}

extension PipelineRef {
    /// A pipeline with these steps, each with the names it waits for.
    static func sample(
        _ id: Int64 = 1, domain: Int64 = 100, steps: KeyValuePairs<String, [String]> = ["load": []],
        attempts: Int = 5, pool: (name: String, slots: Int)? = nil, maxSeconds: Int = 600, timeoutSeconds: Int = 3600
    ) -> PipelineRef {
        var spec: JSONObject = [
            "steps": .array(steps.map { ["name": .string($0.key), "after": JSONValue($0.value)] }),
            "retry": ["attempts": JSONValue(attempts), "baseSeconds": 2, "maxSeconds": JSONValue(maxSeconds)],
            "timeoutSeconds": JSONValue(timeoutSeconds),
        ]
        if let pool { spec["pool"] = ["name": .string(pool.name), "slots": JSONValue(pool.slots)] }
        return PipelineRef(id: id, address: "d\(domain).p\(id)", domainID: domain, spec: .object(spec))
    }
}

extension RunCause {
    static let test = RunCause.manual(principal: "tester", requestID: "r1")
}

extension ReplayOrder {
    static let test = ReplayOrder(
        dataset: 7, filter: QuarantineFilter(run: 3, ids: [1, 9]), upTo: 12, principal: "tester", requestID: "r1")
}

extension RunProblem {
    static let test = RunProblem(code: "test", title: "A test's failure")
}
