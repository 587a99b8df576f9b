import Access
import Catalog
import Cryptography
import HTTPServer
import JSON
import Scheduling

extension API {
    static func addRuns(to router: inout Router<Platform>) {
        router.on(.get, base + "/runs") { request, platform in
            try request.allow(parameters: "pipeline", "state", "limit", "cursor")
            let caller = try await platform.caller(of: request)
            let filter = try request.runFilter(for: caller)
            let limit = try Page.limit(of: request)
            return .runs(try await platform.queue.runs(filter, limit: limit + 1), limit: limit)
        }
        router.on(.get, base + "/runs/{name}") { request, platform in
            try request.allow()
            let run = try await platform.run(of: request)
            return Response(contentType: "application/json", bytes: Array(run.text.utf8))
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
            let items = workers.joined(separator: ",")
            return Response(
                contentType: "application/json", bytes: Array("{\"items\":[\(items)],\"nextCursor\":null}".utf8))
        }
    }
}

extension Response {
    /// A page of runs, selected with a limit of one more.
    fileprivate static func runs(_ found: [RunDocument], limit: Int) -> Response {
        let shown = found.prefix(limit)
        let next = found.count > limit ? shown.last.map { Base64URL.encode(Array("\($0.id)".utf8)) } : nil
        let items = shown.map(\.text).joined(separator: ",")
        let cursor = next.map { "\"\($0)\"" } ?? "null"
        return Response(
            contentType: "application/json", bytes: Array("{\"items\":[\(items)],\"nextCursor\":\(cursor)}".utf8))
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
        if let cursor = try single("cursor") {
            guard let bytes = Base64URL.decode(cursor), let id = RunID(String(decoding: bytes, as: UTF8.self)) else {
                throw Refusal(
                    .invalidCursor, "the cursor is not one of this list", hint: "Begin again without a cursor.")
            }
            filter.before = id
        }
        if !caller.authority.allows(.describe) {
            filter.domains = caller.authority.privileges
                .filter { $0.privileges.contains { $0.includes(.describe) } }.map(\.scope)
        }
        return filter
    }
}
