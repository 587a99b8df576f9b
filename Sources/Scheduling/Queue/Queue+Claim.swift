import JSON
public import Postgres
import Store

extension Queue {
    /// The most tasks one claim takes.
    public static let maxClaim = 100

    /// Takes up to `count` tasks for a worker; fewer, or none, when there are none or others were faster.
    ///
    /// Fair: the domain that holds the fewest leases comes first. A pool gives no more tasks than it has slots.
    /// A worker that is draining, retired or lost gets none.
    public func claim(for workerID: String, upTo count: Int) async throws -> [Claim] {
        guard count > 0 else { return [] }
        let sql = Self.claimStatement(for: workerID, upTo: min(count, Self.maxClaim))
        return try await sessions.withServerSession(.control) { connection in
            try await connection.query(sql).map { row in try Claim(row) }
        }
    }

    /// One statement: whoever sends it has the tasks, or has not.
    ///
    /// It jumps along `ready_turn_idx` from one (domain, pool) to the next and takes a few rows at each, so what it
    /// costs does not depend on how many tasks are ready. A row that another claim holds is passed over. The lease comes
    /// before the deletion, since only the lease's key (`lease_slot_key`) decides who gets the slot of a pool.
    ///
    /// The counts stand in the text, and rows are met by loops or arrays: a plan made for any count reads all of `ready`.
    public static func claimStatement(for workerID: String, upTo count: Int) -> SQL {
        let (count, candidates) = (SQL(unsafe: "\(count)"), SQL(unsafe: "\(count + 16)"))
        return """
            WITH RECURSIVE worker AS (
                SELECT w.id FROM sluice.worker AS w WHERE w.id = \(workerID)::uuid AND w.state = 'live'
            ), lane AS (
                (SELECT q.domain_id, q.pool, q.pool_slots FROM worker CROSS JOIN sluice.ready AS q
                ORDER BY q.domain_id, q.pool, q.ready_at, q.task_id LIMIT 1)
                UNION ALL
                SELECT n.domain_id, n.pool, n.pool_slots
                FROM lane AS l CROSS JOIN LATERAL (
                    SELECT q.domain_id, q.pool, q.pool_slots FROM sluice.ready AS q
                    WHERE (q.domain_id, q.pool) > (l.domain_id, l.pool)
                    ORDER BY q.domain_id, q.pool, q.ready_at, q.task_id LIMIT 1) AS n
            ), candidate AS (
                SELECT c.*, row_number() OVER (PARTITION BY c.domain_id, c.pool ORDER BY c.ready_at, c.task_id) AS place
                FROM lane AS l CROSS JOIN LATERAL (
                    SELECT q.task_id, q.domain_id, q.pool, q.pool_slots, q.ready_at FROM sluice.ready AS q
                    WHERE q.domain_id = l.domain_id AND q.pool = l.pool
                    ORDER BY q.ready_at, q.task_id LIMIT \(raw: candidates)) AS c
            ), slot AS (
                SELECT l.domain_id, l.pool, s.number,
                    row_number() OVER (PARTITION BY l.domain_id, l.pool ORDER BY s.number) AS place
                FROM lane AS l CROSS JOIN LATERAL generate_series(1, l.pool_slots) AS s (number)
                WHERE l.pool <> '' AND NOT EXISTS (
                    SELECT FROM sluice.lease AS h
                    WHERE h.domain_id = l.domain_id AND h.pool = l.pool AND h.pool_slot = s.number)
            ), busy AS (
                SELECT h.domain_id, count(*) AS leases FROM sluice.lease AS h GROUP BY h.domain_id
            ), turn AS (
                SELECT c.task_id, c.ready_at, s.number AS slot, coalesce(b.leases, 0)
                    + row_number() OVER (PARTITION BY c.domain_id ORDER BY c.ready_at, c.task_id) AS number
                FROM candidate AS c
                LEFT JOIN slot AS s ON s.domain_id = c.domain_id AND s.pool = c.pool AND s.place = c.place
                LEFT JOIN busy AS b ON b.domain_id = c.domain_id
                WHERE c.pool = '' OR s.number <= c.pool_slots
            ), chosen AS (
                SELECT q.task_id, q.domain_id, q.pool, t.slot
                FROM (SELECT * FROM turn ORDER BY number, ready_at, task_id LIMIT \(raw: candidates)) AS t
                CROSS JOIN LATERAL (
                    SELECT r.task_id, r.domain_id, r.pool FROM sluice.ready AS r
                    WHERE r.task_id = t.task_id FOR UPDATE SKIP LOCKED) AS q
                LIMIT \(raw: count)
            ), leased AS (
                INSERT INTO sluice.lease
                    (task_id, epoch, run_id, domain_id, worker_id, pool, pool_slot, claimed_at, deadline)
                SELECT c.task_id, nextval('sluice.epoch'), r.id, c.domain_id, w.id, c.pool, c.slot, sluice.queue_now(),
                    sluice.queue_now() + make_interval(secs => r.timeout_seconds)
                FROM chosen AS c JOIN sluice.task AS t ON t.id = c.task_id JOIN sluice.run AS r ON r.id = t.run_id
                CROSS JOIN worker AS w
                -- In one order, so that two claims never wait for each other's slots.
                ORDER BY c.domain_id, c.pool, c.slot
                ON CONFLICT DO NOTHING
                RETURNING task_id, epoch, run_id
            ), gone AS (
                DELETE FROM sluice.ready WHERE task_id = ANY (ARRAY(SELECT l.task_id FROM leased AS l))
            ), counted AS (
                UPDATE sluice.task AS t SET attempt = t.attempt + 1
                WHERE t.id = ANY (ARRAY(SELECT l.task_id FROM leased AS l)) RETURNING t.id, t.attempt, t.step
            ), begun AS (
                UPDATE sluice.run AS r SET state = 'running', started_at = coalesce(r.started_at, sluice.queue_now())
                WHERE r.id IN (
                    SELECT b.id FROM sluice.run AS b
                    WHERE b.id IN (SELECT l.run_id FROM leased AS l) AND b.state = 'queued' AND b.cancelled_by IS NULL
                    FOR NO KEY UPDATE SKIP LOCKED)
            )
            SELECT l.task_id, l.run_id, l.epoch, c.attempt, c.step, r.pipeline_id, r.pipeline, r.domain_id, r.spec,
                r.parameters, r.timeout_seconds, r.cancelled_by IS NOT NULL
            FROM leased AS l JOIN counted AS c ON c.id = l.task_id JOIN sluice.run AS r ON r.id = l.run_id
            ORDER BY l.epoch
            """
    }
}

extension Claim {
    fileprivate init(_ row: Row) throws {
        self.init(
            task: TaskID(try row.decode(at: 0)), run: RunID(try row.decode(at: 1)),
            epoch: Epoch(try row.decode(at: 2)), attempt: try row.decode(at: 3), step: try row.decode(at: 4),
            pipeline: PipelineRef(
                id: try row.decode(at: 5), address: try row.decode(at: 6), domainID: try row.decode(at: 7),
                spec: try JSONValue.parse(Array(row.decode(at: 8, as: String.self).utf8))),
            parameters: try JSONValue.parse(Array(row.decode(at: 9, as: String.self).utf8)),
            timeout: .seconds(try row.decode(at: 10, as: Int64.self)),
            isCancelRequested: try row.decode(at: 11))
    }
}
