internal import Postgres
internal import SQLSyntax

extension FilterExpression {
    /// The expression in its own grammar: one spelling for all texts that mean the same tree, and it parses to that tree.
    public var normalizedText: String { condition.text }
}

extension FilterExpression.Condition {
    fileprivate var text: String {
        switch self {
        case .constant(let value): value ? "TRUE" : "FALSE"
        case .comparison(let column, let comparison, .column(let other)):
            "\(column.text) \(comparison.rawValue) \(other.text)"
        case .comparison(let column, let comparison, .literal(let literal)):
            "\(column.text) \(comparison.rawValue) \(literal.text)"
        case .isIn(let column, let literals): "\(column.text) IN (\(Self.list(literals)))"
        case .like(let column, let pattern): "\(column.text) LIKE \(FilterExpression.Literal.text(pattern).text)"
        case .isNull(let column): "\(column.text) IS NULL"
        case .equalsAny(let column, let attribute): "\(column.text) = ANY(user.\(attribute))"
        case .not(.isIn(let column, let literals)): "\(column.text) NOT IN (\(Self.list(literals)))"
        case .not(.like(let column, let pattern)):
            "\(column.text) NOT LIKE \(FilterExpression.Literal.text(pattern).text)"
        case .not(.isNull(let column)): "\(column.text) IS NOT NULL"
        case .not(let inner): "NOT (\(inner.text))"
        case .all(let parts): parts.map(\.textInsideAnd).joined(separator: " AND ")
        case .any(let parts): parts.map(\.text).joined(separator: " OR ")
        }
    }

    /// AND binds tighter than OR.
    private var textInsideAnd: String {
        if case .any = self { "(\(text))" } else { text }
    }

    private static func list(_ literals: [FilterExpression.Literal]) -> String {
        literals.map(\.text).joined(separator: ", ")
    }
}

extension FilterExpression.Literal {
    fileprivate var text: String {
        switch self {
        case .text(let value): Self.quoted(value)
        case .number(let value): value
        case .boolean(let value): value ? "TRUE" : "FALSE"
        }
    }
}

extension FilterExpression.Literal {
    /// The only way to write a text here: single quotes, doubled inside, and backslashes as they are.
    ///
    /// By scalars: a quote followed by a combining mark is one `Character` and still a quote to Postgres.
    private static func quoted(_ text: String) -> String {
        var result: String.UnicodeScalarView = "'".unicodeScalars
        for scalar in text.unicodeScalars {
            if scalar == "'" { result.append(scalar) }
            result.append(scalar)
        }
        result.append("'")
        return String(result)
    }
}

extension FilterColumn {
    /// Bare only when Postgres reads it back as this name: quoted when it has capitals, or is a word of the grammar.
    fileprivate var text: String {
        let tokens = try? Scanner.tokens(of: name)
        let isBare =
            FilterTokens.isAttributeName(name)
            && (tokens?.count == 1 && (tokens?[0].kind == .identifier || tokens?[0].kind == .keyword(reserved: false)))
        return isBare ? name : SQL.quoted(identifier: name)
    }
}
