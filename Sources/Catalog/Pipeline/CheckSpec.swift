public import JSON

/// A condition on a column's values, and what becomes of rows that do not meet it. NULL passes all but `notNull`.
public struct CheckSpec: Sendable, Hashable {
    /// What becomes of a row that does not meet the condition.
    public enum OnFailure: String, Sendable, CaseIterable, JSONFieldWord {
        case quarantine, drop, warn, fail
    }

    /// Columns whose values count together.
    public static let maxColumns = 32

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
        rule = fields.checkRule()
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
        object[rule.kind.rawValue] = rule.value
        object["onFailure"] = .string(onFailure.rawValue)
        return .object(object)
    }
}

extension JSONFields {
    fileprivate mutating func checkedColumns(_ rule: CheckSpec.Rule) -> [String] {
        guard raw("columns") != nil else { return [required("column")] }
        let names = required("columns", as: [String].self)
        if rule != .unique { reject("columns", "goes with unique; other checks have a column") }
        if raw("column") != nil { reject("column", "goes not with columns") }
        if names.isEmpty, raw("columns")?.arrayValue != nil { reject("columns", "must name a column") }
        if names.count > CheckSpec.maxColumns {
            reject("columns", "must have at most \(CheckSpec.maxColumns) columns")
        }
        for (index, name) in names.enumerated() where names[..<index].contains(name) {
            reject("columns", at: ["\(index)"], "names a column twice")
        }
        return names
    }
}
