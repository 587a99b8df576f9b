public import Catalog
public import JSON

/// What a run is to replay: records of one dataset's quarantine, which one step of its pipeline read.
///
/// It stands in the run's spec, as a member that no pipeline has: who knows nothing of replays refuses the spec instead of
/// loading the step's source. Callers do not write specs of runs, so nobody makes a run a replay by its parameters.
public struct ReplayOrder: Sendable, Hashable {
    static let member = "replay"

    /// Its id in `warehouse`.
    public var dataset: Int64
    public var filter: QuarantineFilter
    /// The last record that there was when it was ordered: later ones are left to another replay.
    public var upTo: Int64
    /// Who ordered it, and by which request.
    public var principal: String
    public var requestID: String

    public init(dataset: Int64, filter: QuarantineFilter, upTo: Int64, principal: String, requestID: String) {
        self.dataset = dataset
        self.filter = filter
        self.upTo = upTo
        self.principal = principal
        self.requestID = requestID
    }

    init(_ fields: inout JSONFields) {
        dataset = Int64(fields.required("dataset", as: Int.self))
        filter = fields.object("filter") { QuarantineFilter(&$0) }
        upTo = Int64(fields.required("upTo", as: Int.self))
        principal = fields.required("principal")
        requestID = fields.required("requestId")
    }

    var json: JSONValue {
        [
            "dataset": JSONValue(dataset), "filter": filter.json, "upTo": JSONValue(upTo),
            "principal": .string(principal), "requestId": .string(requestID),
        ]
    }
}

extension PipelineRef {
    /// The pipeline for a run that replays what `step` of it has read, and does nothing else.
    public func replaying(_ order: ReplayOrder, step: String) -> PipelineRef {
        var copy = self
        var spec = spec.objectValue ?? [:]
        let steps = (spec["steps"]?.arrayValue ?? []).filter { $0["name"]?.stringValue == step }
        spec["steps"] = .array(
            steps.map { step in
                var alone = step.objectValue ?? [:]
                alone["after"] = .array([])
                return .object(alone)
            })
        spec[ReplayOrder.member] = order.json
        copy.spec = .object(spec)
        return copy
    }

    /// What a run of it replays, and the pipeline's own spec; `nil` for a run that loads.
    public func replay() throws -> (order: ReplayOrder, spec: JSONValue)? {
        guard var object = spec.objectValue, let member = object[ReplayOrder.member] else { return nil }
        object[ReplayOrder.member] = nil
        return (try JSONFields.read(member) { ReplayOrder(&$0) }, .object(object))
    }
}
