public import JSON

/// A condition on a column's values, and what becomes of rows that do not meet it. NULL passes all but `notNull`.
public struct CheckSpec: Sendable, Hashable {
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

    public enum OnFailure: String, Sendable, CaseIterable, JSONFieldWord {
        case quarantine, drop, warn, fail
    }

    /// Unique in the step; it is the `rule` of a row in quarantine.
    public var name: String
    /// One; several with ``Rule/unique``, whose values count together.
    public var columns: [String]
    public var rule: Rule
    public var onFailure: OnFailure

    public init(name: String, columns: [String], rule: Rule, onFailure: OnFailure = .quarantine) {
        self.name = name
        self.columns = columns
        self.rule = rule
        self.onFailure = onFailure
    }

    init(_ fields: inout JSONFields) {
        name = fields.name("name")
        rule = fields.rule()
        columns = fields.checkedColumns(rule)
        onFailure = fields.optional("onFailure") ?? .quarantine
    }

    /// Whether the body says `column`, not `columns`.
    var namesOneColumn: Bool { columns.count == 1 }

    var json: JSONValue {
        var object: JSONObject = ["name": .string(name)]
        if namesOneColumn {
            object["column"] = .string(columns[0])
        } else {
            object["columns"] = JSONValue(columns)
        }
        switch rule {
        case .matches(let pattern): object["matches"] = .string(pattern)
        case .notNull: object["notNull"] = true
        case .unique: object["unique"] = true
        case .range(let min, let max):
            var bounds: JSONObject = [:]
            bounds["min"] = min
            bounds["max"] = max
            object["range"] = .object(bounds)
        case .in(let values): object["in"] = .array(values)
        }
        object["onFailure"] = .string(onFailure.rawValue)
        return .object(object)
    }
}

extension JSONFields {
    private static let rules = ["matches", "notNull", "unique", "range", "in"]

    fileprivate mutating func rule() -> CheckSpec.Rule {
        let given = Self.rules.filter { raw($0) != nil }
        guard given.count == 1 else {
            let detail = "must have one of \(Self.rules.joined(separator: ", "))"
            if let second = given.dropFirst().first { reject(second, "goes not with \(given[0]); a check \(detail)") }
            if given.isEmpty { reject(detail) }
            return .notNull
        }
        switch given[0] {
        case "matches": return .matches(pattern())
        case "unique": return flag("unique", .unique)
        case "range": return range()
        case "in": return members()
        default: return flag("notNull", .notNull)
        }
    }

    private mutating func pattern() -> String {
        let pattern = required("matches", as: String.self)
        if pattern.utf8.count > 10_000 { reject("matches", "must have at most 10000 bytes") }
        return pattern
    }

    private mutating func flag(_ name: String, _ rule: CheckSpec.Rule) -> CheckSpec.Rule {
        if raw(name)?.boolValue != true { reject(name, "must be true, or absent") }
        return rule
    }

    private mutating func range() -> CheckSpec.Rule {
        object("range") { bounds in
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

    private mutating func members() -> CheckSpec.Rule {
        let values = required("in", as: [JSONValue].self)
        if values.isEmpty, raw("in")?.arrayValue != nil { reject("in", "must have a value") }
        if values.count > 1000 { reject("in", "must have at most 1000 values") }
        for (index, value) in values.enumerated() {
            switch value {
            case .string, .number, .bool: break
            default: reject("in", at: ["\(index)"], "must be a string, a number or a boolean")
            }
        }
        return .in(values)
    }

    fileprivate mutating func checkedColumns(_ rule: CheckSpec.Rule) -> [String] {
        guard raw("columns") != nil else { return [required("column")] }
        let names = required("columns", as: [String].self)
        if rule != .unique { reject("columns", "goes with unique; other checks have a column") }
        if raw("column") != nil { reject("column", "goes not with columns") }
        if names.isEmpty, raw("columns")?.arrayValue != nil { reject("columns", "must name a column") }
        if names.count > 32 { reject("columns", "must have at most 32 columns") }
        for (index, name) in names.enumerated() where names[..<index].contains(name) {
            reject("columns", at: ["\(index)"], "names a column twice")
        }
        return names
    }
}
