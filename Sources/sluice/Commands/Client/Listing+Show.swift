internal import JSON

extension APIClient.Listing {
    /// Shows the items as a table, or as they came with `--json`.
    ///
    /// - Parameters:
    ///   - numbers: The columns that stand at the right.
    ///   - nothing: What is said when there are no items.
    func show(
        _ arguments: Arguments, _ header: [String], numbers: Set<String> = [], nothing: String,
        row: (JSONValue) -> [TextTable.Cell]
    ) throws {
        if arguments.has(.json) { return try Output.write(value) }
        guard !items.isEmpty else { return Output.note(nothing) }
        try Output.write(TextTable(header, items.map(row), numbers: numbers).fitted(to: Output.terminal).text)
        if nextCursor != nil { Output.note("There are more; --limit 0 shows all.") }
    }
}

extension TextTable.Cell {
    /// A text of the API's; nothing for what is not there.
    init(_ value: JSONValue?, _ colour: Terminal.Colour? = nil) {
        switch value {
        case nil, .null: self.init("")
        case .string(let text): self.init(text, colour)
        case .some(let value): self.init(value.text, colour)
        }
    }

    static func time(_ value: JSONValue?) -> Self { Self(Wording.time(value)) }

    static func count(_ value: JSONValue?) -> Self { Self(value?.intValue.map { Wording.count($0) } ?? "") }

    static func list(_ value: JSONValue?) -> Self {
        Self((value?.arrayValue ?? []).compactMap(\.stringValue).joined(separator: ", "))
    }

    /// Of a run or a step, in the colour that says how it is.
    static func state(_ value: JSONValue?) -> Self {
        let state = value?.stringValue ?? ""
        return Self(state, Terminal.Colour(ofState: state))
    }
}

extension Terminal.Colour {
    init?(ofState state: String) {
        switch state {
        case "succeeded", "live", "passed": self = .green
        case "failed", "error", "poisoned", "lost": self = .red
        case "running": self = .cyan
        case "cancelled", "skipped", "draining": self = .yellow
        default: return nil
        }
    }
}
