public import Catalog

/// What `GET …/rows` needs to know of a dataset to read it.
public struct RowsSource: Sendable, Equatable {
    /// A column that the caller may see, masked or not.
    public struct Column: Sendable, Hashable {
        public var name: String
        public var type: ColumnType
        /// Whether the caller is shown other values in every statement, which no page can be continued by.
        public var changesByStatement: Bool

        public init(name: String, type: ColumnType, changesByStatement: Bool = false) {
            self.name = name
            self.type = type
            self.changesByStatement = changesByStatement
        }
    }

    public var domain: String
    public var dataset: String
    /// As the governed view shows them, in its order.
    public var columns: [Column]
    /// Names of columns; empty when the dataset has no primary key.
    public var primaryKey: [String]
    /// Whether the caller sees every column of the primary key as it is stored: granted and under no mask.
    ///
    /// Otherwise what it sees is neither unique nor free of NULL, and paging counts among equals.
    public var hasExactKey: Bool

    public init(domain: String, dataset: String, columns: [Column], primaryKey: [String], hasExactKey: Bool) {
        self.domain = domain
        self.dataset = dataset
        self.columns = columns
        self.primaryKey = primaryKey
        self.hasExactKey = hasExactKey && !primaryKey.isEmpty
    }

    func column(named name: String) -> Column? { columns.first { $0.name == name } }
}
