internal import JSON

/// One object as lines of a name and a value; fields without a value are left out.
struct FieldList {
    private var lines: [(name: String, value: String, colour: Terminal.Colour?)] = []

    mutating func add(_ name: String, _ value: String?, _ colour: Terminal.Colour? = nil) {
        guard let value, !value.isEmpty else { return }
        lines.append((name, DisplayText.escaped(value), colour))
    }

    mutating func add(_ name: String, _ value: JSONValue?) { add(name, TextTable.Cell(value).text) }

    func text(on terminal: Terminal) -> String {
        let width = lines.map(\.name.count).max() ?? 0
        return lines.map { line in
            "\(terminal.paint(DisplayText.padded(line.name, to: width), .faint))  \(terminal.paint(line.value, line.colour))\n"
        }.joined()
    }
}
