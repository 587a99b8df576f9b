import Catalog
import JSON

/// Whom a mask or a row filter does not bind; the entries are alternatives.
struct RuleExceptions: Sendable {
    var groups: [String] = []
    var principals: [String] = []

    init() {}

    init(_ fields: inout JSONFields) {
        groups = fields.optional("groups") ?? []
        principals = fields.optional("principals") ?? []
        if let purposes = fields.optional("purposes", as: [String].self), !purposes.isEmpty {
            fields.reject("purposes", "cannot be set: purposes are not available yet")
        }
    }
}

/// The body of `PUT /masks/{name}`.
struct MaskInput {
    enum Target {
        case tag(String)
        case column(ColumnAddress)
    }

    var target: Target?
    var spec: MaskSpec
    var exceptions: RuleExceptions

    init(_ fields: inout JSONFields) {
        let on = fields.required("on", as: String.self)
        if on.hasPrefix("tag:") {
            target = .tag(String(on.dropFirst(4)))
        } else if on.hasPrefix("column:"), let address = ColumnAddress(on.dropFirst(7)) {
            target = .column(address)
        } else {
            fields.reject("on", "must be tag:NAME or column:DOMAIN.DATASET.COLUMN")
        }
        spec = fields.object("mask") { MaskSpec(&$0) }
        exceptions = fields.optionalObject("except") { RuleExceptions(&$0) } ?? RuleExceptions()
    }
}

/// The body of `PUT /row-filters/{name}`.
struct RowFilterInput {
    enum Target {
        case tag(String)
        case dataset(DatasetAddress)
    }

    var target: Target?
    var expression: String
    var exceptions: RuleExceptions

    init(_ fields: inout JSONFields) {
        let on = fields.required("on", as: String.self)
        if on.hasPrefix("tag:") {
            target = .tag(String(on.dropFirst(4)))
        } else if on.hasPrefix("dataset:"), let address = DatasetAddress(on.dropFirst(8)) {
            target = .dataset(address)
        } else {
            fields.reject("on", "must be tag:NAME or dataset:DOMAIN.DATASET")
        }
        expression = fields.required("expression")
        exceptions = fields.optionalObject("except") { RuleExceptions(&$0) } ?? RuleExceptions()
    }
}
