internal import JSON

extension Command {
    static let explain = client(
        "explain", group: .protect, "Says what a principal sees of a dataset, and why",
        details: "Answered from the same tables that enforce. For oneself, or with manage on the dataset.",
        operands: "PRINCIPAL DATASET",
        examples: ["sluice explain bob travel.partners", "sluice explain alice travel.bookings --json"]
    ) { arguments, client in
        let (principal, dataset) = (arguments.operands[0], arguments.operands[1])
        let answer = try client.post(
            "/access/explain", ["principal": .string(principal), "dataset": .string(dataset)])
        if arguments.has(.json) { return try Output.write(answer) }
        try Output.write(
            AccessReport(answer).text(principal: principal, dataset: dataset, on: Output.terminal))
    }
}

/// The answer of `POST /access/explain` as a person reads it.
struct AccessReport {
    let answer: JSONValue

    init(_ answer: JSONValue) { self.answer = answer }

    func text(principal: String, dataset: String, on terminal: Terminal) -> String {
        let isVisible = answer["visible"]?.boolValue == true
        let title = DisplayText.escaped("\(principal) \(isVisible ? "reads" : "does not read") \(dataset)")
        var text = "\(terminal.paint(title, isVisible ? .green : .red)): \(because(answer["because"]))\n"
        guard isVisible else { return text }
        let columns = answer["columns"]?.arrayValue ?? []
        text += "\n" + TextTable(["COLUMN", "READS", "BECAUSE"], columns.map(row)).fitted(to: terminal).text + "\n"
        let filters = answer["rowFilters"]?.arrayValue ?? []
        text += filters.isEmpty ? "Every row: no row filter binds.\n" : "Only rows that pass every row filter:\n"
        for filter in filters {
            text += "  \(field(filter, "name")): \(field(filter, "expression"))\n    \(field(filter, "because"))\n"
        }
        return text + "\nPolicy version \(answer["policyVersion"]?.intValue ?? 0).\n"
    }

    private func row(_ column: JSONValue) -> [TextTable.Cell] {
        let reads: TextTable.Cell
        if column["visible"]?.boolValue != true {
            reads = TextTable.Cell("hidden", .red)
        } else if let mask = column["mask"], !mask.isNull {
            reads = TextTable.Cell("masked: \(Self.mask(mask))", .yellow)
        } else {
            reads = TextTable.Cell("clear", .green)
        }
        return [TextTable.Cell(column["name"]), reads, TextTable.Cell(ownReasons(column))]
    }

    /// `show-last, count 4`
    private static func mask(_ mask: JSONValue) -> String {
        (mask.objectValue ?? [:]).filter { !$0.value.isNull }
            .map { $0.key == "kind" ? TextTable.Cell($0.value).text : "\($0.key) \(TextTable.Cell($0.value).text)" }
            .joined(separator: ", ")
    }

    /// Without what holds for the dataset as a whole and has been said.
    private func ownReasons(_ column: JSONValue) -> String {
        let said = answer["because"]?.arrayValue ?? []
        return because(.array((column["because"]?.arrayValue ?? []).filter { !said.contains($0) }))
    }

    private func because(_ value: JSONValue?) -> String {
        DisplayText.escaped((value?.arrayValue ?? []).compactMap(\.stringValue).joined(separator: "; "))
    }

    private func field(_ value: JSONValue, _ name: String) -> String {
        DisplayText.escaped(value[name]?.stringValue ?? "")
    }
}
