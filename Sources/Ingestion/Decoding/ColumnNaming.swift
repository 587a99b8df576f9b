internal import Catalog
internal import JSON

/// Which field of a record goes into which column.
struct ColumnMatch: Sendable {
    /// Fields in each record.
    var width: Int
    /// By column, the index of its field; `nil` when records do not give it.
    var sources: [Int?]
}

/// How the names in a source relate to columns.
struct ColumnNaming: Sendable {
    /// The names that the step declares, in the order of the source where that has no header.
    var declared: [String]?
    /// Whether names are columns' names as they stand. Otherwise they are `ColumnNames` of columns.
    var isExact = false
    /// What becomes of a field that no column takes.
    var onNewColumn = NewColumnPolicy.fail

    /// The name of a field that has none: `column_1` and so on.
    static func name(ofField number: Int) -> String { "column_\(number)" }

    /// Matches the names of a record's fields with the columns; all mistakes are reported together.
    ///
    /// - Throws: Also when a declared column, or one that must not be NULL, is missing.
    func match(_ names: [String], with columns: [TargetColumn], line: Int) throws(RowErrors) -> ColumnMatch {
        var errors: [RowError] = []
        var sources = [Int?](repeating: nil, count: columns.count)
        let positions = Dictionary(uniqueKeysWithValues: columns.enumerated().map { ($1.name, $0) })
        var seen: Set<String> = []
        let columnNames = isExact ? names : ColumnNames.of(names)
        for (index, name) in names.enumerated() {
            guard seen.insert(name).inserted else {
                // A name that is no column's is refused for that, once.
                guard !isExact || positions[name] != nil else { continue }
                errors.append(
                    RowError(.duplicateColumn, line: line, record: nil, column: name, "occurs twice in the header"))
                continue
            }
            if let position = positions[columnNames[index]] {
                sources[position] = index
            } else if onNewColumn != .ignore {
                let message = unknown(name, index: index, names: names, columns: columns)
                errors.append(RowError(.unknownColumn, line: line, record: nil, message))
            }
        }
        for (column, source) in zip(columns, sources) where source == nil {
            let isDeclared = declared?.contains(column.name) ?? false
            guard isDeclared || !column.isNullable else { continue }
            let message = isDeclared ? "is declared and" : "must not be NULL and"
            errors.append(
                RowError(
                    .missingColumn, line: line, record: nil, column: column.name, "\(message) is missing in the header")
            )
        }
        guard errors.isEmpty else { throw RowErrors(errors: errors) }
        return ColumnMatch(width: names.count, sources: sources)
    }

    /// A name of the header is the uploader's own text and no value of a row, so it may be told.
    private func unknown(_ name: String, index: Int, names: [String], columns: [TargetColumn]) -> String {
        let place = "field \(index + 1) of the header names no column of the dataset"
        if names.count == 1, name.contains(";") || name.contains("\t") { return place + "; fields end with commas" }
        guard let closest = ClosestName.of(name, among: columns.map(\.name)) else { return place }
        return place + "; did you mean \"\(closest)\"?"
    }
}
