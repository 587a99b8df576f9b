import Catalog
public import JSON

/// The kinds of masks by their words, strictest first: whoever several masks bind gets the first of them (api.md,
/// Policies).
///
/// Reading, strictness and SQL are `switch`es over them without a `default`: a new kind does not compile until each
/// says what it is there.
public enum MaskKind: String, Sendable, CaseIterable, JSONFieldWord {
    case nullify, fixed
    case sha256Query = "sha256-query"
    case token, sha256, alphanum, round, year, month, email
    case showLast = "show-last"
    case showFirst = "show-first"
    case expression
}

/// What a mask does to a value: its kind, and the parameters of that kind.
public enum MaskSpec: Sendable, Hashable {
    case nullify
    /// Every value becomes this text, cast to the column's type.
    case fixed(value: String)
    /// Hashed with a salt of the statement: equal values are equal within one.
    case sha256Query
    /// Keyed: equal values give equal tokens within the token domain.
    case token(domain: String)
    /// Hashed with the platform's salt.
    case sha256
    case alphanum
    /// To the nearest multiple; a positive decimal as text.
    case round(to: String)
    case year
    case month
    case email
    case showLast(count: Int)
    case showFirst(count: Int)
    /// The text of a ``MaskExpression``.
    case expression(String)

    static let defaultCount = 4
    static let maxCount = 1000

    public var kind: MaskKind {
        switch self {
        case .nullify: .nullify
        case .fixed: .fixed
        case .sha256Query: .sha256Query
        case .token: .token
        case .sha256: .sha256
        case .alphanum: .alphanum
        case .round: .round
        case .year: .year
        case .month: .month
        case .email: .email
        case .showLast: .showLast
        case .showFirst: .showFirst
        case .expression: .expression
        }
    }

    /// Reads `{"kind": …}` with the kind's parameters; unknown ones are refused.
    init(_ fields: inout JSONFields) {
        switch fields.required("kind", as: MaskKind.self) {
        case .nullify: self = .nullify
        case .fixed: self = .fixed(value: Self.fixedValue(&fields))
        case .sha256Query: self = .sha256Query
        case .token: self = .token(domain: Self.tokenDomain(&fields))
        case .sha256: self = .sha256
        case .alphanum: self = .alphanum
        case .round: self = .round(to: Self.multiple(&fields))
        case .year: self = .year
        case .month: self = .month
        case .email: self = .email
        case .showLast: self = .showLast(count: Self.count(&fields))
        case .showFirst: self = .showFirst(count: Self.count(&fields))
        case .expression: self = .expression(fields.required("expression", as: String.self))
        }
    }

    /// What a kind asks for besides its name.
    enum Parameter {
        case value(String)
        case tokenDomain(String)
        case multiple(String)
        case count(Int)
        case expression(String)
    }

    var parameter: Parameter? {
        switch self {
        case .nullify, .sha256Query, .sha256, .alphanum, .year, .month, .email: nil
        case .fixed(let value): .value(value)
        case .token(let domain): .tokenDomain(domain)
        case .round(let multiple): .multiple(multiple)
        case .showLast(let count), .showFirst(let count): .count(count)
        case .expression(let text): .expression(text)
        }
    }

    /// The body again, as it is kept and answered.
    var body: JSONValue {
        var object: JSONObject = ["kind": .string(kind.rawValue)]
        switch parameter {
        case .value(let text)?: object["value"] = .string(text)
        case .tokenDomain(let name)?: object["domain"] = .string(name)
        case .multiple(let text)?: object["to"] = .number(text)
        case .count(let number)?: object["count"] = JSONValue(number)
        case .expression(let text)?: object["expression"] = .string(text)
        case nil: break
        }
        return .object(object)
    }

    /// Reads back what `body` wrote.
    init(stored text: String) throws {
        let value = try JSONValue.parse(Array(text.utf8))
        self = try Refusal.reading(value) { MaskSpec(&$0) }
    }
}

extension MaskSpec {
    private static func count(_ fields: inout JSONFields) -> Int {
        fields.optional("count", in: 1...maxCount) ?? defaultCount
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

    private static func tokenDomain(_ fields: inout JSONFields) -> String {
        let name = fields.required("domain", as: String.self)
        if !name.isEmpty, let (_, detail) = ObjectName.fault(in: name) { fields.reject("domain", detail) }
        return name
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
}
