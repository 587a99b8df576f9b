internal import JSON

/// Rows as columns of text, or, where they are too wide for the terminal, as records with a line for each field.
struct TextTable: Sendable {
    struct Cell: Sendable, Equatable {
        var text: String
        var colour: Terminal.Colour?

        init(_ text: String, _ colour: Terminal.Colour? = nil) {
            self.text = DisplayText.escaped(text)
            self.colour = colour
        }

        static let null = Cell("NULL", .faint)
    }

    /// How it is laid out.
    enum Form: Sendable, Equatable {
        case table, records
    }

    /// What a text column is cut to at most; with less room than that for each, records are shown.
    private static let leastWidth = 12
    private static let gap = "  "

    private var header: [String]
    private var rows: [[Cell]]
    private var isNumber: [Bool]

    /// - Parameter numbers: The columns that stand at the right.
    init(_ header: [String], _ rows: [[Cell]], numbers: Set<String> = []) {
        self.header = header.map(DisplayText.escaped)
        self.rows = rows
        isNumber = header.map(numbers.contains)
    }

    /// - Parameter answer: `{"columns": [{"name", "type"}], "rows": [[…]]}`
    init(_ answer: JSONValue) {
        let columns = answer["columns"]?.arrayValue ?? []
        header = columns.map { DisplayText.escaped($0["name"]?.stringValue ?? "") }
        let values = (answer["rows"]?.arrayValue ?? []).map { $0.arrayValue ?? [] }
        isNumber = columns.indices.map { index in
            var numbers = 0
            for row in values where row.indices.contains(index) {
                if case .number = row[index] { numbers += 1 } else if !row[index].isNull { return false }
            }
            return numbers > 0
        }
        rows = values.map { $0.map(Self.cell) }
    }

    private static func cell(_ value: JSONValue) -> Cell {
        switch value {
        case .null: .null
        case .string(let text): Cell(text)
        default: Cell(value.text)
        }
    }

    /// `(2 rows)`
    var count: String { "(\(rows.count) \(rows.count == 1 ? "row" : "rows"))\n" }

    /// A line of names, a rule, and a line for each row.
    func text(on terminal: Terminal = Terminal(isTerminal: false)) -> String {
        render(natural, terminal)
    }

    /// As many columns as the terminal has, cells cut where it must be, or as records.
    ///
    /// - Returns: The text, and whether something was cut.
    func fitted(to terminal: Terminal) -> (text: String, isCut: Bool) {
        guard let width = terminal.width else { return (text(on: terminal), false) }
        let natural = natural
        guard let widths = fit(natural, into: width) else { return (records(on: terminal), false) }
        return (render(widths, terminal), widths != natural)
    }

    /// A line for each field; nothing is cut.
    func records(on terminal: Terminal = Terminal(isTerminal: false)) -> String {
        let width = header.map(DisplayText.width).max() ?? 0
        return rows.enumerated().map { number, row in
            terminal.paint("-[ \(number + 1) ]-", .faint) + "\n"
                + zip(header, row).map { name, cell in
                    DisplayText.padded(name, to: width) + Self.gap + terminal.paint(cell.text, cell.colour) + "\n"
                }.joined()
        }.joined()
    }

    private var natural: [Int] {
        header.indices.map { index in
            rows.reduce(DisplayText.width(of: header[index])) { width, row in
                row.indices.contains(index) ? max(width, DisplayText.width(of: row[index].text)) : width
            }
        }
    }

    /// The widest texts give way first; numbers are never cut. `nil` when there is no room.
    private func fit(_ natural: [Int], into width: Int) -> [Int]? {
        let gaps = Self.gap.count * max(0, natural.count - 1)
        func widths(_ most: Int) -> [Int] { zip(natural, isNumber).map { $1 ? $0 : min($0, most) } }
        func fits(_ most: Int) -> Bool { widths(most).reduce(gaps, +) <= width }
        let longest = natural.max() ?? 0
        if fits(longest) { return natural }
        guard fits(Self.leastWidth) else { return nil }
        // The most room that each may have, by halving.
        var (least, most) = (Self.leastWidth, longest)
        while most - least > 1 {
            let middle = (least + most) / 2
            if fits(middle) { least = middle } else { most = middle }
        }
        return widths(least)
    }

    private func render(_ widths: [Int], _ terminal: Terminal) -> String {
        var text = line(header.map { Cell($0, .bold) }, widths, terminal)
        text +=
            terminal.paint(
                widths.map { String(repeating: "-", count: $0) }.joined(separator: Self.gap), .faint) + "\n"
        for row in rows { text += line(row, widths, terminal) }
        return text
    }

    private func line(_ cells: [Cell], _ widths: [Int], _ terminal: Terminal) -> String {
        var line = ""
        for (index, (cell, width)) in zip(cells, widths).enumerated() {
            let shown = DisplayText.cut(cell.text, to: width)
            let blanks = String(repeating: " ", count: max(0, width - DisplayText.width(of: shown)))
            let painted = terminal.paint(shown, cell.colour)
            if index > 0 { line += Self.gap }
            line += isNumber[index] ? blanks + painted : index == widths.count - 1 ? painted : painted + blanks
        }
        while line.last == " " { line.removeLast() }
        return line + "\n"
    }
}
