internal import JSON

extension Command {
    private static let acceptOption = CommandOption.value("--accept", "COLUMN", "Gives the column the tag")
    private static let rejectOption = CommandOption.value(
        "--reject", "COLUMN", "Takes the tag away, and remembers that it is none")
    private static let againOption = CommandOption.switch("--again", "Has the dataset looked at again, soon")

    static let classification = client(
        "classification", group: .protect, "Shows which columns of a dataset seem to hold personal data, and decides",
        details: "The server looks at columns that are new or changed by itself. What is decided stays.",
        operands: "DATASET", options: [acceptOption, rejectOption, againOption],
        examples: [
            "sluice classification travel.bookings", "sluice classification travel.bookings --accept guest_email",
            "sluice classification travel.bookings --again",
        ]
    ) { arguments, client in
        let path = "/datasets/\(APIPath.segment(arguments.operands[0]))"
        for (option, decision) in [(acceptOption, "accept"), (rejectOption, "reject")] {
            guard let column = arguments[option] else { continue }
            _ = try client.call(
                "PUT", "\(path)/columns/\(APIPath.segment(column))/classification", ["decision": .string(decision)])
        }
        if arguments.has(againOption) { _ = try client.post("\(path)/classify") }
        let answer = try client.get("\(path)/classification")
        if arguments.has(.json) { return try Output.write(answer) }
        let columns = answer["columns"]?.arrayValue ?? []
        if !columns.isEmpty {
            let header = ["COLUMN", "ENTITY", "CONFIDENCE", "STATE", "BY", "MATCHING", "BY VALUES", "BY NAME"]
            let table = TextTable(header, columns.map(cells), numbers: ["CONFIDENCE", "MATCHING"])
            try Output.write(table.fitted(to: Output.terminal).text)
        }
        Output.note(remark(answer, isEmpty: columns.isEmpty))
    }

    private static func cells(_ column: JSONValue) -> [TextTable.Cell] {
        let evidence = column["evidence"]
        let share = evidence?["share"]?.doubleValue.map { "\(Int(($0 * 100).rounded())) %" }
        return [
            .init(column["column"]), .init(column["entity"]), .init(column["confidence"]), .init(column["state"]),
            .init(column["decidedBy"]), .init(share ?? ""), .init(evidence?["recogniser"]),
            .init(evidence?["nameRule"]),
        ]
    }

    /// How far the verdicts can be trusted to be those of the rows there are.
    private static func remark(_ answer: JSONValue, isEmpty: Bool) -> String {
        let rows = "\(Wording.count(answer["rows"]?.intValue ?? 0, "row")) looked at"
        return switch answer["state"]?.stringValue {
        case "pending": "The dataset has not been looked at yet; it is soon."
        case "failed":
            "It could not be looked at last (\(answer["failure"]?.stringValue ?? "failed")); it is tried again."
        case "stale": "\(rows), but its columns are others now or somebody asked; it is looked at again soon."
        default: isEmpty ? "\(rows), and no column seems to hold personal data." : "\(rows)."
        }
    }
}
