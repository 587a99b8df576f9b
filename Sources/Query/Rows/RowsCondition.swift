internal import Postgres

/// Prints filters as SQL and collects what they bind.
///
/// Every literal is a text parameter cast to its column's type, so requests that differ in values alone share a statement.
struct RowsCondition {
    private(set) var parameters: [String] = []

    mutating func bind(_ value: String) -> String {
        parameters.append(value)
        return "$\(parameters.count)"
    }

    mutating func sql(_ filter: RowsFilter) -> String {
        switch filter {
        case .comparison(let column, let comparison, let value):
            // Patterns are no values of the type: char(n) would pad them.
            let type = comparison.isPattern ? "pg_catalog.text" : column.type.castName
            return "\(SQL.quoted(identifier: column.name)) \(comparison.rawValue) \(bind(value))::\(type)"
        case .isIn(let column, let values):
            return
                "\(SQL.quoted(identifier: column.name)) = ANY (\(bind(Self.array(values)))::\(column.type.castName)[])"
        case .isNull(let column): return "\(SQL.quoted(identifier: column.name)) IS NULL"
        case .isBoolean(let column, let value):
            return "\(SQL.quoted(identifier: column.name)) IS \(value ? "TRUE" : "FALSE")"
        case .not(let inner): return "NOT (\(sql(inner)))"
        case .all(let parts): return "(" + joined(parts, " AND ") + ")"
        case .any(let parts): return "(" + joined(parts, " OR ") + ")"
        }
    }

    private mutating func joined(_ parts: [RowsFilter], _ separator: String) -> String {
        var texts: [String] = []
        for part in parts { texts.append(sql(part)) }
        return texts.joined(separator: separator)
    }

    /// Postgres's text form of an array, every element quoted.
    static func array(_ values: [String]) -> String {
        var text = "{"
        for value in values {
            text += text.utf8.count == 1 ? "\"" : ",\""
            for scalar in value.unicodeScalars {
                if scalar == "\"" || scalar == "\\" { text.unicodeScalars.append("\\") }
                text.unicodeScalars.append(scalar)
            }
            text += "\""
        }
        return text + "}"
    }
}
