public import JSON
import Postgres

/// What may be granted on the platform, a domain, a dataset or a purpose; each includes what api.md, "Principals and authority" says.
public enum Privilege: String, Sendable, CaseIterable, JSONFieldWord {
    case describe, select, write, manage
    /// To act for a purpose, and for nothing else: granted on purposes only, and implied by no other privilege, since a
    /// manager, too, acts for what was granted.
    case act

    /// A word as the database keeps it.
    init(stored word: String) throws(PostgresError) {
        guard let privilege = Privilege(rawValue: word) else {
            throw PostgresError(code: .resultMalformed, message: "\(word) is no privilege")
        }
        self = privilege
    }

    /// Whether holding this privilege is enough where `other` is asked for.
    public func includes(_ other: Privilege) -> Bool {
        if self == .act || other == .act { return self == other }
        return self == other || self == .manage || other == .describe
    }
}
