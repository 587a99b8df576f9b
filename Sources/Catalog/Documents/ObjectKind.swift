public import Postgres

/// The kinds of objects the API shows; each has a view `sluice.<kind>_document` in the warehouse.
public enum ObjectKind: String, Sendable, CaseIterable {
    case principal
    case group
    case token
    case domain
    case dataset
    case tag
    case domainTags = "domain_tags"
    case datasetTags = "dataset_tags"
    case columnTags = "column_tags"
    case grant
    case mask
    case rowFilter = "row_filter"
    case denyRule = "deny_rule"
    case purpose
    case policyTest = "policy_test"
    case connection
    case pipeline
    case accessRequest = "access_request"
    /// There is one.
    case auditRetention = "audit_retention"
    case columnClassification = "column_classification"
    case classificationSettings = "classification_settings"

    /// The view with `id, address, scope_id, version, body`.
    var view: String { "\(rawValue)_document" }

    /// The condition on the view that admits the object at `address` alone. Uses an index of the objects' own table,
    /// which an address that is put together from several names has none of.
    public func condition(address: String) -> SQL {
        switch self {
        case .principal, .group, .domain, .domainTags, .tag, .mask, .rowFilter, .denyRule, .purpose,
            .policyTest, .auditRetention, .classificationSettings:
            return "address = \(address)"
        case .token, .grant, .accessRequest:
            return Int64(address).map { "id = \($0) AND address = \(address)" } ?? "false"
        case .dataset, .datasetTags:
            return DatasetAddress(address).map(Self.isDataset) ?? "false"
        case .connection, .pipeline:
            guard let parts = DatasetAddress(address) else { return "false" }
            return """
                id = (SELECT o.id FROM \(identifier: "sluice", rawValue) AS o JOIN sluice.domain AS d ON d.id = o.domain_id
                      WHERE d.name = \(parts.domain) AND o.name = \(parts.name))
                """
        case .columnTags, .columnClassification:
            guard let column = ColumnAddress(address) else { return "false" }
            return "\(raw: Self.isDataset(column.dataset)) AND address = \(address)"
        }
    }

    private static func isDataset(_ address: DatasetAddress) -> SQL {
        """
        id = (SELECT ds.id FROM sluice.dataset AS ds JOIN sluice.domain AS d ON d.id = ds.domain_id
              WHERE d.name = \(address.domain) AND ds.name = \(address.name))
        """
    }

    /// Whether decisions depend on objects of this kind. The words of a tag or a domain decide nothing, nor does how data
    /// comes in.
    public var isPolicy: Bool {
        switch self {
        case .tag, .token, .domain, .connection, .pipeline, .accessRequest, .policyTest, .auditRetention,
            .columnClassification, .classificationSettings:
            false
        case .principal, .group, .dataset, .domainTags, .datasetTags, .columnTags, .grant, .mask, .rowFilter, .denyRule,
            .purpose:
            true
        }
    }

    /// As a person calls it.
    public var noun: String {
        switch self {
        case .domainTags: "domain"
        case .datasetTags: "dataset"
        case .columnTags: "column"
        case .rowFilter: "row filter"
        case .denyRule: "deny rule"
        case .accessRequest: "access request"
        case .policyTest: "policy test"
        case .auditRetention: "retention"
        case .columnClassification: "classification of column"
        case .classificationSettings: "settings of"
        default: rawValue
        }
    }
}
