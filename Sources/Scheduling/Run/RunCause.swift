public import Catalog
public import JSON

/// Why there is a run: it records exactly which events caused it.
public enum RunCause: Sendable, Hashable {
    /// `POST /pipelines/{…}/runs` by this principal.
    case manual(principal: String, requestID: String)
    /// A schedule, at this nominal time; `isCatchUp`: it was missed, and this is the one run made up for it.
    case schedule(nominalTime: UnixTime, isCatchUp: Bool)
    /// `POST /datasets/{…}/quarantine/replay` by this principal, of what the filter says.
    case replay(dataset: DatasetAddress, filter: QuarantineFilter, principal: String, requestID: String)

    public var json: JSONValue {
        switch self {
        case .manual(let principal, let requestID):
            ["kind": "manual", "principal": .string(principal), "requestId": .string(requestID)]
        case .schedule(let nominalTime, let isCatchUp):
            [
                "kind": "schedule", "nominalTimes": [.string(nominalTime.description)],
                "catchUp": .bool(isCatchUp),
            ]
        case .replay(let dataset, let filter, let principal, let requestID):
            [
                "kind": "replay", "principal": .string(principal), "requestId": .string(requestID),
                "dataset": .string("\(dataset)"), "filter": filter.json,
            ]
        }
    }
}
