import JSON

/// One rule that hangs where an explanation looks, and what becomes of it for the principal.
struct RuleOutcome: Sendable, Equatable {
    enum Kind: String, Sendable {
        case mask
        case rowFilter = "row-filter"
        case deny
    }

    enum Outcome: String, Sendable {
        /// It binds the principal.
        case inForce
        /// It would bind, but another rule on the same column is stricter.
        case loses
        /// It does not bind the principal.
        case excepted
        /// A deny rule for others.
        case forOthers
    }

    var kind: Kind
    var name: String
    /// The tag on which the rule hangs, with the tag that is borne and what bears it; `nil`: on the thing itself.
    var tag: (rule: String, borne: BorneTag)?
    var outcome: Outcome

    static func == (left: RuleOutcome, right: RuleOutcome) -> Bool {
        (left.kind, left.name, left.outcome) == (right.kind, right.name, right.outcome)
            && left.tag?.rule == right.tag?.rule && left.tag?.borne == right.tag?.borne
    }

    /// Where it hangs, in words.
    func hangs(orOn place: String) -> String {
        guard let (rule, borne) = tag else { return "on the \(place)" }
        let path = rule == borne.name ? "" : ", of which \(borne.name) is one"
        return "on tag \(rule)\(path)" + (borne.bearer == .column ? "" : ", borne by the \(borne.bearer.rawValue)")
    }

    var body: JSONValue {
        [
            "kind": .string(kind.rawValue), "name": .string(name), "outcome": .string(outcome.rawValue),
            "tag": tag.map { .string($0.rule) } ?? .null,
            "borne": tag.map { ["tag": .string($0.borne.name), "by": .string($0.borne.bearer.rawValue)] } ?? .null,
        ]
    }
}
