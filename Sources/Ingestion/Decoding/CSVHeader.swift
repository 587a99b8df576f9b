internal import JSON

/// Which field of a record goes into which column.
struct CSVHeader: Sendable {
    /// Fields in each record.
    let width: Int
    /// By column, the index of its field; `nil` when the header does not name it.
    let sources: [Int?]

    /// Matches the header's names with the columns; all mistakes are reported together.
    init(names: [String], columns: [TargetColumn], line: Int) throws(RowErrors) {
        width = names.count
        var errors: [RowError] = []
        var sources = [Int?](repeating: nil, count: columns.count)
        let positions = Dictionary(uniqueKeysWithValues: columns.enumerated().map { ($1.name, $0) })
        for (index, name) in names.enumerated() {
            guard let position = positions[name] else {
                let message = Self.unknown(name, index: index, names: names, columns: columns)
                errors.append(RowError(.unknownColumn, line: line, record: nil, message))
                continue
            }
            guard sources[position] == nil else {
                errors.append(
                    RowError(.duplicateColumn, line: line, record: nil, column: name, "occurs twice in the header"))
                continue
            }
            sources[position] = index
        }
        for (column, source) in zip(columns, sources) where source == nil && !column.isNullable {
            errors.append(
                RowError(
                    .missingColumn, line: line, record: nil, column: column.name,
                    "must not be NULL and is missing in the header"))
        }
        guard errors.isEmpty else { throw RowErrors(errors: errors) }
        self.sources = sources
    }

    /// A name of the header is the uploader's own text and no value of a row, so it may be told.
    private static func unknown(_ name: String, index: Int, names: [String], columns: [TargetColumn]) -> String {
        let place = "field \(index + 1) of the header names no column of the dataset"
        if names.count == 1, name.contains(";") || name.contains("\t") { return place + "; fields end with commas" }
        guard let closest = ClosestName.of(name, among: columns.map(\.name)) else { return place }
        return place + "; did you mean \"\(closest)\"?"
    }
}
