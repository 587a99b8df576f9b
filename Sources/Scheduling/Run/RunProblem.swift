public import JSON

/// Why a run or an attempt failed: the members of a problem (RFC 9457) that outlive a request.
///
/// Shown to whoever may see the run, so no member holds a secret or the value of a column.
public struct RunProblem: Error, Sendable, Hashable {
    /// The longest `detail` and `hint` kept, in characters.
    public static let maxTextLength = 2000
    /// The most `errors` kept.
    public static let maxErrors = 20

    /// Stable; `docs/errors.md` explains each.
    public var code: String
    /// The code in words.
    public var title: String
    /// What happened in this case; `nil` when the title says it all.
    public var detail: String?
    /// What to do next; `nil` when nobody can say.
    public var hint: String?
    /// Faults with their places, as the problem of a request has them.
    public var errors: [JSONValue]

    /// With a code of the queue itself.
    public init(_ code: QueueCode, detail: String, hint: String) {
        self.init(code: code.rawValue, title: code.title, detail: detail, hint: hint)
    }

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
