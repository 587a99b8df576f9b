import Access
import Catalog
import EventLoop
import HTTPServer
import JSON
import Postgres
import Scheduling
import Store

extension API {
    /// The most times that `next-runs` answers.
    static let maxNextRuns = 100

    static func addPipelineRuns(to router: inout Router<Platform>) {
        router.on(.post, base + "/pipelines/{name}/runs") { request, platform in
            try request.allow()
            let caller = try await platform.caller(of: request)
            let pipeline = try await platform.pipeline(of: request, for: caller).ref
            let domain = pipeline.address.split(separator: ".").first.map(String.init) ?? ""
            try caller.authority.require(.write, on: pipeline.domainID, called: "domain \(domain)")
            let input = try Refusal.reading(try await request.runBody()) { RunInput(&$0) }
            let cause = RunCause.manual(principal: caller.name, requestID: request.requestID)
            let run = try await platform.queue.enqueue(pipeline, cause: cause, parameters: .object(input.parameters))
            return try await platform.accepted(run)
        }
        router.on(.get, base + "/pipelines/{name}/next-runs") { request, platform in
            try request.allow(parameters: "count")
            let caller = try await platform.caller(of: request)
            let count = try request.number("count", in: 1...maxNextRuns) ?? 10
            let pipeline = try await platform.pipeline(of: request, for: caller)
            var times: [UnixTime] = []
            if let schedule = try pipeline.schedule, !pipeline.isPaused {
                times = try await platform.blocking.run { schedule.next(count, after: .now) }
            }
            return .item(["items": .array(times.map { .string($0.description) })])
        }
        for (word, isPaused) in [("pause", true), ("resume", false)] {
            router.on(.post, base + "/pipelines/{name}/\(word)") { request, platform in
                try request.allow()
                let address = try PipelineAddress.path(request.name())
                return try await platform.change(request) {
                    try await $0.setPaused(isPaused, address)
                } answer: {
                    .outcome($0, in: "/pipelines")
                }
            }
        }
    }
}

/// The body of `POST /pipelines/{…}/runs`.
private struct RunInput {
    var parameters: JSONObject

    init(_ fields: inout JSONFields) {
        parameters = fields.raw("parameters")?.objectValue ?? [:]
        if let value = fields.raw("parameters"), !value.isNull, value.objectValue == nil {
            fields.reject("parameters", "must be an object")
        }
        for name in ["from", "to"] where fields.raw(name).map({ !$0.isNull }) ?? false {
            fields.reject(name, "cannot be set: no step loads by a range of time yet")
        }
    }
}

extension Request {
    /// The body of a request that starts a run, at most 64 KiB; none is an empty object.
    func runBody() async throws -> JSONValue {
        let bytes = try await body.collect(upTo: 1 << 16)
        guard !bytes.isEmpty else { return .object([:]) }
        var request = self
        request.body = RequestBody(bytes)
        return try await request.json(upTo: 1 << 16)
    }
}

/// A pipeline as it is to be run.
private struct RunnablePipeline {
    var ref: PipelineRef
    var isPaused: Bool

    /// `nil`: it runs when somebody starts it.
    var schedule: Schedule? {
        get throws {
            guard let schedule = ref.spec["schedule"], !schedule.isNull else { return nil }
            return try Schedule(ScheduleSpec.parse(schedule))
        }
    }
}

extension Platform {
    fileprivate func pipeline(of request: Request, for caller: Caller) async throws -> RunnablePipeline {
        let address = try PipelineAddress.path(request.name())
        return try await sessions.withServerSession { connection in
            let document = try await Document.visible(.pipeline, at: "\(address)", to: caller, on: connection)
            let rows = try await connection.query(
                "SELECT domain_id, spec::text, paused FROM sluice.pipeline WHERE id = \(document.id)")
            guard let row = rows.first else { throw Refusal.notFound("pipeline \(address)") }
            let ref = PipelineRef(
                id: document.id, address: "\(address)", domainID: try row.decode(at: 0),
                spec: try JSONValue.parse(row.decode(at: 1, as: String.self)))
            return RunnablePipeline(ref: ref, isPaused: try row.decode(at: 2))
        }
    }
}
