/// One row of a result in memory. Keeps the whole result it came with.
public struct Row: Sendable {
    let rows: RowSet
    let index: Int

    public var columns: [Column] { rows.columns }

    /// Reads the column called `column`, or the first of several of that name.
    ///
    /// - Throws: `.resultMalformed` if there is none, or its value is no `T`. Ask for `T?` where `NULL` may occur.
    public func decode<T: PostgresDecodable>(
        _ column: String, as type: T.Type = T.self
    ) throws(PostgresError) -> T {
        guard let position = rows.columns.firstIndex(where: { $0.name == column }) else {
            throw PostgresError(code: .resultMalformed, message: "the result has no column \(column)")
        }
        return try decode(at: position)
    }

    /// Reads column number `position`, counted from 0; throws as `decode(_:as:)`.
    public func decode<T: PostgresDecodable>(
        at position: Int, as type: T.Type = T.self
    ) throws(PostgresError) -> T {
        guard rows.columns.indices.contains(position) else {
            throw PostgresError(code: .resultMalformed, message: "the result has no column number \(position)")
        }
        let value: T? = rows.withRow(index) { row in
            guard let text = row[position] else { return T.postgresNull }
            return T(postgresText: text)
        }
        guard let value else {
            // The value itself stays out of the message: it is a row value.
            let name = rows.columns[position].name
            let state = rows.withRow(index) { $0[position] == nil ? "NULL" : "no \(T.self)" }
            throw PostgresError(code: .resultMalformed, message: "column \(name) holds \(state)")
        }
        return value
    }
}
