internal import SQLSyntax

extension FilterParser {
    typealias Literal = FilterExpression.Literal

    func isColumn(_ node: SyntaxNode) -> Bool { node.fields(of: "ColumnRef") != nil }

    /// Whether the node is a literal, perhaps with its type named.
    func isConstant(_ node: SyntaxNode) -> Bool {
        guard let (kind, fields) = node.wrapped else { return false }
        return kind == "A_Const" || kind == "TypeCast" && fields["arg"]?.fields(of: "A_Const") != nil
    }

    func column(_ node: SyntaxNode) throws(FilterError) -> FilterColumn {
        guard let (kind, fields) = node.wrapped else {
            throw error(.notAllowed, "this is not allowed in \(source.place.words)", at: node)
        }
        switch kind {
        case "ColumnRef":
            let names = fields["fields"].map { Array($0.children) } ?? []
            guard names.count == 1, let name = names[0].fields(of: "String")?["sval"]?.text else {
                throw error(.notAllowed, "a column is named alone, without table or *", at: node)
            }
            return try column(named: name, at: node)
        case "TypeCast" where fields["arg"]?.fields(of: "A_Const") == nil:
            throw error(.notAllowed, "a cast is allowed on a text literal only", at: node)
        case "A_Const", "TypeCast":
            throw error(.notAllowed, "a column is expected here, not a literal", at: node)
        default:
            throw error(.notAllowed, "\(Self.words(for: kind)) is not allowed in \(source.place.words)", at: node)
        }
    }

    /// The literal `node`, checked to be a value of the column's type.
    func literal(_ node: SyntaxNode, for column: FilterColumn) throws(FilterError) -> Literal {
        if isColumn(node) {
            throw error(.notAllowed, "a literal is expected here, not a column", at: node)
        }
        guard isConstant(node) else {
            _ = try self.column(node)
            throw error(.notAllowed, "a literal is expected here", at: node)
        }
        if let cast = node.fields(of: "TypeCast") { try check(cast, isOf: column) }
        guard let literal = try constant(node.fields(of: "TypeCast")?["arg"] ?? node) else {
            throw error(.notAllowed, "nothing equals NULL: write \(column.name) IS NULL", at: node)
        }
        try check(literal, isOf: column, at: node)
        return literal
    }

    private func check(_ literal: Literal, isOf column: FilterColumn, at node: SyntaxNode) throws(FilterError) {
        let text: String
        switch literal {
        case .text(let value): text = value
        case .number(let value) where column.type.takesLiterals(of: .number): text = value
        case .boolean(let value) where column.type.takesLiterals(of: .boolean): text = value ? "true" : "false"
        case .number(let value):
            throw error(
                .typeMismatch, "\(value) does not compare with \(column.name) (\(column.type.spelling))", at: node)
        case .boolean(let value):
            throw error(
                .typeMismatch,
                "\(value ? "TRUE" : "FALSE") does not compare with \(column.name) (\(column.type.spelling))",
                at: node)
        }
        if let problem = LiteralCheck.problem(with: text, as: column.type) {
            throw error(
                .typeMismatch, "'\(text)' does not compare with \(column.name) (\(column.type.spelling)): \(problem)",
                at: node)
        }
    }

    /// `DATE '…'` says what the column is; it converts nothing.
    private func check(_ cast: SyntaxNode, isOf column: FilterColumn) throws(FilterError) {
        let names =
            cast["typeName"]?["names"].map { $0.children.map { $0.fields(of: "String")?["sval"]?.text ?? "" } } ?? []
        let isPlain = cast["typeName"]?["typmods"] == nil && cast["typeName"]?["arrayBounds"] == nil
        guard isPlain, names.count == 1 || names.count == 2 && names[0] == "pg_catalog",
            let type = names.last.flatMap({ FilterType(catalogName: $0) })
        else { throw error(.notAllowed, "this type is not allowed in \(source.place.words)", at: cast) }
        guard type.compares(with: column.type) else {
            throw error(
                .typeMismatch,
                "a literal of type \(type.spelling) does not compare with \(column.name) "
                    + "(\(column.type.spelling))", at: cast)
        }
    }

    /// The value of an `A_Const`; `nil` for NULL.
    func constant(_ node: SyntaxNode) throws(FilterError) -> Literal? {
        guard let fields = node.fields(of: "A_Const") else {
            throw error(.notAllowed, "a literal is expected here", at: node)
        }
        if let text = fields["sval"] { return .text(text["sval"]?.text ?? "") }
        if let number = fields["fval"] { return .number(number["fval"]?.text ?? "0") }
        if let number = fields["ival"] { return .number(try integer(number["ival"]?.integer, at: node)) }
        if let boolean = fields["boolval"] { return .boolean(boolean["boolval"]?.text == "true") }
        if fields["isnull"]?.text == "true" { return nil }
        throw error(.notAllowed, "this literal is not allowed in \(source.place.words)", at: node)
    }

    /// libpg_query 15-4.0.0 writes only positive integers to its tree and leaves out negative ones like zero, so the
    /// text decides what an absent one is.
    private func integer(_ value: Int?, at node: SyntaxNode) throws(FilterError) -> String {
        if let value { return String(value) }
        guard let place = place(of: node),
            let digits = source.tokens.first(where: { $0.range.lowerBound >= place && $0.kind == .integer }),
            let magnitude = Int(String(decoding: source.bytes[digits.range], as: UTF8.self))
        else { throw error(.notAllowed, "this literal is not allowed in \(source.place.words)", at: node) }
        return magnitude == 0 ? "0" : "-\(magnitude)"
    }

    static func words(for kind: String) -> String {
        switch kind {
        case "FuncCall": "a function call"
        case "SubLink": "a sub-select"
        case "CaseExpr": "CASE"
        case "CoalesceExpr": "COALESCE"
        case "MinMaxExpr": "GREATEST or LEAST"
        case "SQLValueFunction": "CURRENT_USER or its like"
        case "BooleanTest": "IS TRUE or IS FALSE (write = TRUE)"
        case "A_ArrayExpr": "an array"
        case "A_Indirection": "a field or element of a value"
        case "RowExpr": "a row of values"
        case "CollateClause": "COLLATE"
        case "TypeCast": "a cast"
        case "ParamRef": "user.attribute outside column = ANY(user.attribute)"
        case "A_Expr": "an operator inside an operand"
        case "BoolExpr", "NullTest": "a condition as an operand"
        case "List": "a list"
        default: "this"
        }
    }

    static let operatorWords = [
        "AEXPR_OP_ALL": "ALL", "AEXPR_DISTINCT": "IS DISTINCT FROM", "AEXPR_NOT_DISTINCT": "IS NOT DISTINCT FROM",
        "AEXPR_NULLIF": "NULLIF", "AEXPR_ILIKE": "ILIKE", "AEXPR_SIMILAR": "SIMILAR TO", "AEXPR_BETWEEN": "BETWEEN",
        "AEXPR_NOT_BETWEEN": "BETWEEN", "AEXPR_BETWEEN_SYM": "BETWEEN", "AEXPR_NOT_BETWEEN_SYM": "BETWEEN",
    ]
}
