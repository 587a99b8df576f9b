public import Catalog
import JSON
import Postgres
import Store

extension Queue {
    // MARK: The server's side

    /// Asks a question about a connection; some worker takes it up.
    ///
    /// - Throws: `Refusal` `too_many_requests` beyond the bounds of `ProbeLimits`.
    public func ask(_ question: SourceQuestion, about connectionID: Int64, by principalID: Int64) async throws -> Int64
    {
        let row = try await probe(
            """
            SELECT probe_id, refusal FROM sluice.ask(
                \(principalID), \(connectionID), \(JSONText(question.json.text)),
                \(Int32(ProbeLimits.patience.components.seconds)), \(Int32(ProbeLimits.open)),
                \(Int32(ProbeLimits.openOwn)), \(Int32(ProbeLimits.rate)))
            """)[0]
        switch try row.decode(at: 1, as: String?.self) {
        case "crowded"?:
            throw Refusal(
                .tooManyRequests, "\(ProbeLimits.open) questions about connections are open, and there may not be more",
                hint: "Retry in a moment.")
        case "own"?:
            throw Refusal(
                .tooManyRequests, "\(ProbeLimits.openOwn) questions of yours about connections are open",
                hint: "Wait for one of the answers.")
        case "rate"?:
            throw Refusal(
                .tooManyRequests, "you have asked \(ProbeLimits.rate) questions about connections within a minute",
                hint: "Retry in a minute.")
        default: break
        }
        wakeWorkers()
        return try row.decode(at: 0)
    }

    /// How far a question is.
    public func probeState(_ id: Int64) async throws -> ProbeState {
        let found = try await probe(
            """
            SELECT p.answer, p.worker_id IS NOT NULL, sluice.has_live_worker()
            FROM sluice.probe AS p WHERE p.id = \(id)
            """)
        guard let row = found.first else { return .gone }
        if let answer = try row.decode(at: 0, as: String?.self) {
            return .answered(try ProbeAnswer.parse(JSONValue.parse(Array(answer.utf8))))
        }
        return try row.decode(at: 1) ? .claimed : .waiting(hasWorker: row.decode(at: 2))
    }

    /// Nobody waits for it any more. What was asked and answered goes; that it was asked is counted for a minute.
    public func closeProbe(_ id: Int64) async throws {
        _ = try await probe("UPDATE sluice.probe SET is_closed = true, answer = NULL, question = '{}' WHERE id = \(id)")
    }

    // MARK: The worker's side

    /// Takes up to `count` questions for a worker, those of workers that have ended among them. One that is draining,
    /// retired or lost gets none.
    public func claimProbes(for workerID: String, upTo count: Int) async throws -> [Probe] {
        try await probe(
            """
            UPDATE sluice.probe AS p SET worker_id = \(workerID)::uuid
            WHERE p.id IN (
                    SELECT o.id FROM sluice.probe AS o
                    WHERE o.answer IS NULL AND NOT o.is_closed AND o.deadline > sluice.queue_now() + interval '1 s'
                        AND (o.worker_id IS NULL OR EXISTS (
                            SELECT FROM sluice.worker AS w
                            WHERE w.id = o.worker_id AND w.state IN ('retired', 'lost')))
                    ORDER BY o.id LIMIT \(count) FOR UPDATE SKIP LOCKED)
                AND EXISTS (SELECT FROM sluice.worker AS w WHERE w.id = \(workerID)::uuid AND w.state = 'live')
            RETURNING p.id, p.connection_id, p.question::text,
                (extract(epoch FROM p.deadline - sluice.queue_now()) * 1000)::int8
            """
        ).map { row in
            Probe(
                id: try row.decode(at: 0), connectionID: try row.decode(at: 1),
                question: try SourceQuestion.parse(JSONValue.parse(Array(row.decode(at: 2, as: String.self).utf8))),
                patience: .milliseconds(try row.decode(at: 3, as: Int64.self)))
        }
    }

    /// Answers a question. Without effect when it is closed, or another worker's by now.
    public func answer(_ probe: Probe, as workerID: String, _ answer: ProbeAnswer) async throws {
        _ = try await self.probe(
            """
            UPDATE sluice.probe SET answer = \(answer.json.storable.text)
            WHERE id = \(probe.id) AND worker_id = \(workerID)::uuid AND answer IS NULL AND NOT is_closed
            """)
    }

    private func probe(_ sql: SQL) async throws -> [Row] {
        try await sessions.withServerSession(.control) { connection in try await connection.query(sql) }
    }
}
