import Catalog

/// What a mask of kind `expression` makes of a value, as a checked value of a closed grammar: the value itself, literals,
/// CASE over conditions on the value, and a few functions of text.
///
/// Total: it fails for no value, so reading a masked column never ends in an error that quotes one. It reads nothing but
/// the value. Text becomes one only through ``init(parsing:for:)``, and SQL is printed from it, never copied.
struct MaskExpression: Sendable, Equatable {
    let root: Node

    /// The value's name in the text.
    static let valueName = "value"

    indirect enum Node: Sendable, Hashable {
        case value
        case null
        case literal(FilterExpression.Literal)
        /// Conditions with their results, and the result of what fulfils none.
        case choice([Branch], otherwise: Node)
        /// Texts, one behind the other.
        case concatenation(Node, Node)
        case call(Function, Node, [Argument])
    }

    struct Branch: Sendable, Hashable {
        var condition: FilterExpression.Condition
        var result: Node
    }

    /// The functions, each of a text, by their names in SQL.
    enum Function: String, Sendable, CaseIterable {
        case left, right, upper, lower
        case splitPart = "split_part"

        /// What it takes behind the text.
        var parameters: [Parameter] {
            switch self {
            case .left, .right: [.count]
            case .upper, .lower: []
            case .splitPart: [.delimiter, .count]
            }
        }
    }

    enum Parameter: Sendable {
        /// From 1 to ``maxCount``, so that no function fails, nor counts from the end.
        case count
        /// A text that is not empty.
        case delimiter
    }

    enum Argument: Sendable, Hashable {
        case count(Int)
        case delimiter(String)
    }

    static let maxCount = 1000

    /// Parses `text` for a column of `type`; `nil`: of a type that is not known yet.
    ///
    /// Throws a ``FilterError`` that says what is wrong where, for every text that is not of the grammar, and for one
    /// that could give what is no value of the type.
    init(parsing text: String, for type: ColumnType?) throws(FilterError) {
        root = try MaskExpressionParser(text: text, type: type).parse()
    }
}
