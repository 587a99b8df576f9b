import Catalog
import JSON

/// The body of `POST /access-requests`.
struct AccessRequestInput {
    /// No longer than a token may live: about ten years.
    static let maxSeconds = Change.maxTokenSeconds
    static let maxTextLength = 1000

    var dataset: DatasetAddress?
    var privilege: Privilege
    /// `nil`: every column.
    var columns: [String]?
    var reason: String
    var durationSeconds: Int

    init(_ fields: inout JSONFields) {
        dataset = DatasetAddress(fields.required("dataset", as: String.self))
        if dataset == nil { fields.reject("dataset", "must be DOMAIN.DATASET") }
        privilege = fields.required("privilege")
        if privilege == .act { fields.reject("privilege", "is for purposes: a manager of the platform grants it") }
        columns = Self.columns(&fields)
        if columns != nil, privilege != .select { fields.reject("columns", "go with the privilege select") }
        reason = fields.text("reason", limit: Self.maxTextLength) ?? ""
        if reason.isEmpty { fields.reject("reason", "is required: whoever decides wants to know why") }
        durationSeconds = fields.required("durationSeconds", in: 1...Self.maxSeconds)
    }

    fileprivate static func columns(_ fields: inout JSONFields) -> [String]? {
        let columns: [String]? = fields.optional("columns")
        if columns?.isEmpty == true { fields.reject("columns", "must name a column") }
        return columns
    }
}

/// The body of a decision; with `columns` or `durationSeconds` less is granted than was asked for.
struct AccessDecisionInput {
    var comment: String?
    var columns: [String]?
    var durationSeconds: Int?

    /// - Parameter grants: Whether something is granted, so that it may be less.
    init(_ fields: inout JSONFields, grants: Bool) {
        comment = fields.text("comment", limit: AccessRequestInput.maxTextLength)
        guard grants else { return }
        columns = AccessRequestInput.columns(&fields)
        durationSeconds = fields.optional("durationSeconds", in: 1...AccessRequestInput.maxSeconds)
    }
}
