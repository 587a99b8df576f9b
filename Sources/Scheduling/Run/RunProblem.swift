public import JSON

/// Why a run or an attempt failed: the members of a problem (RFC 9457) that outlive a request.
///
/// Shown to whoever may see the run, so no member holds a secret or the value of a column.
public struct RunProblem: Error, Sendable, Hashable {
    /// The longest `detail` and `hint` kept, in characters.
    public static let maxTextLength = 2000
    /// The most `errors` kept.
    public static let maxErrors = 20

    /// Codes that the queue itself gives runs; sources and sinks have their own.
    public static let queueCodes = ["job_died", "poisoned", "step_timeout", "worker_lost"]

    /// Stable; `docs/errors.md` explains each.
    public var code: String
    /// The code in words.
    public var title: String
    public var detail: String?
    public var hint: String?
    /// Faults with their places, as the problem of a request has them.
    public var errors: [JSONValue]

    public init(code: String, title: String, detail: String? = nil, hint: String? = nil, errors: [JSONValue] = []) {
        self.code = code
        self.title = title
        self.detail = detail.map { String($0.prefix(Self.maxTextLength)) }
        self.hint = hint.map { String($0.prefix(Self.maxTextLength)) }
        self.errors = Array(errors.prefix(Self.maxErrors))
    }

    public var json: JSONValue {
        var object: JSONObject = [
            "type": .string("urn:sluice:error:\(code)"), "title": .string(title), "code": .string(code),
        ]
        if let detail { object["detail"] = .string(detail) }
        if let hint { object["hint"] = .string(hint) }
        if !errors.isEmpty { object["errors"] = .array(errors) }
        return JSONValue.object(object).storable
    }
}
