internal import Catalog
internal import JSON

/// What a check asks of a value, made ready for its column's type.
struct CheckRule {
    let isNotNull: Bool
    let isUnique: Bool
    /// What decides by one value; `nil` when none does.
    let values: ValueRule?
    /// What is wrong with a value that fails it; quotes no value.
    let message: String

    /// - Throws: `invalid_check` when the rule does not fit the first column's type.
    init(_ check: CheckSpec, columns: [TargetColumn]) throws(SourceFailure) {
        isNotNull = check.rule == .notNull
        isUnique = check.rule == .unique
        switch check.rule {
        case .notNull: (values, message) = (nil, "must not be NULL")
        case .unique: (values, message) = (nil, "has the value of an earlier row")
        case .matches(let text): (values, message) = (try Pattern(text, check: check.name), "does not match \(text)")
        case .range(let min, let max):
            let order = try Self.order(check, columns)
            values = ValueRange(
                order: order, min: try Self.bound(min, "min", order, check, columns),
                max: try Self.bound(max, "max", order, check, columns))
            message = "lies outside of the range"
        case .in(let members):
            let order = try Self.order(check, columns)
            var known: [ComparableValue] = []
            for value in members {
                if let member = try Self.bound(value, "in", order, check, columns) { known.append(member) }
            }
            (values, message) = (ValueSet(order: order, known), "is none of the values allowed")
        }
    }

    private static func order(_ check: CheckSpec, _ columns: [TargetColumn]) throws(SourceFailure) -> ValueOrder {
        guard let column = columns.first, let order = ValueOrder(column.type) else {
            let type = columns.first.map { "\($0.type)" } ?? ""
            throw SourceFailure(
                .invalidCheck,
                "check \(check.name) compares values of column \(check.columns.joined()), whose type is \(type)",
                hint: "range and in go with numbers, texts, booleans, dates, times and UUIDs.")
        }
        return order
    }

    private static func bound(
        _ value: JSONValue?, _ what: String, _ order: ValueOrder, _ check: CheckSpec, _ columns: [TargetColumn]
    ) throws(SourceFailure) -> ComparableValue? {
        let text: String
        switch value {
        case nil: return nil
        case .string(let string)?: text = string
        case .number(let number)?: text = number
        case .bool(let flag)?: text = flag ? "true" : "false"
        default: text = ""
        }
        let bytes = Array(text.utf8)
        guard let type = columns.first?.type, order.accepts(bytes.span, type), let bound = order.read(bytes.span) else {
            throw SourceFailure(
                .invalidCheck, "check \(check.name): \(what) has a value that is no \(columns[0].type)",
                hint: "Write it as column \(columns[0].name) has it.")
        }
        return bound
    }
}

extension CheckSpec.Rule {
    /// Whether values are compared as their column's type has them: without knowing it, nothing can be said of the rule.
    var comparesValues: Bool {
        switch self {
        case .range, .in: true
        case .matches, .notNull, .unique: false
        }
    }
}

/// Decides by a value alone. A class, so that using one that is kept in an array counts one reference and not all that
/// is in it.
class ValueRule {
    /// Whether `text`, a value of the column's type, passes.
    func accepts(_ text: Span<UInt8>) -> Bool { true }
}
