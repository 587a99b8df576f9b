/// A row filter: which rows a policy lets its subjects see, as a checked value of a closed grammar.
///
/// Columns of one dataset, literals, `= <> < <= > >=`, IN, LIKE, IS NULL, `= ANY(user.attribute)`, AND, OR, NOT and
/// nothing else. Text becomes one only through ``init(parsing:columns:)``, and SQL is printed from it, never copied
/// from the text.
public struct FilterExpression: Sendable, Equatable {
    public var condition: Condition

    /// The most bytes of an expression's text: 4 KiB.
    public static let maxBytes = 4096
    /// The most conditions inside one another.
    public static let maxDepth = 32

    /// One node. Comparisons have their column on the left, whichever side it was written on.
    public indirect enum Condition: Sendable, Hashable {
        case constant(Bool)
        case comparison(FilterColumn, Comparison, Operand)
        /// At least one literal.
        case isIn(FilterColumn, [Literal])
        case like(FilterColumn, pattern: String)
        case isNull(FilterColumn)
        /// The column's value is among the values of the subject's attribute.
        case equalsAny(FilterColumn, attribute: String)
        case not(Condition)
        /// AND of two or more, none of which is itself an AND.
        case all([Condition])
        /// OR of two or more, none of which is itself an OR.
        case any([Condition])
    }

    /// The operators between two operands, as SQL writes them.
    public enum Comparison: String, Sendable, CaseIterable {
        case equal = "="
        case notEqual = "<>"
        case less = "<"
        case lessOrEqual = "<="
        case greater = ">"
        case greaterOrEqual = ">="

        /// The comparison with its sides exchanged.
        var mirrored: Comparison {
            switch self {
            case .equal, .notEqual: self
            case .less: .greater
            case .lessOrEqual: .greaterOrEqual
            case .greater: .less
            case .greaterOrEqual: .lessOrEqual
            }
        }
    }

    /// One side of a comparison.
    public enum Operand: Sendable, Hashable {
        case literal(Literal)
        case column(FilterColumn)
    }

    /// A constant as it was written, less its quotes. Its type is that of the column it is compared with.
    public enum Literal: Sendable, Hashable {
        case text(String)
        /// A decimal number, perhaps with sign, point and exponent.
        case number(String)
        case boolean(Bool)
    }
}

extension FilterExpression {
    /// Parses `text` against the columns of a dataset.
    ///
    /// Throws a ``FilterError`` that says what is wrong where, for every text that is not of the grammar.
    public init(parsing text: String, columns: [FilterColumn]) throws(FilterError) {
        condition = try FilterParser(text: text, columns: columns).parse()
    }

    /// Checks what can be said of `text` before the columns are known: that it is of the grammar and within its bounds.
    ///
    /// Which columns there are, and whether the literals are of their types, each dataset says for itself.
    public static func checkForm(of text: String) throws(FilterError) {
        _ = try FilterParser(text: text, columns: nil).parse()
    }

    /// The names of the columns it reads, each once, sorted.
    public var columnsUsed: [String] {
        var names: Set<String> = []
        condition.visit { names.formUnion($0.columns.map(\.name)) }
        return names.sorted()
    }

    /// The names of the attributes of the subject it reads, each once, sorted.
    public var attributesUsed: [String] {
        var names: Set<String> = []
        condition.visit { if case .equalsAny(_, let attribute) = $0 { names.insert(attribute) } }
        return names.sorted()
    }
}

extension FilterExpression.Condition {
    /// Calls `body` with this condition and every one inside it.
    func visit(_ body: (Self) -> Void) {
        body(self)
        switch self {
        case .not(let inner): inner.visit(body)
        case .all(let parts), .any(let parts): for part in parts { part.visit(body) }
        case .constant, .comparison, .isIn, .like, .isNull, .equalsAny: break
        }
    }

    /// The columns this node itself names.
    var columns: [FilterColumn] {
        switch self {
        case .comparison(let column, _, .column(let other)): [column, other]
        case .comparison(let column, _, .literal), .isIn(let column, _), .like(let column, _), .isNull(let column),
            .equalsAny(let column, _):
            [column]
        case .constant, .not, .all, .any: []
        }
    }
}
