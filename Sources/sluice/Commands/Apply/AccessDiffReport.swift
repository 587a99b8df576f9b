internal import JSON

/// The answer of `POST /access/diff` as a person reads it.
struct AccessDiffReport {
    let answer: JSONValue

    init(_ answer: JSONValue) { self.answer = answer }

    /// Who gains and loses what, a line for each principal and dataset, and a line for each group with members among them.
    func text(on terminal: Terminal) -> String {
        let principals = answer["principals"]?.arrayValue ?? []
        guard !principals.isEmpty else { return "Access: nobody sees more or less.\n" }
        var text = TextTable(["PRINCIPAL", "DATASET", "GAINS", "LOSES"], principals.map(row)).fitted(to: terminal).text
        let groups = answer["groups"]?.arrayValue ?? []
        if !groups.isEmpty {
            let numbers = ["MEMBERS", "GAINING", "LOSING"]
            let table = TextTable(["GROUP", "DATASET"] + numbers, groups.map(groupRow), numbers: Set(numbers))
            text += "\n" + table.fitted(to: terminal).text
        }
        return text
    }

    private func row(_ entry: JSONValue) -> [TextTable.Cell] {
        let (gains, loses) = (side(entry["gains"]), side(entry["loses"]))
        // As one logs in to act for a purpose: ann+fraud.
        let name = (entry["name"]?.stringValue ?? "?") + (entry["purpose"]?.stringValue.map { "+\($0)" } ?? "")
        return [
            TextTable.Cell(name), TextTable.Cell(entry["dataset"]?.stringValue ?? "?"),
            TextTable.Cell(gains, gains.isEmpty ? nil : .green), TextTable.Cell(loses, loses.isEmpty ? nil : .red),
        ]
    }

    private func groupRow(_ group: JSONValue) -> [TextTable.Cell] {
        ["name", "dataset"].map { TextTable.Cell(group[$0]?.stringValue ?? "?") }
            + ["members", "gaining", "losing"].map { TextTable.Cell("\(group[$0]?.intValue ?? 0)") }
    }

    /// `12 rows, email, phone`
    private func side(_ side: JSONValue?) -> String {
        let rows = side?["rows"]?.intValue ?? 0
        let columns = (side?["columns"]?.arrayValue ?? []).compactMap(\.stringValue)
        let counted = rows == 0 ? [] : [rows == 1 ? "1 row" : "\(rows) rows"]
        return (counted + columns).joined(separator: ", ")
    }
}
