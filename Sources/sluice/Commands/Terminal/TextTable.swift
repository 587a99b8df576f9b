internal import JSON

/// A result as columns of text.
struct TextTable: Sendable {
    private var header: [String]
    private var rows: [[String]]
    private var isNumber: [Bool]

    /// - Parameter answer: `{"columns": [{"name", "type"}], "rows": [[…]]}`
    init(_ answer: JSONValue) {
        let columns = answer["columns"]?.arrayValue ?? []
        header = columns.map { Self.escaped($0["name"]?.stringValue ?? "") }
        let values = (answer["rows"]?.arrayValue ?? []).map { $0.arrayValue ?? [] }
        isNumber = columns.indices.map { index in
            var numbers = 0
            for row in values where row.indices.contains(index) {
                if case .number = row[index] { numbers += 1 } else if !row[index].isNull { return false }
            }
            return numbers > 0
        }
        rows = values.map { $0.map(Self.shown) }
    }

    /// A line of names, a rule, a line for each row, and their number.
    var text: String {
        let widths = header.indices.map { index in
            rows.reduce(header[index].count) { max($0, $1.indices.contains(index) ? $1[index].count : 0) }
        }
        var text = line(header, widths)
        text += widths.map { String(repeating: "-", count: $0) }.joined(separator: "  ") + "\n"
        for row in rows { text += line(row, widths) }
        return text + "(\(rows.count) \(rows.count == 1 ? "row" : "rows"))\n"
    }

    private func line(_ cells: [String], _ widths: [Int]) -> String {
        var line = ""
        for (index, (cell, width)) in zip(cells, widths).enumerated() {
            let space = String(repeating: " ", count: width - cell.count)
            if index > 0 { line += "  " }
            line += isNumber[index] ? space + cell : index == widths.count - 1 ? cell : cell + space
        }
        return line + "\n"
    }

    private static func shown(_ value: JSONValue) -> String {
        switch value {
        case .null: "NULL"
        case .string(let text): escaped(text)
        default: escaped(value.text)
        }
    }

    /// Without what would move a terminal's cursor or change its colours: control characters as `\u{1b}`.
    private static func escaped(_ text: String) -> String {
        guard text.unicodeScalars.contains(where: { $0.properties.generalCategory == .control }) else { return text }
        return text.unicodeScalars.map {
            $0.properties.generalCategory == .control ? $0.escaped(asASCII: true) : String($0)
        }.joined()
    }
}
