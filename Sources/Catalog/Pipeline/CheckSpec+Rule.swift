public import JSON

extension CheckSpec {
    /// The rules by the member of the body that holds each: a check has exactly one of them.
    public enum Kind: String, Sendable, CaseIterable {
        case matches, notNull, unique, range
        case `in`
    }

    /// What a value must meet.
    public enum Rule: Sendable, Hashable {
        /// A regular expression (PCRE2, Unicode) that matches somewhere in the value's text.
        case matches(String)
        case notNull
        /// No two rows of the dataset have equal values.
        case unique
        /// Bounds are included and are texts or numbers, read as the column's type; at least one is there.
        case range(min: JSONValue?, max: JSONValue?)
        /// Texts, numbers or booleans, read as the column's type; at least one.
        case `in`([JSONValue])
    }

    /// Of the pattern of ``Rule/matches(_:)``, in bytes.
    public static let maxPatternBytes = 10_000
    /// Values of ``Rule/in(_:)``.
    public static let maxMembers = 1000
}

extension CheckSpec.Rule {
    public var kind: CheckSpec.Kind {
        switch self {
        case .matches: .matches
        case .notNull: .notNull
        case .unique: .unique
        case .range: .range
        case .in: .in
        }
    }

    /// What the member of its kind holds.
    var value: JSONValue {
        switch self {
        case .matches(let pattern): return .string(pattern)
        case .notNull, .unique: return true
        case .range(let min, let max):
            var bounds: JSONObject = [:]
            bounds["min"] = min
            bounds["max"] = max
            return .object(bounds)
        case .in(let values): return .array(values)
        }
    }
}

extension JSONFields {
    /// The one rule that the object has.
    mutating func checkRule() -> CheckSpec.Rule {
        let given = CheckSpec.Kind.allCases.filter { raw($0.rawValue) != nil }
        guard given.count == 1 else {
            let detail = "must have one of \(CheckSpec.Kind.allCases.map(\.rawValue).joined(separator: ", "))"
            if let second = given.dropFirst().first {
                reject(second.rawValue, "goes not with \(given[0].rawValue); a check \(detail)")
            }
            if given.isEmpty { reject(detail) }
            return .notNull
        }
        return rule(of: given[0], in: given[0].rawValue)
    }

    private mutating func rule(of kind: CheckSpec.Kind, in member: String) -> CheckSpec.Rule {
        switch kind {
        case .matches: return .matches(pattern(member))
        case .notNull: return flag(member, .notNull)
        case .unique: return flag(member, .unique)
        case .range: return range(member)
        case .in: return .in(members(member))
        }
    }

    private mutating func pattern(_ member: String) -> String {
        let pattern = required(member, as: String.self)
        if pattern.utf8.count > CheckSpec.maxPatternBytes {
            reject(member, "must have at most \(CheckSpec.maxPatternBytes) bytes")
        }
        return pattern
    }

    private mutating func flag(_ member: String, _ rule: CheckSpec.Rule) -> CheckSpec.Rule {
        if raw(member)?.boolValue != true { reject(member, "must be true, or absent") }
        return rule
    }

    private mutating func range(_ member: String) -> CheckSpec.Rule {
        object(member) { bounds in
            let (min, max) = (bounds.raw("min"), bounds.raw("max"))
            for (name, bound) in [("min", min), ("max", max)] {
                switch bound {
                case nil, .string?, .number?: break
                default: bounds.reject(name, "must be a string or a number")
                }
            }
            if min == nil, max == nil { bounds.reject("min", "or max is required") }
            return .range(min: min, max: max)
        }
    }

    private mutating func members(_ member: String) -> [JSONValue] {
        let values = required(member, as: [JSONValue].self)
        if values.isEmpty, raw(member)?.arrayValue != nil { reject(member, "must have a value") }
        if values.count > CheckSpec.maxMembers {
            reject(member, "must have at most \(CheckSpec.maxMembers) values")
        }
        for (index, value) in values.enumerated() {
            switch value {
            case .string, .number, .bool: break
            default: reject(member, at: ["\(index)"], "must be a string, a number or a boolean")
            }
        }
        return values
    }
}
