import Catalog
import JSON

/// The kinds of documents that can be applied, in the order in which they are: each names objects of kinds before it.
enum ApplyKind: String, Sendable, CaseIterable {
    case tag, purpose, group, principal, domain, dataset, mask
    case rowFilter = "row-filter"
    case denyRule = "deny-rule"
    case grant, connection, pipeline
    case policyTest = "policy-test"

    var objectKind: ObjectKind {
        switch self {
        case .tag: .tag
        case .purpose: .purpose
        case .group: .group
        case .principal: .principal
        case .domain: .domain
        case .dataset: .dataset
        case .mask: .mask
        case .rowFilter: .rowFilter
        case .denyRule: .denyRule
        case .grant: .grant
        case .connection: .connection
        case .pipeline: .pipeline
        case .policyTest: .policyTest
        }
    }

    /// The field that says what in a body `kind` does, where a document is of a kind itself.
    var fieldForKind: String? {
        switch self {
        case .principal: "principalKind"
        case .connection: "connectionKind"
        default: nil
        }
    }

    /// What is wrong with a word that is none of the kinds.
    static func fault(in word: String) -> String {
        let known = allCases.map(\.rawValue)
        if let closest = ClosestName.of(word, among: known) {
            return "is no kind of document; did you mean \"\(closest)\"?"
        }
        return "must be one of \(known.joined(separator: ", "))"
    }
}
