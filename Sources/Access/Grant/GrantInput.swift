import Catalog
import JSON

/// What a grant or an explanation is about.
enum Scope: Sendable, Equatable {
    case platform
    case domain(String)
    case dataset(DatasetAddress)
    case purpose(String)

    /// Reads `platform`, `domain:d`, `dataset:d.n` or `purpose:p`.
    init?(_ text: some StringProtocol) {
        if text == "platform" {
            self = .platform
        } else if text.hasPrefix("domain:") {
            self = .domain(String(text.dropFirst(7)))
        } else if text.hasPrefix("dataset:"), let address = DatasetAddress(text.dropFirst(8)) {
            self = .dataset(address)
        } else if text.hasPrefix("purpose:") {
            self = .purpose(String(text.dropFirst(8)))
        } else {
            return nil
        }
    }
}

/// To whom something is granted.
enum SubjectName: Sendable, Equatable {
    case user(String)
    case group(String)
    /// Whoever acts for the purpose, while acting for it.
    case purpose(String)

    /// Reads `user:x`, `group:x` or `purpose:x`.
    init?(_ text: some StringProtocol) {
        if text.hasPrefix("user:") {
            self = .user(String(text.dropFirst(5)))
        } else if text.hasPrefix("group:") {
            self = .group(String(text.dropFirst(6)))
        } else if text.hasPrefix("purpose:") {
            self = .purpose(String(text.dropFirst(8)))
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
        if subject == nil { fields.reject("to", "must be user:NAME, group:NAME or purpose:NAME") }
        privilege = fields.required("privilege")
        scope = Scope(fields.required("on", as: String.self))
        if scope == nil { fields.reject("on", "must be platform, domain:NAME, dataset:DOMAIN.NAME or purpose:NAME") }
        if case .purpose? = scope {
            if privilege != .act { fields.reject("privilege", "must be act on a purpose") }
            if case .purpose? = subject { fields.reject("to", "must be user:NAME or group:NAME on a purpose") }
        } else if privilege == .act {
            fields.reject("privilege", "can be act on a purpose only: purpose:NAME")
        }
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
