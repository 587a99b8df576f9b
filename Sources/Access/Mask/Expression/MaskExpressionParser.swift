import Catalog
internal import SQLSyntax

/// Reads the expression of a mask: Postgres's parse tree of it, checked node by node. Conditions and literals are those of
/// row filters, with the value as the only column.
struct MaskExpressionParser {
    typealias Node = MaskExpression.Node

    private let conditions: FilterParser
    /// The value, as a column.
    private let value: FilterColumn
    private let type: ColumnType?

    init(text: String, type: ColumnType?) throws(FilterError) {
        value = FilterColumn(name: MaskExpression.valueName, type: type.map { FilterType($0) } ?? .unknown)
        self.type = type
        conditions = try FilterParser(text: text, columns: [value], in: .mask)
        if let attribute = conditions.source.attributes.first {
            throw conditions.source.error(
                .notAllowed, "user.\(attribute.name) is not allowed in a mask's expression: except says whom it binds",
                atByte: attribute.range.lowerBound)
        }
    }

    func parse() throws(FilterError) -> Node {
        let statements = try conditions.tree().root["stmts"].map { Array($0.children) } ?? []
        guard statements.count == 1, let select = statements[0]["stmt"]?.fields(of: "SelectStmt"),
            select.children.map(\.key) == ["targetList", "limitOption", "op"],
            let targets = select["targetList"].map({ Array($0.children) }), targets.count == 1,
            let target = targets[0].fields(of: "ResTarget"), target["name"] == nil, let result = target["val"]
        else { throw FilterError(.notAllowed, "a mask's expression is one value, not part of a statement") }
        return try node(result, depth: 1)
    }

    private func node(_ syntax: SyntaxNode, depth: Int) throws(FilterError) -> Node {
        guard depth <= FilterExpression.maxDepth else {
            throw conditions.error(
                .tooLarge, "the expression is nested more than \(FilterExpression.maxDepth) deep", at: syntax)
        }
        guard let (kind, fields) = syntax.wrapped else { throw refused("this", at: syntax) }
        switch kind {
        case "ColumnRef":
            _ = try conditions.column(syntax)
            return .value
        case "A_Const": return try literal(syntax)
        case "TypeCast" where conditions.isConstant(syntax): return try literal(syntax)
        case "TypeCast": throw refused("a cast", at: syntax)
        case "CaseExpr": return try choice(fields, depth: depth)
        case "FuncCall": return try call(fields, depth: depth)
        case "A_Expr": return try concatenation(fields, depth: depth)
        default: throw refused(FilterParser.words(for: kind), at: syntax)
        }
    }

    private func refused(_ what: String, at node: SyntaxNode) -> FilterError {
        conditions.error(.notAllowed, "\(what) is not allowed in a mask's expression", at: node)
    }

    private func literal(_ syntax: SyntaxNode) throws(FilterError) -> Node {
        if syntax.fields(of: "A_Const") != nil, try conditions.constant(syntax) == nil { return .null }
        let literal = try conditions.literal(syntax, for: value)
        if let type, let problem = type.problem(with: literal) {
            throw conditions.error(.typeMismatch, problem, at: syntax)
        }
        return .literal(literal)
    }

    private func choice(_ fields: SyntaxNode, depth: Int) throws(FilterError) -> Node {
        guard fields["arg"] == nil else {
            throw refused("CASE with an operand (write CASE WHEN value = …)", at: fields)
        }
        guard let otherwise = fields["defresult"] else {
            throw conditions.error(.notAllowed, "CASE needs an ELSE, which may be NULL", at: fields)
        }
        var branches: [MaskExpression.Branch] = []
        for branch in fields["args"].map({ Array($0.children) }) ?? [] {
            guard let when = branch.fields(of: "CaseWhen"), let condition = when["expr"], let result = when["result"]
            else { throw refused("this", at: branch) }
            branches.append(
                .init(
                    condition: try conditions.condition(condition, depth: depth + 1),
                    result: try node(result, depth: depth + 1)))
        }
        return .choice(branches, otherwise: try node(otherwise, depth: depth + 1))
    }

    private func concatenation(_ fields: SyntaxNode, depth: Int) throws(FilterError) -> Node {
        let names = fields["name"].map { $0.children.map { $0.fields(of: "String")?["sval"]?.text ?? "" } } ?? []
        guard fields["kind"]?.text == "AEXPR_OP", names == ["||"], let left = fields["lexpr"],
            let right = fields["rexpr"]
        else {
            throw refused(names.count == 1 ? "the operator \(names[0]) as a value" : "OPERATOR(…)", at: fields)
        }
        try requireText("||", at: fields)
        return .concatenation(try node(left, depth: depth + 1), try node(right, depth: depth + 1))
    }

    private func call(_ fields: SyntaxNode, depth: Int) throws(FilterError) -> Node {
        let names = fields["funcname"].map { $0.children.map { $0.fields(of: "String")?["sval"]?.text ?? "" } } ?? []
        let isPlain = fields.children.allSatisfy { ["funcname", "args", "funcformat", "location"].contains($0.key) }
        guard isPlain, names.count == 1, let function = MaskExpression.Function(rawValue: names[0]) else {
            let known = MaskExpression.Function.allCases.map(\.rawValue).joined(separator: ", ")
            throw refused("the function \(names.last ?? "") is none of \(known), and", at: fields)
        }
        try requireText(function.rawValue, at: fields)
        let arguments = fields["args"].map { Array($0.children) } ?? []
        guard arguments.count == 1 + function.parameters.count else {
            throw conditions.error(
                .notAllowed, "\(function.rawValue) takes \(1 + function.parameters.count) arguments", at: fields)
        }
        var rest: [MaskExpression.Argument] = []
        for (parameter, argument) in zip(function.parameters, arguments.dropFirst()) {
            rest.append(try self.argument(parameter, argument, of: function))
        }
        return .call(function, try node(arguments[0], depth: depth + 1), rest)
    }

    private func argument(
        _ parameter: MaskExpression.Parameter, _ syntax: SyntaxNode, of function: MaskExpression.Function
    ) throws(FilterError) -> MaskExpression.Argument {
        let constant = syntax.fields(of: "A_Const") == nil ? nil : try conditions.constant(syntax)
        switch (parameter, constant) {
        case (.count, .number(let text)?):
            if let count = Int(text), (1...MaskExpression.maxCount).contains(count) { return .count(count) }
        case (.delimiter, .text(let text)?) where !text.isEmpty: return .delimiter(text)
        default: break
        }
        let wanted =
            switch parameter {
            case .count: "a number from 1 to \(MaskExpression.maxCount)"
            case .delimiter: "a text that is not empty"
            }
        throw conditions.error(.notAllowed, "\(function.rawValue) takes \(wanted) here", at: syntax)
    }

    private func requireText(_ operation: String, at node: SyntaxNode) throws(FilterError) {
        guard value.type.isText else {
            throw conditions.error(
                .typeMismatch, "\(operation) makes a text, and the column is of type \(value.type.spelling)", at: node)
        }
    }
}

extension ColumnType {
    /// Why a literal that is a value of the scalar type is none of the type with its modifier; `nil`: it is one.
    fileprivate func problem(with literal: FilterExpression.Literal) -> String? {
        switch literal {
        case .text(let text) where category == .text:
            guard let limit = textLimit, text.unicodeScalars.count > limit else { return nil }
            return "'\(text)' is longer than the column's type \(self)"
        case .number(let text), .text(let text):
            guard let (precision, scale) = numericModifier else { return nil }
            guard let number = DecimalText(text), let magnitude = Double(text).map(abs),
                number.lastPlace >= -scale, number.isZero || magnitude < pow10(precision - scale)
            else { return "\(text) is no value of the column's type \(self)" }
            return nil
        case .boolean: return nil
        }
    }

    private var textLimit: Int? {
        switch scalar {
        case .varchar(let limit): limit
        case .char(let limit): limit
        default: nil
        }
    }

    private func pow10(_ exponent: Int) -> Double { Double("1e\(exponent)") ?? .infinity }
}
