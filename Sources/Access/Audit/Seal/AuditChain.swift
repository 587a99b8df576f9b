import Store

/// The two audits, each sealed by a chain of its own in the database where its entries commit.
public enum AuditChain: String, Sendable, CaseIterable {
    /// `sluice.change_audit` in `warehouse`.
    case changes
    /// `sluice.read_audit` in `control`.
    case reads

    var database: SessionKind {
        switch self {
        case .changes: .warehouse
        case .reads: .control
        }
    }

    /// Its entries, in schema `sluice`.
    var table: String {
        switch self {
        case .changes: "change_audit"
        case .reads: "read_audit"
        }
    }
}

/// One seal of a chain by its number and digest. Kept elsewhere, it proves later that the chain up to it was not cut off.
public struct AuditHead: Sendable, Hashable {
    public let chain: AuditChain
    /// Counted from 1.
    public let number: Int64
    /// 64 hexadecimal digits.
    public let digest: String

    init(chain: AuditChain, number: Int64, digest: String) {
        self.chain = chain
        self.number = number
        self.digest = digest
    }

    /// `CHAIN:NUMBER:DIGEST`; `nil` for anything else.
    public init?(_ text: some StringProtocol) {
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count == 3, let chain = AuditChain(rawValue: String(parts[0])),
            let number = Int64(parts[1]), number > 0, "\(number)" == parts[1],
            parts[2].utf8.count == 64, parts[2].utf8.allSatisfy({ (48...57).contains($0) || (97...102).contains($0) })
        else { return nil }
        self.init(chain: chain, number: number, digest: String(parts[2]))
    }

    /// `reads:345:9f2c…`
    public var text: String { "\(chain.rawValue):\(number):\(digest)" }
}
