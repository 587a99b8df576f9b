internal import SQLSyntax

extension FilterParser {
    typealias Condition = FilterExpression.Condition

    func condition(_ node: SyntaxNode, depth: Int) throws(FilterError) -> Condition {
        guard depth <= FilterExpression.maxDepth else {
            throw error(.tooLarge, "conditions are nested more than \(FilterExpression.maxDepth) deep", at: node)
        }
        guard let (kind, fields) = node.wrapped else {
            throw error(.notAllowed, "this is not allowed in \(source.place.words)", at: node)
        }
        switch kind {
        case "BoolExpr": return try logical(fields, depth: depth)
        case "A_Expr": return try comparison(fields)
        case "NullTest":
            guard let argument = fields["arg"] else { break }
            let test = Condition.isNull(try column(argument))
            return fields["nulltesttype"]?.text == "IS_NOT_NULL" ? .not(test) : test
        case "A_Const":
            if case .boolean(let value)? = try constant(node) { return .constant(value) }
            throw error(.notAllowed, "a literal by itself is no condition", at: node)
        case "ColumnRef":
            let name = try column(node).name
            throw error(.notAllowed, "a column by itself is no condition: write \(name) = TRUE", at: node)
        default: break
        }
        throw error(.notAllowed, "\(Self.words(for: kind)) is not allowed in \(source.place.words)", at: node)
    }

    private func logical(_ fields: SyntaxNode, depth: Int) throws(FilterError) -> Condition {
        var parts: [Condition] = []
        for part in fields["args"].map({ Array($0.children) }) ?? [] {
            parts.append(try condition(part, depth: depth + 1))
        }
        switch fields["boolop"]?.text {
        case "AND_EXPR" where parts.count > 1: return .conjunction(parts)
        case "OR_EXPR" where parts.count > 1: return .disjunction(parts)
        case "NOT_EXPR" where parts.count == 1: return .not(parts[0])
        default: throw error(.notAllowed, "this is not allowed in \(source.place.words)", at: fields)
        }
    }

    private func comparison(_ fields: SyntaxNode) throws(FilterError) -> Condition {
        let names = fields["name"].map { $0.children.map { $0.fields(of: "String")?["sval"]?.text ?? "" } } ?? []
        guard names.count == 1, let symbol = names.first else {
            throw error(.notAllowed, "OPERATOR(…) is not allowed in \(source.place.words)", at: fields)
        }
        guard let right = fields["rexpr"], let left = fields["lexpr"] else {
            throw error(.notAllowed, "the operator \(symbol) is not allowed here", at: fields)
        }
        switch fields["kind"]?.text {
        case "AEXPR_OP":
            guard let comparison = FilterExpression.Comparison(rawValue: symbol) else {
                throw error(.notAllowed, "the operator \(symbol) is not allowed in \(source.place.words)", at: fields)
            }
            return try plainComparison(left, comparison, right)
        case "AEXPR_OP_ANY":
            guard symbol == "=" else {
                throw error(.notAllowed, "only = goes with ANY in \(source.place.words)", at: fields)
            }
            return try membership(left, right)
        case "AEXPR_IN":
            let list = try inList(left, right)
            return symbol == "<>" ? .not(list) : list
        case "AEXPR_LIKE":
            let like = try like(left, right)
            return symbol == "!~~" ? .not(like) : like
        case let kind:
            let name = Self.operatorWords[kind ?? ""] ?? "the operator \(symbol)"
            throw error(.notAllowed, "\(name) is not allowed in \(source.place.words)", at: fields)
        }
    }

    private func plainComparison(
        _ left: SyntaxNode, _ comparison: FilterExpression.Comparison, _ right: SyntaxNode
    ) throws(FilterError) -> Condition {
        switch (isColumn(left), isColumn(right)) {
        case (true, true):
            let (column, other) = (try comparable(left), try comparable(right))
            guard column.type.compares(with: other.type) else {
                throw error(
                    .typeMismatch,
                    "\(column.name) (\(column.type.spelling)) does not compare with "
                        + "\(other.name) (\(other.type.spelling))", at: right)
            }
            return .comparison(column, comparison, .column(other))
        case (true, false):
            let column = try comparable(left)
            return .comparison(column, comparison, .literal(try literal(right, for: column)))
        case (false, true):
            let column = try comparable(right)
            return .comparison(column, comparison.mirrored, .literal(try literal(left, for: column)))
        case (false, false):
            // Whichever side is no literal is the more telling one.
            for side in [left, right] where !isConstant(side) { _ = try column(side) }
            throw error(.notAllowed, "a comparison needs a column", at: left)
        }
    }

    private func membership(_ left: SyntaxNode, _ right: SyntaxNode) throws(FilterError) -> Condition {
        guard let number = right.fields(of: "ParamRef")?["number"]?.integer,
            source.attributes.indices.contains(number - 1)
        else { throw error(.notAllowed, "ANY takes an attribute, as in region = ANY(user.region)", at: right) }
        return .equalsAny(try comparable(left), attribute: source.attributes[number - 1].name)
    }

    private func inList(_ left: SyntaxNode, _ right: SyntaxNode) throws(FilterError) -> Condition {
        guard let items = right.fields(of: "List")?["items"] else {
            throw error(.notAllowed, "IN takes a list of literals", at: right)
        }
        let column = try comparable(left)
        var literals: [FilterExpression.Literal] = []
        for item in items.children { literals.append(try literal(item, for: column)) }
        return .isIn(column, literals)
    }

    private func like(_ left: SyntaxNode, _ right: SyntaxNode) throws(FilterError) -> Condition {
        let column = try comparable(left)
        guard column.type.isText else {
            throw error(.typeMismatch, "LIKE needs a text: \(column.name) is \(column.type.spelling)", at: left)
        }
        guard isConstant(right), case .text(let pattern) = try literal(right, for: column) else {
            throw error(.notAllowed, "LIKE takes a text literal as its pattern, without ESCAPE", at: right)
        }
        guard pattern.reversed().prefix(while: { $0 == "\\" }).count.isMultiple(of: 2) else {
            throw error(.typeMismatch, "the pattern ends in a backslash that escapes nothing", at: right)
        }
        return .like(column, pattern: pattern)
    }

    private func comparable(_ node: SyntaxNode) throws(FilterError) -> FilterColumn {
        let column = try column(node)
        guard column.type.group != nil else {
            throw error(
                .typeMismatch,
                "\(column.name) (\(column.type.spelling)) has only IS [NOT] NULL in \(source.place.words)",
                at: node)
        }
        return column
    }
}

extension FilterExpression.Condition {
    /// AND that takes in the parts of an AND among `parts`.
    static func conjunction(_ parts: [Self]) -> Self {
        .all(parts.flatMap { if case .all(let inner) = $0 { inner } else { [$0] } })
    }

    /// OR that takes in the parts of an OR among `parts`.
    static func disjunction(_ parts: [Self]) -> Self {
        .any(parts.flatMap { if case .any(let inner) = $0 { inner } else { [$0] } })
    }
}
