import Catalog
public import JSON

/// What a mask does to a value: its kind and parameters (api.md, Policies).
public enum MaskSpec: Sendable, Hashable {
    case nullify
    /// Every value becomes this text, cast to the column's type.
    case fixed(value: String)
    case alphanum
    /// To the nearest multiple; a positive decimal as text.
    case round(to: String)
    case year
    case month
    case email
    case showLast(count: Int)
    case showFirst(count: Int)

    public static let kinds = [
        "nullify", "fixed", "alphanum", "round", "year", "month", "email", "show-last", "show-first",
    ]
    static let defaultCount = 4
    static let maxCount = 1000

    /// Reads `{"kind": …}` with the kind's parameters; unknown ones are refused.
    init(_ fields: inout JSONFields) {
        let kind = fields.required("kind", as: String.self)
        switch kind {
        case "nullify": self = .nullify
        case "fixed": self = .fixed(value: Self.fixedValue(&fields))
        case "alphanum": self = .alphanum
        case "round": self = .round(to: Self.multiple(&fields))
        case "year": self = .year
        case "month": self = .month
        case "email": self = .email
        case "show-last": self = .showLast(count: fields.optional("count", in: 1...Self.maxCount) ?? Self.defaultCount)
        case "show-first":
            self = .showFirst(count: fields.optional("count", in: 1...Self.maxCount) ?? Self.defaultCount)
        default:
            fields.reject("kind", "must be one of " + Self.kinds.joined(separator: ", "))
            self = .nullify
        }
    }

    private static func fixedValue(_ fields: inout JSONFields) -> String {
        switch fields.raw("value") {
        case .string(let text)?: return text
        case .number(let text)?: return text
        case .bool(let truth)?: return truth ? "true" : "false"
        case nil: fields.reject("value", "is required")
        default: fields.reject("value", "must be a string, a number or a boolean")
        }
        return ""
    }

    private static func multiple(_ fields: inout JSONFields) -> String {
        guard case .number(let text)? = fields.raw("to") else {
            fields.reject("to", "is required and must be a number")
            return "1"
        }
        guard let number = Double(text), number > 0, number.isFinite, number >= 1e-9, number <= 1e15 else {
            fields.reject("to", "must lie between 0.000000001 and 1000000000000000")
            return "1"
        }
        return text
    }

    /// The body again, as it is kept and answered.
    var body: JSONValue {
        switch self {
        case .nullify: ["kind": "nullify"]
        case .fixed(let value): ["kind": "fixed", "value": .string(value)]
        case .alphanum: ["kind": "alphanum"]
        case .round(let multiple): ["kind": "round", "to": .number(multiple)]
        case .year: ["kind": "year"]
        case .month: ["kind": "month"]
        case .email: ["kind": "email"]
        case .showLast(let count): ["kind": "show-last", "count": .number("\(count)")]
        case .showFirst(let count): ["kind": "show-first", "count": .number("\(count)")]
        }
    }

    /// Reads back what `body` wrote.
    init(stored text: String) throws {
        let value = try JSONValue.parse(Array(text.utf8))
        self = try Refusal.reading(value) { MaskSpec(&$0) }
    }
}
