internal import Postgres

extension MaskExpression {
    /// SQL for a generated function with a standard body, in which `value` is a parameter of type `type`; NULL of NULL.
    ///
    /// As in row filters, functions, operators and types are named with their schemas, and literals quoted and cast.
    func sql(_ value: String, of type: FilterType, spelled base: String) -> String {
        let result = root.sql(value, type, base)
        return "CASE WHEN \(value) IS NULL THEN NULL::\(base) ELSE \(result)::\(base) END"
    }
}

extension MaskExpression.Node {
    private static let text = "::pg_catalog.text"

    fileprivate func sql(_ value: String, _ type: FilterType, _ base: String) -> String {
        /// Between the parts of an expression, texts are `text`: `character` would lose its blanks now and then.
        let cast = type.isText ? Self.text : "::\(base)"
        switch self {
        case .value: return "\(value)\(cast)"
        case .null: return "NULL\(cast)"
        case .literal(let literal): return SQL.quoted(literal: literal.spelling) + cast
        case .choice(let branches, let otherwise):
            let cases = branches.map { branch in
                let condition = FilterExpression(condition: branch.condition)
                    .sql(
                        column: { _ in value }, values: { _, _ in preconditionFailure("the parser refuses attributes") }
                    )
                return "WHEN \(condition) THEN \(branch.result.sql(value, type, base))"
            }
            return "(CASE \(cases.joined(separator: " ")) ELSE \(otherwise.sql(value, type, base)) END)"
        case .concatenation(let left, let right):
            return "(\(left.sql(value, type, base)) OPERATOR(pg_catalog.||) \(right.sql(value, type, base)))"
        case .call(let function, let operand, let arguments):
            let rest = arguments.map { argument in
                switch argument {
                case .count(let count): ", \(count)"
                case .delimiter(let text): ", " + SQL.quoted(literal: text) + Self.text
                }
            }
            return "pg_catalog.\(function.rawValue)(\(operand.sql(value, type, base))\(rest.joined()))"
        }
    }
}
