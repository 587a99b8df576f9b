import Postgres
import Store

extension Queue {
    /// Runs, latest first.
    public func runs(_ filter: RunFilter, limit: Int) async throws -> [RunDocument] {
        var condition: SQL = "true"
        if let pipeline = filter.pipeline { condition += " AND pipeline = \(pipeline)" }
        if let state = filter.state { condition += " AND state = \(state.rawValue)" }
        if let domains = filter.domains { condition += " AND domain_id = ANY (\(domains))" }
        if let before = filter.before { condition += " AND id < \(before.value)" }
        return try await documents(where: condition, limit: limit)
    }

    /// One run, or `nil`.
    public func run(_ id: RunID) async throws -> RunDocument? {
        try await documents(where: "id = \(id.value)", limit: 1).first
    }

    /// The pipelines of runs that are still known, by run.
    public func pipelines(of runs: [RunID]) async throws -> [RunID: (id: Int64, address: String)] {
        let rows = try await read("SELECT id, pipeline_id, pipeline FROM sluice.run WHERE id = ANY (\(runs.map(\.value)))")
        return try Dictionary(
            uniqueKeysWithValues: rows.map { row in
                (RunID(try row.decode(at: 0)), (id: try row.decode(at: 1), address: try row.decode(at: 2)))
            })
    }

    private func documents(where condition: SQL, limit: Int) async throws -> [RunDocument] {
        // The ids first, by an index: the steps are gathered for the page alone.
        let rows = try await read(
            """
            SELECT d.id, d.domain_id, d.pipeline, d.state, (
                SELECT (r.spec #>> '{replay,dataset}')::bigint FROM sluice.run AS r WHERE r.id = d.id AND r.is_replay),
                d.body::text
            FROM sluice.run_document AS d
            WHERE d.id IN (SELECT id FROM sluice.run WHERE \(raw: condition) ORDER BY id DESC LIMIT \(limit))
            ORDER BY d.id DESC
            """)
        return try rows.compactMap { row in
            guard let state = try RunState(rawValue: row.decode(at: 3)) else { return nil }
            return RunDocument(
                id: RunID(try row.decode(at: 0)), domainID: try row.decode(at: 1), pipeline: try row.decode(at: 2),
                state: state, replayedDatasetID: try row.decode(at: 4), text: try row.decode(at: 5))
        }
    }

    /// How far a run is; `nil` when it is gone.
    public func feed(of run: RunID) async throws -> RunFeed? {
        let rows = try await read(
            """
            SELECT f.version, f.last_line, r.ended_at IS NOT NULL
            FROM sluice.run_feed AS f JOIN sluice.run AS r ON r.id = f.run_id WHERE f.run_id = \(run.value)
            """)
        return try rows.first.map { row in
            RunFeed(version: try row.decode(at: 0), lastLine: try row.decode(at: 1), hasEnded: try row.decode(at: 2))
        }
    }

    /// Lines of a run's log after number `line`, in order, each as JSON.
    public func logLines(of run: RunID, after line: Int64, limit: Int) async throws -> [(number: Int64, text: String)] {
        try await read(
            """
            SELECT l.line, json_build_object(
                'line', l.line, 'at', sluice.rfc3339(l.at), 'level', l.level, 'step', l.step, 'attempt', l.attempt,
                'message', l.message, 'fields', l.fields)::text
            FROM sluice.run_log AS l
            WHERE l.run_id = \(run.value) AND l.line > \(line) ORDER BY l.line LIMIT \(limit)
            """
        ).map { (try $0.decode(at: 0), try $0.decode(at: 1)) }
    }

    /// Workers and what they do, as JSON, latest first: those of the last day.
    public func workers(limit: Int) async throws -> [String] {
        try await read(
            """
            SELECT json_build_object(
                'id', w.id, 'host', w.host, 'slots', w.slots, 'state', w.state,
                'startedAt', sluice.rfc3339(w.started_at), 'heartbeatAt', sluice.rfc3339(w.heartbeat_at),
                'tasks', coalesce((
                    SELECT json_agg(json_build_object(
                        'run', l.run_id::text, 'pipeline', r.pipeline, 'step', t.step, 'attempt', t.attempt,
                        'pid', l.pid, 'claimedAt', sluice.rfc3339(l.claimed_at)) ORDER BY l.epoch)
                    FROM sluice.lease AS l JOIN sluice.task AS t ON t.id = l.task_id
                    JOIN sluice.run AS r ON r.id = l.run_id WHERE l.worker_id = w.id), '[]'))::text
            FROM sluice.worker AS w
            ORDER BY w.state IN ('live', 'draining') DESC, w.heartbeat_at DESC, w.id LIMIT \(limit)
            """
        ).map { try $0.decode(at: 0) }
    }

    private func read(_ sql: SQL) async throws -> [Row] {
        try await sessions.withServerSession(.control) { connection in try await connection.query(sql) }
    }
}
