/// Collects what a statement refers to and refuses what does more than read.
///
/// Iterative, because a tree may be deeper than a stack.
struct ReferenceWalk {
    /// Mentions with their places in the text.
    struct Mentions<Item: Hashable> {
        private var items: [(location: Int, item: Item)] = []

        mutating func add(_ item: Item, at location: Int) { items.append((location, item)) }

        func inTextOrder() -> [Item] {
            var seen: Set<Item> = []
            return items.sorted { $0.location < $1.location }.map(\.item).filter { seen.insert($0).inserted }
        }
    }

    private(set) var relations = Mentions<ReadingStatement.Relation>()
    private(set) var columns = Mentions<ReadingStatement.Column>()
    private(set) var functions = Mentions<ReadingStatement.Function>()
    private(set) var sources = SourceWalk()
    private(set) var parameterCount = 0

    private let text: String
    private var scopes = CommonTableScopes()
    private var pending: [(node: SyntaxNode, scope: CommonTableScopes.ID?)] = []

    init(text: String) {
        self.text = text
    }

    mutating func visit(statement: SyntaxNode) throws(SQLSyntaxError) {
        pending = [(statement, nil)]
        while let (node, scope) = pending.popLast() {
            try refuseWriting(node)
            try collect(node, scope: scope)
            push(childrenOf: node, scope: scope)
        }
    }

    /// Children see the common table expressions of their node; each of those sees only the ones before it, unless RECURSIVE.
    private mutating func push(childrenOf node: SyntaxNode, scope: CommonTableScopes.ID?) {
        guard let with = node["withClause"], let tables = with["ctes"] else {
            for child in node.children { pending.append((child, scope)) }
            return
        }
        let queries = Array(tables.children)
        let names = queries.map { $0.fields(of: "CommonTableExpr")?["ctename"]?.text ?? "" }
        let all = scopes.open(names, within: scope)
        let isRecursive = with["recursive"]?.text == "true"
        for (index, query) in queries.enumerated() {
            pending.append((query, isRecursive ? all : scopes.narrow(all, to: index)))
        }
        for child in node.children where !child.hasKey("withClause") { pending.append((child, all)) }
    }

    private mutating func collect(_ node: SyntaxNode, scope: CommonTableScopes.ID?) throws(SQLSyntaxError) {
        let location = node["location"]?.integer ?? -1
        if node.hasKey("RangeVar"), let name = node["relname"]?.text {
            let schema = node["schemaname"]?.text
            if schema == nil, scopes.contains(name, from: scope) { return }
            relations.add(.init(schema: schema, name: name), at: location)
            sources.add(.init(schema: schema, name: name), node, at: location)
        } else if node.hasKey("ColumnRef"), let fields = node["fields"] {
            var names = fields.children.map { $0.fields(of: "String")?["sval"]?.text ?? "*" }
            guard let name = names.popLast() else { return }
            columns.add(.init(qualifiers: names, name: name), at: location)
            if names.isEmpty, name == "*" { sources.meetStar() }
        } else if node["targetList"] != nil {
            // A SELECT, or one of the two that a UNION joins.
            sources.meet(select: node)
        } else if node.hasKey("JoinExpr") {
            for name in sources.meet(join: node) { columns.add(.init(name: name), at: location) }
        } else if node.hasKey("FuncCall"), let parts = node["funcname"] {
            var names = parts.children.map { $0.fields(of: "String")?["sval"]?.text ?? "" }
            guard let name = names.popLast() else { return }
            functions.add(.init(schema: names.last, name: name), at: location)
        } else if node.hasKey("ParamRef") {
            let number = node["number"]?.integer ?? 0
            guard (1...65_535).contains(number) else {
                throw refusal(
                    .syntax, "there is no parameter $\(number): they are counted from $1 to $65535", at: location)
            }
            parameterCount = max(parameterCount, number)
        }
    }

    private func refuseWriting(_ node: SyntaxNode) throws(SQLSyntaxError) {
        if node.hasKey("intoClause") {
            throw refusal(.notARead, "SELECT INTO makes a table", at: node["rel"]?["location"]?.integer)
        }
        if node.hasKey("lockingClause") {
            throw refusal(.notARead, "FOR UPDATE and FOR SHARE lock rows", at: nil)
        }
        let key = node.key
        guard key.hasSuffix("Stmt"), key != "SelectStmt" else { return }
        let name = StatementName.words(for: key)
        let place = node["relation"]?["location"]?.integer ?? node["location"]?.integer
        throw refusal(.notARead, "\(name) is not allowed: only SELECT, VALUES and TABLE read", at: place)
    }

    private func refusal(_ code: SQLSyntaxError.Code, _ message: String, at offset: Int?) -> SQLSyntaxError {
        let known = offset.flatMap { $0 >= 0 ? $0 : nil }
        return SQLSyntaxError(code, message, position: known.map { SQLSyntaxError.position(ofByte: $0, in: text) })
    }
}
