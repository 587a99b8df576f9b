/// What one SQL statement that only reads refers to: for clear errors, audit and lineage.
///
/// Not a security boundary. A name may be a view, a function may do anything, and dynamic SQL is text: what a statement
/// may reach is decided by the privileges of the session that runs it.
public struct ReadingStatement: Sendable, Equatable {
    /// A table or view as written; without a schema it is found by the `search_path`.
    public struct Relation: Sendable, Hashable {
        /// `nil` when none was written.
        public var schema: String?
        public var name: String

        public init(schema: String? = nil, name: String) {
            self.schema = schema
            self.name = name
        }
    }

    /// A column as written: `b.id` is `(["b"], "id")`, `b.*` is `(["b"], "*")`. Which table it belongs to is not decided.
    public struct Column: Sendable, Hashable {
        public var qualifiers: [String]
        public var name: String

        public init(qualifiers: [String] = [], name: String) {
            self.qualifiers = qualifiers
            self.name = name
        }
    }

    /// A function as written; the schema is `pg_catalog` for syntax such as `EXTRACT(… FROM …)`.
    public struct Function: Sendable, Hashable {
        /// `nil` when none was written.
        public var schema: String?
        public var name: String

        public init(schema: String? = nil, name: String) {
            self.schema = schema
            self.name = name
        }
    }

    /// Each once, in the order of the text, less the names that are common table expressions where they stand.
    public var relations: [Relation]
    /// Each once, in the order of the text.
    public var columns: [Column]
    /// What is said of each place in FROM where a relation stands, in no order: from which `columns(of:among:)` answers.
    var sources: [Source]
    /// Whether columns get other names somewhere (`AS t (a, b)` over a join), or are joined without being named.
    var hidesColumns: Bool
    /// Each once, in the order of the text; operators and `CURRENT_USER` and its like are none.
    public var functions: [Function]
    /// The highest `$n`; 0 when there is none.
    public var parameterCount: Int
    /// libpg_query's: the same for statements that differ in literals, spaces or comments only.
    public var fingerprint: String
    /// The statement alone, so that it can stand inside another: without what follows it from its semicolon on, and with
    /// spaces for what precedes it, so that positions are those of the text checked. May end in a comment.
    public var text: String
}

extension ReadingStatement {
    /// The most bytes of a statement unless a caller says otherwise: 1 MiB.
    public static let defaultMaxBytes = Parser.defaultMaxBytes

    /// Checks that `text` is exactly one SELECT, VALUES or TABLE that changes nothing and locks nothing.
    ///
    /// Safe for any text on any stack of 1 MiB or more; takes about 0.1 ms for a typical one and up to 0.3 s at the bounds,
    /// so call it off the event loops.
    public init(checking text: String, maxBytes: Int = defaultMaxBytes) throws(SQLSyntaxError) {
        let tree = try Parser.parse(text, maxBytes: maxBytes)
        let statements = tree.root["stmts"].map { Array($0.children) } ?? []
        guard let first = statements.first else {
            throw SQLSyntaxError(.syntax, "the text contains no statement")
        }
        if statements.count > 1 {
            let offset = statements[1]["stmt_location"]?.integer ?? 0
            throw SQLSyntaxError(
                .notARead, "only one statement is allowed, this text has \(statements.count)",
                position: SQLSyntaxError.position(ofByte: Self.start(after: offset, in: text), in: text))
        }
        var walk = ReferenceWalk(text: text)
        try walk.visit(statement: first)
        relations = walk.relations.inTextOrder()
        columns = walk.columns.inTextOrder()
        functions = walk.functions.inTextOrder()
        (sources, hidesColumns) = (walk.sources.found, walk.sources.hidesColumns)
        parameterCount = walk.parameterCount
        fingerprint = try Parser.fingerprint(of: text, maxBytes: maxBytes)
        self.text = Self.alone(first, in: text)
    }

    private static func alone(_ statement: SyntaxNode, in text: String) -> String {
        let start = statement["stmt_location"]?.integer ?? 0
        let bytes = text.utf8
        let blank = SQLSyntaxError.position(ofByte: start, in: text) - 1
        var alone = bytes.dropFirst(start)
        if let length = statement["stmt_len"]?.integer { alone = alone.prefix(length) }
        return String(repeating: " ", count: blank) + String(decoding: alone, as: UTF8.self)
    }

    /// libpg_query lets a statement begin right after the semicolon; skips the space before its first word.
    private static func start(after offset: Int, in text: String) -> Int {
        offset + text.utf8.dropFirst(offset).prefix { $0 == 32 || (9...13).contains($0) }.count
    }
}
