public import Catalog
public import JSON
import Postgres

extension Change {
    /// `PUT /pipelines/{domain}.{name}`: needs `write` on the domain.
    ///
    /// - Parameter syntaxFaults: What is wrong with parts that only others can read: schedules, patterns.
    public func putPipeline(
        _ address: PipelineAddress, _ body: JSONValue, _ precondition: Precondition,
        syntaxFaults: (PipelineSpec) -> [JSONFieldError]
    ) async throws -> Outcome {
        let domain = try await writableDomain(address.domain, for: "pipeline \(address)")
        try ObjectName.check(address.name, at: "/name")
        let spec = try Refusal.reading(body) { PipelineSpec(&$0) }
        let faults = syntaxFaults(spec)
        guard faults.isEmpty else { throw Refusal(JSONFieldErrors(errors: faults)) }
        return try await put(.pipeline, at: "\(address)", precondition) { before in
            let runAs = try await principalToRunAs(spec.runAs, domain, address.domain)
            let connections = try await check(spec, domain, address.domain, runningAs: runAs)
            let rows = try await connection.query(
                """
                INSERT INTO sluice.pipeline AS p (domain_id, name, spec, run_as_id)
                VALUES (\(domain), \(address.name), \(spec.json.text)::json, \(runAs.principalID))
                ON CONFLICT ON CONSTRAINT pipeline_name_key DO UPDATE
                SET spec = excluded.spec, run_as_id = excluded.run_as_id, version = p.version + 1, updated_at = now()
                RETURNING id
                """)
            try await setConnections(connections, of: rows[0].decode(at: 0))
        }
    }

    /// `POST /pipelines/{…}/pause` and `/resume`: whether its schedule starts runs.
    public func setPaused(_ isPaused: Bool, _ address: PipelineAddress) async throws -> Outcome {
        _ = try await writableDomain(address.domain, for: "pipeline \(address)")
        guard let before = try await Document.read(.pipeline, at: "\(address)", on: connection) else {
            throw Refusal.notFound("pipeline \(address)")
        }
        let changed = try await connection.query(
            """
            UPDATE sluice.pipeline SET paused = \(isPaused), version = version + 1, updated_at = now()
            WHERE id = \(before.id) AND paused <> \(isPaused) RETURNING id
            """)
        guard !changed.isEmpty, let after = try await Document.read(.pipeline, id: before.id, on: connection) else {
            return Outcome(isNew: false, before: before, document: before)
        }
        record(
            isPaused ? "pause" : "resume", "pipeline \(address)", before: before, after: after, changesPolicy: false)
        return Outcome(isNew: false, before: before, document: after)
    }

    /// `DELETE /pipelines/{domain}.{name}`: what it loaded stays.
    public func deletePipeline(_ address: PipelineAddress, _ precondition: Precondition) async throws {
        _ = try await writableDomain(address.domain, for: "pipeline \(address)")
        try await delete(.pipeline, at: "\(address)", precondition) { before in
            try await connection.execute("DELETE FROM sluice.pipeline WHERE id = \(before.id)")
        }
    }

    private func setConnections(_ connections: Set<Int64>, of pipeline: Int64) async throws {
        try await connection.execute("DELETE FROM sluice.pipeline_connection WHERE pipeline_id = \(pipeline)")
        try await connection.execute(
            """
            INSERT INTO sluice.pipeline_connection (pipeline_id, connection_id)
            SELECT \(pipeline), c FROM unnest(\(connections.sorted())) AS c
            """)
    }
}
