import Catalog
import JSON

/// What a grant or an explanation is about.
enum Scope: Sendable, Equatable {
    case platform
    case domain(String)
    case dataset(DatasetAddress)

    /// Reads `platform`, `domain:d` or `dataset:d.n`.
    init?(_ text: some StringProtocol) {
        if text == "platform" {
            self = .platform
        } else if text.hasPrefix("domain:") {
            self = .domain(String(text.dropFirst(7)))
        } else if text.hasPrefix("dataset:"), let address = DatasetAddress(text.dropFirst(8)) {
            self = .dataset(address)
        } else {
            return nil
        }
    }
}

/// To whom something is granted.
enum SubjectName: Sendable, Equatable {
    case user(String)
    case group(String)

    /// Reads `user:x` or `group:x`.
    init?(_ text: some StringProtocol) {
        if text.hasPrefix("user:") {
            self = .user(String(text.dropFirst(5)))
        } else if text.hasPrefix("group:") {
            self = .group(String(text.dropFirst(6)))
        } else {
            return nil
        }
    }
}

/// The body of `POST /grants`.
struct GrantInput {
    var subject: SubjectName?
    var scope: Scope?
    var privilege: Privilege
    var columns: [String]?
    var ungranted: String
    var expiresAt: String?
    var reason: String?

    init(_ fields: inout JSONFields) {
        subject = SubjectName(fields.required("to", as: String.self))
        if subject == nil { fields.reject("to", "must be user:NAME or group:NAME") }
        privilege = fields.required("privilege")
        scope = Scope(fields.required("on", as: String.self))
        if scope == nil { fields.reject("on", "must be platform, domain:NAME or dataset:DOMAIN.NAME") }
        columns = fields.optional("columns")
        if columns?.isEmpty == true { fields.reject("columns", "must name a column") }
        if columns != nil, privilege != .select { fields.reject("columns", "go with the privilege select") }
        if columns != nil, case .dataset? = scope {
        } else if columns != nil {
            fields.reject("columns", "go with a dataset")
        }
        ungranted = fields.optional("ungranted") ?? "null"
        if ungranted != "null", ungranted != "error" { fields.reject("ungranted", "must be null or error") }
        expiresAt = fields.optional("expiresAt")
        reason = fields.text("reason", limit: 1000)
    }
}
