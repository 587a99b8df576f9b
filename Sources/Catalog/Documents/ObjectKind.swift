/// The kinds of objects the API shows; each has a view `sluice.<kind>_document` in the warehouse.
public enum ObjectKind: String, Sendable, CaseIterable {
    case principal
    case group
    case token
    case domain
    case dataset
    case tag
    case columnTags = "column_tags"
    case grant
    case mask
    case rowFilter = "row_filter"

    /// The view with `id, address, scope_id, version, body`.
    var view: String { "\(rawValue)_document" }

    /// As a person calls it.
    public var noun: String {
        switch self {
        case .columnTags: "column"
        case .rowFilter: "row filter"
        default: rawValue
        }
    }
}
