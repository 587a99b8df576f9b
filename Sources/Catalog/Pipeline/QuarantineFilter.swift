public import JSON

/// Which records of a dataset's quarantine are meant: those for which all that is said holds.
public struct QuarantineFilter: Sendable, Hashable {
    /// Of `ids`.
    public static let maxIDs = 1000
    /// Of `rule`, in characters.
    public static let maxRuleLength = 200

    /// Those that this run kept.
    public var run: Int64?
    /// The name of a check, or the code of a fault.
    public var rule: String?
    /// 1 to ``maxIDs``, each once.
    public var ids: [Int64]?

    public init(run: Int64? = nil, rule: String? = nil, ids: [Int64]? = nil) {
        self.run = run
        self.rule = rule
        self.ids = ids
    }

    public init(_ fields: inout JSONFields) {
        run = fields.optional("run", as: String.self).flatMap { text in
            let id = Self.id(text)
            if id == nil { fields.reject("run", "must be the id of a run") }
            return id
        }
        rule = fields.optional("rule")
        if let rule, rule.isEmpty || rule.count > Self.maxRuleLength || rule.utf8.contains(0) {
            fields.reject("rule", "must have 1 to \(Self.maxRuleLength) characters, none of them U+0000")
        }
        guard let texts = fields.optional("ids", as: [String].self) else { return }
        if texts.isEmpty || texts.count > Self.maxIDs {
            fields.reject("ids", "must have 1 to \(Self.maxIDs) ids")
            return
        }
        var seen: Set<Int64> = []
        for (index, text) in texts.enumerated() {
            guard let id = Self.id(text) else {
                fields.reject("ids", at: ["\(index)"], "must be the id of a record in quarantine")
                continue
            }
            if !seen.insert(id).inserted { fields.reject("ids", at: ["\(index)"], "names a record twice") }
        }
        ids = seen.sorted()
    }

    /// What is said, as a body says it.
    public var json: JSONValue {
        var object: JSONObject = [:]
        object["run"] = run.map { .string("\($0)") }
        object["rule"] = rule.map(JSONValue.string)
        object["ids"] = ids.map { JSONValue($0.map { "\($0)" }) }
        return .object(object)
    }

    /// An id in its decimal form: of several spellings only the one that is answered.
    private static func id(_ text: String) -> Int64? {
        guard let id = Int64(text), id > 0, String(id) == text else { return nil }
        return id
    }
}
