public import JSON

/// One governed read, or one end of it when it is streamed.
public struct ReadEntry: Sendable {
    /// How much of the read the entry tells.
    public enum Phase: String, Sendable {
        /// The read and its outcome.
        case whole
        /// A stream whose first bytes are about to leave.
        case begun
        /// The end of such a stream.
        case ended
    }

    public enum Decision: String, Sendable {
        case allowed, refused, failed
    }

    public var principal: String
    /// `rows` or `query`.
    public var surface: String
    public var phase: Phase = .whole
    /// `domain.dataset`.
    public var datasets: [String]
    /// `domain.dataset.column`; empty where the statement's columns are not known.
    public var columns: [String]
    public var rowCount: Int?
    public var byteCount: Int?
    public var duration: Duration = .zero
    public var policyVersion: Int64
    public var decision: Decision = .allowed
    /// Of the problem, when not allowed.
    public var code: String?
    public var statement: String?
    public var requestID: String

    public init(
        principal: String, surface: String, datasets: [String], columns: [String], policyVersion: Int64,
        requestID: String, statement: String? = nil
    ) {
        self.principal = principal
        self.surface = surface
        self.datasets = datasets
        self.columns = columns
        self.policyVersion = policyVersion
        self.requestID = requestID
        self.statement = statement
    }

    /// As `json_populate_recordset` reads it; `age` is the time since it happened.
    func record(age: Duration) -> JSONValue {
        func microseconds(_ duration: Duration) -> JSONValue {
            let (seconds, attoseconds) = duration.components
            return .number("\(seconds * 1_000_000 + attoseconds / 1_000_000_000_000)")
        }
        return [
            "age_us": microseconds(age), "principal": .string(principal), "surface": .string(surface),
            "phase": .string(phase.rawValue), "datasets": .array(datasets.map(JSONValue.string)),
            "columns": .array(columns.map(JSONValue.string)),
            "row_count": rowCount.map { .number("\($0)") } ?? .null,
            "byte_count": byteCount.map { .number("\($0)") } ?? .null, "duration_us": microseconds(duration),
            "policy_version": .number("\(policyVersion)"), "decision": .string(decision.rawValue),
            "code": code.map(JSONValue.string) ?? .null, "statement": statement.map(JSONValue.string) ?? .null,
            "request_id": .string(requestID),
        ]
    }
}
