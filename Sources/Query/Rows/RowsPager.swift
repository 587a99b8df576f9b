public import Cryptography

/// Watches the rows of one page go by and makes the cursor of the next.
public struct RowsPager: Sendable {
    private let statement: RowsStatement
    private var rows = 0
    private var lastKey: [String?]?
    /// Rows so far, earlier pages included, that have the last key.
    private var equals: Int

    public init(_ statement: RowsStatement) {
        self.statement = statement
        lastKey = statement.start?.key
        equals = statement.start?.skip ?? 0
    }

    /// How many columns are the answer's; those behind serve the cursor alone.
    var visibleColumns: Int { statement.visibleColumns }

    /// Takes note of the next row, whose cells `cell` gives as the text Postgres wrote.
    ///
    /// Returns whether it belongs to this page; the first that does not says that there is a next one.
    public mutating func accept(_ cell: (Int) -> String?) -> Bool {
        guard let limit = statement.limit else { return true }
        guard rows < limit else { return false }
        rows += 1
        guard statement.hasTies else {
            // Only where the page ends matters.
            if rows == limit { lastKey = statement.keyColumns.map(cell) }
            return true
        }
        let key = statement.keyColumns.map(cell)
        equals = key == lastKey ? equals + 1 : 1
        lastKey = key
        return true
    }

    /// The cursor of the page after the rows accepted.
    public func nextCursor(key secret: SecretKey) throws(CryptographyError) -> String {
        let position = (statement.start?.position ?? 0) + rows
        var cursor = RowsCursor(position: position, key: lastKey, skip: statement.hasTies ? equals : 0)
        // Values too long to carry: the next page counts from the beginning instead.
        if cursor.encoded().count > RowsCursor.maxBytes { cursor.key = nil }
        return try cursor.sealed(key: secret, context: statement.context)
    }
}
