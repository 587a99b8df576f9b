import Access
import Catalog
import HTTPServer
import Scheduling

extension API {
    static func addRuns(to router: inout Router<Platform>) {
        router.on(.get, base + "/runs") { request, platform in
            try request.allow(parameters: "pipeline", "state", "limit", "cursor")
            let caller = try await platform.caller(of: request)
            let filter = try request.runFilter(for: caller)
            let limit = try Page.limit(of: request)
            let runs = try await platform.queue.runs(filter, limit: limit + 1)
            return .list(Listing(runs, limit: limit, \.text) { "\($0.id)" })
        }
        router.on(.get, base + "/runs/{name}") { request, platform in
            try request.allow()
            return .item(try await platform.run(of: request).text)
        }
        router.on(.post, base + "/runs/{name}/cancel") { request, platform in
            try request.allow()
            let (run, caller) = try await platform.writableRun(of: request)
            guard let before = try await platform.queue.cancel(run.id, by: caller.name) else {
                throw Refusal.notFound("run \(run.id)")
            }
            guard !before.hasEnded else {
                throw Refusal(.conflict, "run \(run.id) has ended: it is \(before.rawValue)")
            }
            return try await platform.accepted(run.id)
        }
        router.on(.post, base + "/runs/{name}/retry") { request, platform in
            try request.allow()
            let (run, _) = try await platform.writableRun(of: request)
            switch try await platform.queue.retry(run.id) {
            case .retried: return try await platform.accepted(run.id)
            case nil: throw Refusal.notFound("run \(run.id)")
            case .notEnded:
                throw Refusal(
                    .conflict, "run \(run.id) has not ended", hint: "Failed steps are tried again by themselves.")
            case .succeeded:
                throw Refusal(
                    .conflict, "run \(run.id) has succeeded", hint: "Start a new one with POST /pipelines/{…}/runs.")
            case .pending:
                throw Refusal(
                    .conflict, "another run of pipeline \(run.pipeline) is queued",
                    hint: "Cancel it, or repeat the request when it has begun.")
            }
        }
        addFollowing(to: &router)
        router.on(.get, base + "/workers") { request, platform in
            try request.allow(parameters: "limit")
            let caller = try await platform.caller(of: request)
            try caller.authority.require(.manage, called: "the platform")
            let workers = try await platform.queue.workers(limit: try Page.limit(of: request))
            return .list(Listing(workers))
        }
    }
}

extension Request {
    /// A query parameter of the form `domain.name`.
    private func pipelineAddress(_ name: String) throws(Refusal) -> String? {
        guard let text = try single(name) else { return nil }
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 2, parts.allSatisfy({ ObjectName.fault(in: String($0))?.code != .invalid }) else {
            throw Refusal(.invalidParameter, "\(name) must be the address of a pipeline, such as travel.airports")
        }
        return text
    }

    fileprivate func runFilter(for caller: Caller) throws(Refusal) -> RunFilter {
        var filter = RunFilter()
        filter.pipeline = try pipelineAddress("pipeline")
        if let text = try single("state") {
            guard let state = RunState(rawValue: text) else {
                let known = RunState.allCases.map(\.rawValue).joined(separator: ", ")
                throw Refusal(.invalidParameter, "state must be one of \(known)")
            }
            filter.state = state
        }
        filter.before = try cursor { RunID($0) }
        if !caller.authority.allows(.describe) {
            filter.domains = caller.authority.privileges
                .filter { $0.privileges.contains { $0.includes(.describe) } }.map(\.scope)
        }
        return filter
    }
}
