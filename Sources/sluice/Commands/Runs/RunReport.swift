internal import JSON

/// A run as a person reads it.
struct RunReport {
    let run: JSONValue

    init(_ run: JSONValue) { self.run = run }

    var id: String { run["id"]?.stringValue ?? "" }
    var state: String { run["state"]?.stringValue ?? "" }
    var hasEnded: Bool { ["succeeded", "failed", "cancelled"].contains(state) }

    var progress: Progress {
        Progress(done: run["rows"]?["read"]?.intValue ?? 0, share: run["progress"]?.doubleValue)
    }

    /// `Run 57 of travel.reviews succeeded: 20 read, 19 written, 1 quarantined, in 1.2 s.`
    func summary(on terminal: Terminal) -> String {
        let counts = ["read", "written", "unchanged", "quarantined", "dropped", "warned"].compactMap {
            name -> String? in
            guard let number = run["rows"]?[name]?.intValue, number > 0 else { return nil }
            return "\(Wording.count(number)) \(name)"
        }
        var parts = counts.isEmpty ? ["no rows"] : counts
        if let duration { parts.append("in \(Wording.duration(duration))") }
        return "Run \(id) of \(run["pipeline"]?.stringValue ?? "") "
            + "\(terminal.paint(state, Terminal.Colour(ofState: state))): \(parts.joined(separator: ", "))."
    }

    /// What went wrong, and what to do about it.
    func failure(on terminal: Terminal) -> String {
        guard let error = run["error"], !error.isNull else { return "" }
        return Self.error(error).map { "\($0)\n" }.joined()
    }

    static func error(_ error: JSONValue) -> [String] {
        let what = error["detail"]?.stringValue ?? error["title"]?.stringValue ?? ""
        let faults = (error["errors"]?.arrayValue ?? []).compactMap { $0["detail"]?.stringValue }
        let hint = error["hint"]?.stringValue.map { ["hint: \($0)"] } ?? []
        return (["error: \(what) (\(error["code"]?.stringValue ?? ""))"] + faults.map { "  \($0)" } + hint)
            .map(DisplayText.escaped)
    }

    /// From its start to its end or to the last that is known of it.
    var duration: Duration? {
        guard let start = Moment(run["startedAt"]), let end = Moment(run["endedAt"]) else { return nil }
        return end - start
    }

    /// `manual by admin`, `schedule`
    var cause: String {
        let cause = run["cause"]
        let by = cause?["principal"]?.stringValue.map { " by \($0)" } ?? ""
        return (cause?["kind"]?.stringValue ?? "") + by + (cause?["catchUp"]?.boolValue == true ? ", catching up" : "")
    }

    func text(on terminal: Terminal) -> String {
        var fields = FieldList()
        fields.add("run", id)
        fields.add("pipeline", run["pipeline"])
        fields.add("state", state, Terminal.Colour(ofState: state))
        fields.add("cause", cause)
        fields.add("queued", Wording.time(run["createdAt"]))
        fields.add("started", Wording.time(run["startedAt"]))
        fields.add("ended", Wording.time(run["endedAt"]))
        fields.add("took", duration.map { Wording.duration($0) })
        if let share = run["progress"]?.doubleValue, !hasEnded {
            fields.add("progress", "\(Progress.percent(share)) %")
        }
        fields.add("cancelled by", run["cancelledBy"])
        let table = TextTable(
            ["STEP", "STATE", "ATTEMPT", "READ", "WRITTEN", "UNCHANGED", "QUARANTINED", "DROPPED", "NEXT TRY"],
            (run["steps"]?.arrayValue ?? []).map(Self.row),
            numbers: ["ATTEMPT", "READ", "WRITTEN", "UNCHANGED", "QUARANTINED", "DROPPED"])
        var text = fields.text(on: terminal) + "\n" + table.fitted(to: terminal).text
        for step in run["steps"]?.arrayValue ?? [] {
            guard let error = step["error"], !error.isNull else { continue }
            let lines = Self.error(error)
            text += "\nstep \(step["name"]?.stringValue ?? ""): " + lines.joined(separator: "\n") + "\n"
        }
        return text
    }

    private static func row(_ step: JSONValue) -> [TextTable.Cell] {
        var cells: [TextTable.Cell] = [.init(step["name"]), .state(step["state"]), .count(step["attempt"])]
        cells += counts(step["rows"], "read", "written", "unchanged", "quarantined", "dropped")
        cells.append(.time(step["retryAt"]))
        return cells
    }

    static func counts(_ rows: JSONValue?, _ names: String...) -> [TextTable.Cell] {
        names.map { TextTable.Cell.count(rows?[$0]) }
    }
}
