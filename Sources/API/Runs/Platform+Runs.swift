import Access
import Catalog
import HTTPServer
import JSON
import Postgres
import Scheduling
import Store

extension Platform {
    /// The run that the path names, if the caller may describe its pipeline's domain, or manages the dataset that it
    /// replays.
    func run(of request: Request) async throws -> RunDocument {
        try await run(of: request, for: try await caller(of: request))
    }

    /// The same, if the caller may write in the domain.
    func writableRun(of request: Request) async throws -> (RunDocument, Caller) {
        let caller = try await caller(of: request)
        let run = try await run(of: request, for: caller)
        let domain = run.pipeline.split(separator: ".").first.map(String.init) ?? run.pipeline
        try caller.authority.require(.write, on: run.domainID, called: "domain \(domain)")
        return (run, caller)
    }

    private func run(of request: Request, for caller: Caller) async throws -> RunDocument {
        let name = try request.name()
        guard let id = RunID(name), let run = try await queue.run(id) else { throw Refusal.notFound("run \(name)") }
        if caller.authority.allows(.describe, on: run.domainID) { return run }
        guard let dataset = run.replayedDatasetID, try await isManaged(dataset, by: caller) else {
            throw Refusal.notFound("run \(name)")
        }
        return run
    }

    private func isManaged(_ dataset: Int64, by caller: Caller) async throws -> Bool {
        let rows = try await sessions.withServerSession { connection in
            try await connection.query("SELECT domain_id FROM sluice.dataset WHERE id = \(dataset)")
        }
        guard let domain = try rows.first?.decode(at: 0, as: Int64.self) else { return false }
        return caller.authority.allows(.manage, on: domain, dataset)
    }

    /// 202 with the run's id and its state of the moment.
    func accepted(_ id: RunID) async throws -> Response {
        guard let run = try await queue.run(id) else { throw Refusal.notFound("run \(id)") }
        return .accepted(["id": .string("\(id)"), "state": .string(run.state.rawValue)], at: "/runs/\(id)")
    }
}
