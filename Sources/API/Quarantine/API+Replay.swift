import Access
import Catalog
import HTTPServer
import Ingestion
import JSON
import Postgres
import Scheduling
import Store

extension API {
    static func addReplay(to router: inout Router<Platform>) {
        router.on(.post, base + "/datasets/{name}/quarantine/replay") { request, platform in
            try request.allow()
            let caller = try await platform.caller(of: request)
            let address = try DatasetAddress.path(request.name())
            let dataset = try await QuarantinedDataset.find(address, for: caller, platform)
            try caller.authority.require(.manage, on: dataset.domainID, dataset.id, called: "dataset \(address)")
            let filter = try Refusal.reading(try await request.runBody()) { QuarantineFilter(&$0) }
            let request = ReplayRequest(
                address: address, dataset: dataset.id, filter: filter, principal: caller.name,
                requestID: request.requestID)
            return try await platform.accepted(try await request.enqueue(platform))
        }
    }
}

/// One `POST …/quarantine/replay`: finds the step that read the records, and queues a run that does.
private struct ReplayRequest {
    let address: DatasetAddress
    let dataset: Int64
    let filter: QuarantineFilter
    let principal: String
    let requestID: String

    func enqueue(_ platform: Platform) async throws -> RunID {
        let origins = QuarantineOrigins(datasetID: dataset, filter: filter)
        try await adopt(origins, platform)
        let found = try await platform.sessions.withServerSession { try await origins.found(on: $0) }
        let origin = try single(found)
        let (pipeline, step) = try await step(of: origin, platform)
        let order = ReplayOrder(
            dataset: dataset, filter: filter, upTo: origin.lastRecord, principal: principal, requestID: requestID)
        return try await platform.queue.enqueue(
            pipeline.replaying(order, step: step.name),
            cause: .replay(dataset: address, filter: filter, principal: principal, requestID: requestID))
    }

    /// Records that were kept before their origin was: their runs, as long as these are known, tell it.
    private func adopt(_ origins: QuarantineOrigins, _ platform: Platform) async throws {
        let units = try await platform.sessions.withServerSession { try await origins.unknownUnits(on: $0) }
        guard !units.isEmpty else { return }
        let pipelines = try await platform.queue.pipelines(of: Set(units.map(\.run)).map { RunID($0) })
        for unit in units {
            guard let pipeline = pipelines[RunID(unit.run)] else { continue }
            try await platform.sessions.withServerSession { connection in
                try await origins.adopt(unit, pipeline: pipeline.id, pipeline.address, on: connection)
            }
        }
    }

    /// The one step whose records these are.
    private func single(_ found: [QuarantineOrigins.Origin]) throws(Refusal) -> QuarantineOrigins.Origin {
        guard let first = found.first else {
            throw Refusal(
                .conflict, "no record in the quarantine of dataset \(address) is meant",
                hint: "GET /datasets/{…}/quarantine lists what is there; an empty body means all of it.")
        }
        if let unknown = found.first(where: { $0.step == nil }) {
            throw Refusal(
                .conflict, "which pipeline read records of run \(unknown.lastRun) is not known any more",
                hint: "They stay in quarantine. Leave them out with run, rule or ids.")
        }
        guard found.count == 1 else {
            let names = found.prefix(10).map { "\($0.pipeline) step \($0.step ?? "") (last run \($0.lastRun))" }
            let more = found.count > 10 ? " and others" : ""
            throw Refusal(
                .conflict, "the records were read by several steps: \(names.joined(separator: ", "))\(more)",
                hint: "Replay those of one step at a time: narrow them with run, rule or ids.")
        }
        return first
    }

    /// The step as it is now, with its pipeline.
    private func step(
        of origin: QuarantineOrigins.Origin, _ platform: Platform
    ) async throws -> (PipelineRef, StepSpec) {
        guard let id = origin.pipelineID, let pipeline = try await pipeline(id, platform) else {
            throw Refusal(
                .conflict, "pipeline \(origin.pipeline), which read the records, is gone",
                hint: "They stay in quarantine. Put a pipeline of this name again, with the step that reads them.")
        }
        let name = origin.step ?? ""
        guard let step = try PipelineSpec.parse(pipeline.spec).steps.first(where: { $0.name == name }) else {
            throw Refusal(
                .conflict, "pipeline \(pipeline.address) has no step \(name) any more, which read the records",
                hint: "They stay in quarantine. Give the pipeline a step of this name again.")
        }
        guard step.ingest.dataset == address else {
            throw Refusal(
                .conflict, "step \(name) of pipeline \(pipeline.address) loads dataset \(step.ingest.dataset) now",
                hint: "They stay in quarantine. Point the step at dataset \(address) again.")
        }
        return (pipeline, step)
    }

    private func pipeline(_ id: Int64, _ platform: Platform) async throws -> PipelineRef? {
        let rows = try await platform.sessions.withServerSession { connection in
            try await connection.query(
                """
                SELECT d.name || '.' || p.name, p.domain_id, p.spec::text
                FROM sluice.pipeline AS p JOIN sluice.domain AS d ON d.id = p.domain_id WHERE p.id = \(id)
                """)
        }
        return try rows.first.map { row in
            PipelineRef(
                id: id, address: try row.decode(at: 0), domainID: try row.decode(at: 1),
                spec: try JSONValue.parse(row.decode(at: 2, as: String.self)))
        }
    }
}
