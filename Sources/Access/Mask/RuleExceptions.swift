import JSON

/// Whom a rule does not bind; the entries are alternatives.
struct RuleExceptions: Sendable {
    var groups: [RuleException] = []
    var principals: [RuleException] = []
    /// Whoever acts for one of them.
    var purposes: [RuleException] = []

    init() {}

    init(_ fields: inout JSONFields) {
        groups = fields.optional("groups") ?? []
        principals = fields.optional("principals") ?? []
        purposes = fields.optional("purposes") ?? []
    }
}

/// One entry: a name, or `{"name": …, "expiresAt": …}`.
struct RuleException: Sendable {
    var name: String
    /// RFC 3339; `nil`: for good.
    var expiresAt: String?
}

extension RuleException: JSONFieldValue {
    static var placeholder: RuleException { RuleException(name: "") }

    static func read(_ value: JSONValue, _ reading: inout JSONFieldReading) -> RuleException? {
        if let name = value.stringValue { return RuleException(name: name) }
        guard let object = value.objectValue, let name = object["name"]?.stringValue,
            let expiry = object["expiresAt"]?.stringValue, object.count == 2
        else {
            reading.reject("must be a name, or a name and its end: {\"name\": …, \"expiresAt\": …}")
            return nil
        }
        return RuleException(name: name, expiresAt: expiry)
    }
}
