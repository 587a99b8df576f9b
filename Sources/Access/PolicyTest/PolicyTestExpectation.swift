import JSON
public import Postgres

/// What the answer to a policy test's statement must be.
public enum PolicyTestExpectation: Sendable, Hashable {
    /// So many rows.
    case rows(Int)
    /// Every value of the column matches the regular expression (of Postgres), and there is one.
    case matches(column: String, pattern: String)
    /// There are rows, and the column has no value in any.
    case isNull(column: String)
    /// No answer, but a refusal with this code.
    case refused(code: String)

    /// What the statement came to: all that leaves Postgres of its answer.
    public enum Finding: Sendable, Hashable {
        /// Rows, those with a value in the column, and of these those that do not match.
        case counted(rows: Int64, values: Int64, others: Int64)
        /// Refused, by its code and SQLSTATE. A message could quote a value.
        case refused(code: String, sqlState: String?)
    }

    /// The statement to run: `text`, a reading statement, counted. Every column is computed, also those that are not
    /// counted, so that what raises raises.
    public func statement(over text: String) -> SQL {
        let counts: SQL
        switch self {
        case .rows, .refused: counts = "0::bigint, 0::bigint"
        case .isNull(let column):
            counts = "pg_catalog.count(sluice_test.\(identifier: column)), 0::bigint"
        case .matches(let column, let pattern):
            counts = """
                pg_catalog.count(sluice_test.\(identifier: column)), pg_catalog.count(*) FILTER (WHERE \
                sluice_test.\(identifier: column)::pg_catalog.text !~ \(raw: SQL(unsafe: SQL.quoted(literal: pattern))))
                """
        }
        // Behind a line break: the text may end in a comment.
        return """
            SELECT pg_catalog.count(sluice_test.*), \(raw: counts) FROM (
            \(raw: SQL(unsafe: text))
            ) AS sluice_test
            """
    }

    /// Whether this is what was found. Nothing at all proves nothing: `matches` and `isNull` need a value, a row.
    public func isMet(by finding: Finding) -> Bool {
        switch (self, finding) {
        case (.rows(let wanted), .counted(let rows, _, _)): rows == wanted
        case (.matches, .counted(_, let values, let others)): values > 0 && others == 0
        case (.isNull, .counted(let rows, let values, _)): rows > 0 && values == 0
        case (.refused(let wanted), .refused(let code, _)): code == wanted
        case (.refused, .counted), (_, .refused): false
        }
    }

    /// In words, for a person: `0 rows`.
    public var words: String {
        switch self {
        case .rows(let count): Self.count(Int64(count), "row")
        case .matches(let column, let pattern): "every value of \(column) matches \(pattern)"
        case .isNull(let column): "rows without a value of \(column)"
        case .refused(let code): "a refusal with code \(code)"
        }
    }

    /// What was found, as far as the expectation asks: `3 of 5 values of email do not match`.
    public func words(for finding: Finding) -> String {
        switch (self, finding) {
        case (_, .refused(let code, let state)):
            "a refusal with code \(code)" + (state.map { " (SQLSTATE \($0))" } ?? "")
        case (.rows, .counted(let rows, _, _)), (.refused, .counted(let rows, _, _)): Self.count(rows, "row")
        case (.matches(let column, _), .counted(_, let values, let others)):
            values == 0
                ? "no value of \(column)" : "\(others) of \(Self.count(values, "value")) of \(column) do not match"
        case (.isNull(let column), .counted(let rows, let values, _)):
            rows == 0 ? "no row" : "\(Self.count(values, "value")) of \(column) in \(Self.count(rows, "row"))"
        }
    }

    private static func count(_ number: Int64, _ noun: String) -> String {
        "\(number) \(noun)\(number == 1 ? "" : "s")"
    }
}

extension PolicyTestExpectation {
    static let maxPatternBytes = 1000

    /// Reads one of `{"rows": n}`, `{"column": c, "matches": re}`, `{"column": c, "isNull": true}`, `{"refused": code}`.
    init(_ fields: inout JSONFields) {
        self = .rows(0)
        let ways = ["rows", "matches", "isNull", "refused"].filter { fields.raw($0).map { !$0.isNull } ?? false }
        let column: String? = fields.optional("column")
        guard ways.count == 1 else {
            fields.reject("must have one of rows, matches, isNull and refused")
            return
        }
        switch ways[0] {
        case "rows": self = .rows(fields.required("rows", in: 0...Int(Int32.max)))
        case "refused": self = .refused(code: fields.required("refused"))
        case "matches":
            let pattern: String = fields.required("matches")
            if pattern.utf8.count > Self.maxPatternBytes {
                fields.reject("matches", "must have at most \(Self.maxPatternBytes) bytes")
            }
            self = .matches(column: column ?? "", pattern: pattern)
        default:
            if !fields.required("isNull", as: Bool.self) { fields.reject("isNull", "must be true") }
            self = .isNull(column: column ?? "")
        }
        switch self {
        case .rows, .refused: if column != nil { fields.reject("column", "goes with matches and isNull") }
        case .matches, .isNull: if column?.isEmpty ?? true { fields.reject("column", "is required") }
        }
    }

    /// The body again, as it is kept and answered.
    var body: JSONValue {
        switch self {
        case .rows(let count): ["rows": JSONValue(count)]
        case .matches(let column, let pattern): ["column": .string(column), "matches": .string(pattern)]
        case .isNull(let column): ["column": .string(column), "isNull": .bool(true)]
        case .refused(let code): ["refused": .string(code)]
        }
    }
}
