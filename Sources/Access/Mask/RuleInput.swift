import Catalog
import JSON

/// The body that declares a rule: where it hangs, what it says, whom it does not bind.
struct RuleInput<Object: Sendable, Body: Sendable> {
    enum Target {
        case tag(String)
        case object(Object)
    }

    var target: Target?
    var body: Body
    var exceptions: RuleExceptions

    /// - Parameters:
    ///   - kind: What the rule hangs on besides tags, and how that is addressed.
    private init(
        _ fields: inout JSONFields, on kind: (name: String, form: String), _ address: (Substring) -> Object?,
        body: (inout JSONFields) -> Body
    ) {
        let on = fields.required("on", as: String.self)
        if on.hasPrefix("tag:") {
            target = .tag(String(on.dropFirst(4)))
        } else if on.hasPrefix(kind.name + ":"), let object = address(on.dropFirst(kind.name.count + 1)) {
            target = .object(object)
        } else {
            fields.reject("on", "must be tag:NAME or \(kind.name):\(kind.form)")
        }
        self.body = body(&fields)
        exceptions = fields.optionalObject("except") { RuleExceptions(&$0) } ?? RuleExceptions()
    }
}

/// The body of `PUT /masks/{name}`.
typealias MaskInput = RuleInput<ColumnAddress, MaskSpec>

extension MaskInput {
    init(_ fields: inout JSONFields) {
        self.init(&fields, on: ("column", "DOMAIN.DATASET.COLUMN"), { ColumnAddress($0) }) {
            $0.object("mask") { MaskSpec(&$0) }
        }
    }
}

/// The body of `PUT /row-filters/{name}`.
typealias RowFilterInput = RuleInput<DatasetAddress, String>

extension RowFilterInput {
    init(_ fields: inout JSONFields) {
        self.init(&fields, on: ("dataset", "DOMAIN.DATASET"), { DatasetAddress($0) }) { $0.required("expression") }
    }
}
