public import JSON

/// What may be granted on the platform, a domain or a dataset; each includes what api.md, "Principals and authority" says.
public enum Privilege: String, Sendable, CaseIterable, JSONFieldWord {
    case describe, select, write, manage

    /// Whether holding this privilege is enough where `other` is asked for.
    public func includes(_ other: Privilege) -> Bool {
        self == other || self == .manage || other == .describe
    }
}
