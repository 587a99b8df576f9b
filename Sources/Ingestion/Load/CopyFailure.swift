import Catalog
import Postgres

/// Where a COPY failed, as its error's context tells: `COPY d12, line 3, column age: "…"`.
///
/// What stands after the place quotes values and is never read. The words differ by `lc_messages`, the form does not.
struct CopyFailure: Equatable {
    /// From 1, counted from the statement's first row: rows are written one a line.
    var row: Int
    var column: String?

    init?(_ error: PostgresError, table: String) {
        guard let context = error.context else { return nil }
        self.init(context: context, table: table)
    }

    init?(context: String, table: String) {
        // Lines before it belong to the type's input function. A value comes after it only.
        let start = "COPY \(table), "
        let lines = context.utf8.split(separator: UInt8(ascii: "\n"))
        guard let line = lines.first(where: { $0.starts(with: start.utf8) }) else { return nil }
        let parts = line.dropFirst(start.utf8.count).split(separator: UInt8(ascii: ","), maxSplits: 1)
        guard let place = parts.first, let number = Self.words(place).last, let row = Int(number), row > 0 else {
            return nil
        }
        self.row = row
        // With a column the line's number ends at a comma; without one at a colon, and then a value follows.
        guard parts.count == 2, !place.contains(UInt8(ascii: ":")) else { return }
        let words = Self.words(parts[1])
        if words.count == 2 { column = words[1] }
    }

    /// The words up to a colon.
    private static func words(_ text: Substring.UTF8View) -> [String] {
        text.prefix { $0 != UInt8(ascii: ":") }.split(separator: UInt8(ascii: " ")).map { String(Substring($0)) }
    }
}

extension CopyFailure {
    /// What is wrong with the row, in words that quote nothing; `nil` when the row is not what the error is about.
    func rowError(
        _ error: PostgresError, columns: [TargetColumn], primaryKey: [String], line: Int, record: Int?
    ) -> RowError? {
        guard let state = error.sqlState else { return nil }
        let named = error.columnName ?? column
        let column = columns.first { $0.name == named }
        let type = column.map { " for \($0.type)" } ?? ""
        let (code, message): (RowError.Code, String)
        switch state {
        case "23505":
            let key = primaryKey.joined(separator: ", ")
            return RowError(
                .duplicateKey, line: line, record: record, column: primaryKey.count == 1 ? primaryKey[0] : nil,
                "the primary key (\(key)) is taken by another row")
        case "23502": (code, message) = (.nullNotAllowed, "must not be empty")
        case "22001": (code, message) = (.tooLong, "is too long\(type)")
        case "22003", "22008", "22015": (code, message) = (.outOfRange, "is out of range\(type)")
        case "22021", "22P05": (code, message) = (.notUTF8, "is text that the database cannot store")
        case _ where state.hasPrefix("54"):
            (code, message) = (.limitExceeded, "is too large for a row or a key of Postgres")
        case _ where state.hasPrefix("22"): (code, message) = (.invalidValue, "is not acceptable\(type)")
        default: return nil
        }
        return RowError(code, line: line, record: record, column: column?.name, message)
    }
}
