/// Where an expression of the closed grammar stands.
enum ExpressionPlace: Sendable {
    case rowFilter, mask

    /// For messages.
    var words: String {
        switch self {
        case .rowFilter: "a row filter"
        case .mask: "a mask's expression"
        }
    }

    /// What precedes the text when libpg_query reads it; places in the tree are later by its length.
    var prelude: String {
        switch self {
        case .rowFilter: "SELECT 1 WHERE "
        case .mask: "SELECT "
        }
    }
}
