/// What `GET /datasets/{…}/rows` asks for, checked against the dataset's columns: names exist, literals fit their types.
public struct RowsRequest: Sendable, Equatable {
    /// How many rows are asked for.
    public enum Limit: Sendable, Equatable {
        case rows(Int)
        case all
    }

    /// Where absent values stand in an order.
    public enum Nulls: String, Sendable {
        case first = "FIRST"
        case last = "LAST"
    }

    /// One column of `order`.
    public struct OrderTerm: Sendable, Equatable {
        public var column: RowsSource.Column
        public var isDescending: Bool
        public var nulls: Nulls

        /// NULLs go where Postgres puts them unless `nulls` says otherwise: after the greatest value.
        public init(_ column: RowsSource.Column, isDescending: Bool = false, nulls: Nulls? = nil) {
            self.column = column
            self.isDescending = isDescending
            self.nulls = nulls ?? (isDescending ? .first : .last)
        }
    }

    /// The columns of the answer, each once.
    public var select: [RowsSource.Column]
    /// All of them hold.
    public var filters: [RowsFilter]
    /// As asked; without the primary key that breaks ties.
    public var order: [OrderTerm]
    public var limit: Limit
    /// Opaque; opened when the statement is made.
    public var cursor: String?
    /// The value of `format`, for the content negotiation.
    public var format: String?

    /// Rows when `limit` is absent.
    public static let defaultLimit = 1000
    /// The largest `limit` but `all`.
    public static let maxLimit = 1_000_000
    /// The most conditions in all parameters together.
    public static let maxConditions = 100

    /// Parameters that are no columns. A column of such a name is asked for as `col.name`.
    static let reserved = ["select", "order", "limit", "cursor", "format", "or", "as_of"]
}
