/// A row filter evaluated row by row in three-valued logic; `nil` is unknown, which hides the row.
indirect enum ReferenceFilter: Hashable, Sendable {
    case constant(Bool)
    case compare(String, String, ReferenceValue)
    case compareColumns(String, String, String)
    case isIn(String, [ReferenceValue])
    case like(String, String)
    case isNull(String)
    case among(String, attribute: String)
    case not(ReferenceFilter)
    case all([ReferenceFilter])
    case any([ReferenceFilter])

    /// The expression in the grammar of api.md.
    var text: String {
        switch self {
        case .constant(let value): value ? "TRUE" : "FALSE"
        case .compare(let column, let symbol, let value): "\(column) \(symbol) \(Self.literal(value))"
        case .compareColumns(let column, let symbol, let other): "\(column) \(symbol) \(other)"
        case .isIn(let column, let values): "\(column) IN (\(values.map(Self.literal).joined(separator: ", ")))"
        case .like(let column, let pattern): "\(column) LIKE \(ReferenceValue.quoted(pattern))"
        case .isNull(let column): "\(column) IS NULL"
        case .among(let column, let attribute): "\(column) = ANY(user.\(attribute))"
        case .not(.isNull(let column)): "\(column) IS NOT NULL"
        case .not(let inner): "NOT (\(inner.text))"
        case .all(let parts): parts.map { "(\($0.text))" }.joined(separator: " AND ")
        case .any(let parts): parts.map { "(\($0.text))" }.joined(separator: " OR ")
        }
    }

    private static func literal(_ value: ReferenceValue) -> String {
        switch value {
        case .number: value.spelling ?? "NULL"
        case .truth(let truth): truth ? "TRUE" : "FALSE"
        default: ReferenceValue.quoted(value.spelling ?? "")
        }
    }

    /// The columns it reads: one that a dataset lacks closes the dataset.
    var columns: Set<String> {
        switch self {
        case .constant: []
        case .compareColumns(let column, _, let other): [column, other]
        case .compare(let column, _, _), .isIn(let column, _), .like(let column, _), .isNull(let column),
            .among(let column, _):
            [column]
        case .not(let inner): inner.columns
        case .all(let parts), .any(let parts): parts.reduce(into: []) { $0.formUnion($1.columns) }
        }
    }
}

extension ReferenceFilter {
    /// - Parameters:
    ///   - row: The row's values by column.
    ///   - types: The columns' types.
    ///   - attributes: The principal's attributes; an absent one is empty.
    func evaluate(
        _ row: [String: ReferenceValue], types: [String: ReferenceType], attributes: [String: [String]]
    ) -> Bool? {
        func value(_ column: String) -> ReferenceValue { row[column] ?? .null }
        switch self {
        case .constant(let value): return value
        case .compare(let column, let symbol, let other): return Self.compare(value(column), symbol, other)
        case .compareColumns(let column, let symbol, let other):
            return Self.compare(value(column), symbol, value(other))
        case .isIn(let column, let values):
            return Self.disjunction(values.map { Self.compare(value(column), "=", $0) })
        case .like(let column, let pattern):
            guard case .text(let text) = value(column) else { return nil }
            return Self.like(Array(text.unicodeScalars)[...], Array(pattern.unicodeScalars)[...])
        case .isNull(let column): return value(column) == .null
        case .among(let column, let attribute):
            let type = types[column] ?? .text
            let values = (attributes[attribute] ?? []).compactMap(type.cast)
            // = ANY of an empty set is false, also for NULL.
            return values.isEmpty ? false : Self.disjunction(values.map { Self.compare(value(column), "=", $0) })
        case .not(let inner): return inner.evaluate(row, types: types, attributes: attributes).map { !$0 }
        case .all(let parts):
            let values = parts.map { $0.evaluate(row, types: types, attributes: attributes) }
            return values.contains(false) ? false : values.contains(nil) ? nil : true
        case .any(let parts):
            return Self.disjunction(parts.map { $0.evaluate(row, types: types, attributes: attributes) })
        }
    }

    private static func disjunction(_ values: [Bool?]) -> Bool? {
        values.contains(true) ? true : values.contains(nil) ? nil : false
    }

    private static func compare(_ left: ReferenceValue, _ symbol: String, _ right: ReferenceValue) -> Bool? {
        guard let order = ReferenceValue.order(left, right) else { return nil }
        switch symbol {
        case "=": return order == 0
        case "<>": return order != 0
        case "<": return order < 0
        case "<=": return order <= 0
        case ">": return order > 0
        default: return order >= 0
        }
    }

    /// `%` any run, `_` one character, `\` takes the next as it is.
    static func like(_ text: ArraySlice<Unicode.Scalar>, _ pattern: ArraySlice<Unicode.Scalar>) -> Bool {
        guard let first = pattern.first else { return text.isEmpty }
        switch first {
        case "%":
            return (text.startIndex...text.endIndex).contains { like(text[$0...], pattern.dropFirst()) }
        case "_":
            return !text.isEmpty && like(text.dropFirst(), pattern.dropFirst())
        case "\\":
            let rest = pattern.dropFirst()
            return text.first != nil && text.first == rest.first && like(text.dropFirst(), rest.dropFirst())
        default:
            return text.first == first && like(text.dropFirst(), pattern.dropFirst())
        }
    }
}
