import Catalog
public import JSON
import Postgres

/// What a principal is.
public enum PrincipalKind: String, Sendable, CaseIterable, JSONFieldWord {
    case user, service
}

/// The body of `PUT /principals/{name}`; `nil` and `unchanged` leave a field as it is.
struct PrincipalInput {
    var kind: PrincipalKind?
    var displayName: JSONFieldChange<String>
    var email: JSONFieldChange<String>
    var attributes: [String: [String]]?
    var groups: [String]?

    init(_ fields: inout JSONFields) {
        kind = fields.optional("kind")
        displayName = fields.changedText("displayName", limit: 1000)
        email = fields.changedText("email", limit: 1000)
        attributes = fields.optional("attributes")
        for name in (attributes ?? [:]).keys.sorted() {
            if ObjectName.fault(in: name)?.code == .invalid {
                fields.reject("attributes", "has the name \(name), which does not match [a-z][a-z0-9_]{0,62}")
            }
        }
        groups = fields.optional("groups")
    }
}

extension JSONFieldChange<String> {
    /// The SQL of the new value; `column` when it stays.
    func value(else column: String) -> SQL {
        switch self {
        case .unchanged: SQL(unsafe: column)
        case .removed: "NULL"
        case .set(let text): "\(text)"
        }
    }
}
