import Catalog
import JSON

/// The body of `PUT /deny-rules/{name}`.
struct DenyRuleInput {
    enum Target {
        case tag(String)
        case domain(String)
        case dataset(DatasetAddress)
        case column(ColumnAddress)

        /// Reads `tag:t`, `domain:d`, `dataset:d.n` or `column:d.n.c`.
        init?(_ text: String) {
            guard let colon = text.firstIndex(of: ":") else { return nil }
            let name = text[text.index(after: colon)...]
            switch text[..<colon] {
            case "tag": self = .tag(String(name))
            case "domain": self = .domain(String(name))
            case "dataset":
                guard let address = DatasetAddress(name) else { return nil }
                self = .dataset(address)
            case "column":
                guard let address = ColumnAddress(name) else { return nil }
                self = .column(address)
            default: return nil
            }
        }
    }

    /// Whom the rule binds; the entries are alternatives.
    struct Subjects {
        var groups: [String]
        var principals: [String]
        var purposes: [String]
    }

    var target: Target?
    /// `nil`: everybody.
    var subjects: Subjects?
    var exceptions: RuleExceptions
    var description: String?

    init(_ fields: inout JSONFields) {
        target = Target(fields.required("on", as: String.self))
        if target == nil {
            fields.reject("on", "must be tag:NAME, domain:NAME, dataset:DOMAIN.NAME or column:DOMAIN.DATASET.COLUMN")
        }
        subjects = fields.optionalObject("to") { fields in
            let subjects = Subjects(
                groups: fields.optional("groups") ?? [], principals: fields.optional("principals") ?? [],
                purposes: fields.optional("purposes") ?? [])
            if subjects.groups.isEmpty, subjects.principals.isEmpty, subjects.purposes.isEmpty {
                fields.reject("must name a group, a principal or a purpose; leave it out to mean everybody")
            }
            return subjects
        }
        exceptions = fields.optionalObject("except") { RuleExceptions(&$0) } ?? RuleExceptions()
        description = fields.text("description")
    }
}
