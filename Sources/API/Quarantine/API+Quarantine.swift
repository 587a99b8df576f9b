import Access
import Catalog
import HTTPServer
import Ingestion
import Scheduling
import Store

extension API {
    static func addQuarantine(to router: inout Router<Platform>) {
        router.on(.get, base + "/datasets/{name}/quarantine") { request, platform in
            try request.allow(parameters: "run", "rule", "limit", "cursor")
            let page = try Page(request)
            let caller = try await platform.caller(of: request)
            try platform.checkIntact()
            let read = QuarantineRead(
                request: request, caller: caller, address: try DatasetAddress.path(request.name()), page: page,
                run: try request.run(), rule: try request.single("rule"))
            return try await read.respond(platform)
        }
        addReplay(to: &router)
    }
}

/// One `GET …/quarantine`. It shows originals, so nothing leaves before its audit entry is written.
private struct QuarantineRead {
    let request: Request
    let caller: Caller
    let address: DatasetAddress
    let page: Page
    let run: RunID?
    let rule: String?
    let start = ContinuousClock.now

    func respond(_ platform: Platform) async throws -> Response {
        let place = try await QuarantinedDataset.find(address, for: caller, platform)
        var entry = ReadEntry(
            ReadEntry.Subject(
                principal: caller.name, actingFor: caller.purpose, surface: "quarantine", datasets: ["\(address)"],
                columns: place.columns.map { "\(address).\($0)" }, policyVersion: caller.policyVersion),
            requestID: request.requestID)
        do throws(Refusal) {
            try caller.authority.require(.manage, on: place.domainID, place.id, called: "dataset \(address)")
        } catch {
            entry.decision = .refused
            entry.code = error.code.rawValue
            try await platform.readAudit.append(entry, durably: false)
            throw error
        }
        let list = QuarantineList(datasetID: place.id, run: run?.value, rule: rule)
        let found = try await platform.sessions.withServerSession { connection in
            try await list.page(after: page.after, limit: page.limit, on: connection)
        }
        let next = found.hasMore ? found.items.last.map { "\($0.id)" } : nil
        let answer = Response.list(Listing(found.items.map(\.text), next: next))
        entry.rowCount = found.items.count
        entry.byteCount = answer.byteCount
        entry.duration = .now - start
        try await platform.readAudit.append(entry, durably: true)
        return answer.under(caller.policyVersion).unstored()
    }
}

extension Request {
    /// `?run=`.
    fileprivate func run() throws(Refusal) -> RunID? {
        guard let text = try single("run") else { return nil }
        guard let run = RunID(text) else { throw Refusal(.invalidParameter, "run must be the id of a run") }
        return run
    }
}
