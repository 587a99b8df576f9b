internal import Postgres

extension FilterExpression {
    /// SQL for a generated function with a standard body, in which the parameter `row` is a row of the dataset's table.
    ///
    /// Every operator and type is named with its schema, so no `search_path` decides what they are; every literal is
    /// quoted and cast; every node that could be taken apart is in parentheses.
    ///
    /// The values of an attribute are those of the session's principal, asked when a statement is planned.
    public func sql(row: String) -> String {
        precondition(FilterTokens.isAttributeName(row), "the row is a parameter of a function that Sluice writes")
        return sql(
            column: { "(\(row)).\(SQL.quoted(identifier: $0))" },
            values: { attribute, type in
                "sluice.attribute_values(\(SQL.quoted(literal: attribute)), NULL::\(type), sluice.epoch())"
            })
    }

    /// The same for other places.
    ///
    /// - Parameters:
    ///   - column: How a column is named there.
    ///   - values: An array in SQL: the attribute's values that are of the type, which is named with its schema.
    func sql(column: (String) -> String, values: (_ attribute: String, _ type: String) -> String) -> String {
        condition.sql(column, values)
    }
}

extension FilterExpression.Condition {
    fileprivate func sql(_ reference: (String) -> String, _ values: (String, String) -> String) -> String {
        func compare(_ column: FilterColumn, _ symbol: String, _ right: String) -> String {
            "(\(reference(column.name)) OPERATOR(pg_catalog.\(symbol)) \(right))"
        }
        switch self {
        case .constant(let value): return value ? "true" : "false"
        case .comparison(let column, let comparison, .column(let other)):
            return compare(column, comparison.rawValue, reference(other.name))
        case .comparison(let column, let comparison, .literal(let literal)):
            return compare(column, comparison.rawValue, literal.sql(for: column))
        case .isIn(let column, let literals):
            let list = literals.map { $0.sql(for: column) }.joined(separator: ", ")
            return compare(column, "=", "ANY (ARRAY[\(list)])")
        case .like(let column, let pattern):
            return compare(column, "~~", SQL.quoted(literal: pattern) + "::pg_catalog.text")
        case .isNull(let column): return "(\(reference(column.name)) IS NULL)"
        case .equalsAny(let column, let attribute):
            return compare(column, "=", "ANY (\(values(attribute, column.castTarget)))")
        case .not(let inner): return "(NOT \(inner.sql(reference, values)))"
        case .all(let parts): return "(" + parts.map { $0.sql(reference, values) }.joined(separator: " AND ") + ")"
        case .any(let parts): return "(" + parts.map { $0.sql(reference, values) }.joined(separator: " OR ") + ")"
        }
    }
}

extension FilterExpression.Literal {
    /// What Postgres reads as its value.
    var spelling: String {
        switch self {
        case .text(let value), .number(let value): value
        case .boolean(let value): value ? "true" : "false"
        }
    }

    fileprivate func sql(for column: FilterColumn) -> String {
        SQL.quoted(literal: spelling) + "::" + column.castTarget
    }
}

extension FilterColumn {
    /// Only columns of a comparable type are in a comparison, and each of those has a name in `pg_catalog`.
    fileprivate var castTarget: String { "pg_catalog." + (type.catalogName ?? "text") }
}
