internal import JSON
internal import SQLSyntax

/// Reads a row filter: Postgres's parse tree of it, checked node by node against the closed grammar and the columns.
struct FilterParser {
    let source: FilterTokens
    /// By name; `nil`: not known yet, so every name may be a column's.
    private let columns: [String: FilterColumn]?

    init(text: String, columns: [FilterColumn]?, in place: ExpressionPlace = .rowFilter) throws(FilterError) {
        source = try FilterTokens(text, in: place)
        self.columns = columns.map {
            Dictionary($0.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
        }
    }

    func parse() throws(FilterError) -> FilterExpression.Condition {
        try condition(try whereClause(of: try tree()), depth: 1)
    }

    /// The statement that the text and its prelude make.
    func tree() throws(FilterError) -> SyntaxTree {
        do throws(SQLSyntaxError) {
            return try Parser.parse(source.place.prelude + source.rewritten)
        } catch {
            throw syntaxError(error)
        }
    }

    /// The WHERE of the one plain SELECT that the text must complete: `true UNION …` and `true; …` do more.
    private func whereClause(of tree: SyntaxTree) throws(FilterError) -> SyntaxNode {
        let statements = tree.root["stmts"].map { Array($0.children) } ?? []
        guard statements.count == 1, let select = statements[0]["stmt"]?.fields(of: "SelectStmt"),
            select.children.map(\.key) == ["targetList", "whereClause", "limitOption", "op"],
            select["op"]?.text == "SETOP_NONE", select["limitOption"]?.text == "LIMIT_OPTION_DEFAULT",
            let clause = select["whereClause"]
        else { throw FilterError(.notAllowed, "a row filter is one condition, not part of a statement") }
        return clause
    }

    /// Speaks of the text as it was written: without the prelude, and with attributes under their names.
    private func syntaxError(_ error: SQLSyntaxError) -> FilterError {
        let position = error.position.map { max(1, $0 - source.place.prelude.count) }
        for attribute in source.attributes
        where position == SQLSyntaxError.position(ofByte: attribute.range.lowerBound, in: source.text) {
            return FilterError(.syntax, "syntax error at or near \"user.\(attribute.name)\"", position: position)
        }
        return FilterError(error.code == .tooComplex ? .tooLarge : .syntax, error.message, position: position)
    }

    func error(_ code: FilterError.Code, _ message: String, at node: SyntaxNode) -> FilterError {
        source.error(code, message, atByte: place(of: node))
    }

    /// The node's place in the text, in bytes.
    func place(of node: SyntaxNode) -> Int? {
        var next: SyntaxNode? = node
        while let current = next {
            let fields = current.wrapped?.fields ?? current
            if let location = fields["location"]?.integer, location >= source.place.prelude.count {
                return location - source.place.prelude.count
            }
            // `DATE '…'` has no place of its own, but its parts have.
            next = fields["arg"] ?? fields["typeName"]
        }
        return nil
    }

    func column(named name: String, at node: SyntaxNode) throws(FilterError) -> FilterColumn {
        if let column = columns?[name] { return column }
        if Self.systemColumns.contains(name) {
            throw error(.notAllowed, "the system column \(name) is not allowed in \(source.place.words)", at: node)
        }
        guard let columns else { return FilterColumn(name: name, type: .unknown) }
        let closest = ClosestName.of(name, among: columns.keys.sorted())
        let hint = closest.map { "; did you mean \($0)?" } ?? ""
        throw error(.unknownColumn, "there is no column \"\(name)\"" + hint, at: node)
    }

    private static let systemColumns: Set = ["ctid", "xmin", "xmax", "cmin", "cmax", "tableoid"]
}
