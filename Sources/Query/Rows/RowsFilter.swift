/// One condition of `GET …/rows`, with its literals checked to be values of their column's type.
public indirect enum RowsFilter: Sendable, Hashable {
    case comparison(RowsSource.Column, Comparison, String)
    /// Perhaps of nothing, which no row matches.
    case isIn(RowsSource.Column, [String])
    case isNull(RowsSource.Column)
    case isBoolean(RowsSource.Column, Bool)
    case not(RowsFilter)
    case all([RowsFilter])
    case any([RowsFilter])

    /// The operators of a condition, as SQL writes them.
    public enum Comparison: String, Sendable, CaseIterable {
        case equal = "="
        case notEqual = "<>"
        case greater = ">"
        case greaterOrEqual = ">="
        case less = "<"
        case lessOrEqual = "<="
        case like = "LIKE"
        case caseInsensitiveLike = "ILIKE"

        /// The operator's name in a parameter.
        init?(parameterName: Substring) {
            switch parameterName {
            case "eq": self = .equal
            case "neq": self = .notEqual
            case "gt": self = .greater
            case "gte": self = .greaterOrEqual
            case "lt": self = .less
            case "lte": self = .lessOrEqual
            case "like": self = .like
            case "ilike": self = .caseInsensitiveLike
            default: return nil
            }
        }

        var isPattern: Bool { self == .like || self == .caseInsensitiveLike }
    }
}
