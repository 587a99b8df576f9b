import Catalog
import JSON

/// The body of `POST /access-requests`.
struct AccessRequestInput {
    /// No longer than a token may live: about ten years.
    static let maxSeconds = Change.maxTokenSeconds
    static let maxTextLength = 1000
    /// An hour to 90 days; three days.
    static let answerSeconds = 3600...7_776_000
    static let defaultAnswerSeconds = 259_200

    enum Subject {
        /// - Parameter columns: `nil`: every column.
        case grant(Privilege, DatasetAddress?, columns: [String]?)
        /// More time for what an earlier request, by its id, was granted.
        case moreTime(of: String)
    }

    var subject: Subject
    var reason: String
    var durationSeconds: Int
    /// After how long without an answer the request goes up.
    var answerWithinSeconds: Int

    init(_ fields: inout JSONFields) {
        if let earlier: String = fields.optional("extends") {
            for name in ["dataset", "privilege", "columns"] where fields.raw(name) != nil {
                fields.reject(name, "is that of the request that is extended: leave it out")
            }
            subject = .moreTime(of: earlier)
        } else {
            subject = Self.grant(&fields)
        }
        answerWithinSeconds =
            fields.optional("answerWithinSeconds", in: Self.answerSeconds) ?? Self.defaultAnswerSeconds
        reason = fields.text("reason", limit: Self.maxTextLength) ?? ""
        if reason.isEmpty { fields.reject("reason", "is required: whoever decides wants to know why") }
        durationSeconds = fields.required("durationSeconds", in: 1...Self.maxSeconds)
    }

    private static func grant(_ fields: inout JSONFields) -> Subject {
        let dataset = DatasetAddress(fields.required("dataset", as: String.self))
        if dataset == nil { fields.reject("dataset", "must be DOMAIN.DATASET") }
        let privilege: Privilege = fields.required("privilege")
        if privilege == .act { fields.reject("privilege", "is for purposes: a manager of the platform grants it") }
        let columns = Self.columns(&fields)
        if columns != nil, privilege != .select { fields.reject("columns", "go with the privilege select") }
        return .grant(privilege, dataset, columns: columns)
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
