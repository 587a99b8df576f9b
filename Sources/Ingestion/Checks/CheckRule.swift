internal import Catalog
internal import JSON

/// What a check asks of a value, made ready for its column's type.
///
/// A class, so that taking one from an array counts one reference and not all that is in it.
final class CheckRule {
    private enum Kind {
        case notNull
        case unique
        case matches(Pattern)
        case range(ValueRange)
        case members(ValueSet)
    }

    /// The index of the check.
    let entry: Int
    let isNotNull: Bool
    let isUnique: Bool
    private let kind: Kind

    /// - Throws: `invalid_check` when the rule does not fit the first column's type.
    init(_ check: CheckSpec, entry: Int, columns: [TargetColumn]) throws(SourceFailure) {
        self.entry = entry
        isNotNull = check.rule == .notNull
        isUnique = check.rule == .unique
        switch check.rule {
        case .notNull: kind = .notNull
        case .unique: kind = .unique
        case .matches(let text): kind = .matches(try Pattern(text, check: check.name))
        case .range(let min, let max):
            let order = try Self.order(check, columns)
            kind = .range(
                ValueRange(
                    order: order, min: try Self.bound(min, "min", order, check, columns),
                    max: try Self.bound(max, "max", order, check, columns)))
        case .in(let values):
            let order = try Self.order(check, columns)
            var members: [ComparableValue] = []
            for value in values {
                if let member = try Self.bound(value, "in", order, check, columns) { members.append(member) }
            }
            kind = .members(ValueSet(order: order, members))
        }
    }

    /// Whether a value that is not NULL passes, as far as it alone decides.
    func accepts(_ text: Span<UInt8>) -> Bool {
        switch kind {
        case .notNull, .unique: true
        case .matches(let pattern): pattern.matches(text)
        case .range(let range): range.contains(text)
        case .members(let set): set.contains(text)
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

    /// What is wrong with a value that fails it; quotes no value.
    var message: String {
        switch kind {
        case .notNull: "must not be NULL"
        case .unique: "has the value of an earlier row"
        case .matches(let pattern): "does not match \(pattern.text)"
        case .range: "lies outside of the range"
        case .members: "is none of the values allowed"
        }
    }
}
