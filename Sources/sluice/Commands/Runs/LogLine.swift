internal import JSON

/// A line of a run's log as a person reads it: `02:00:01.123  info     load#1  begun  rows=100`.
struct LogLine {
    let line: JSONValue

    init(_ line: JSONValue) { self.line = line }

    func text(on terminal: Terminal) -> String {
        let level = line["level"]?.stringValue ?? ""
        let time = (line["at"]?.stringValue ?? "").dropFirst(11).prefix(12)
        let step = line["step"]?.stringValue.map { "\($0)#\(line["attempt"]?.intValue ?? 0)  " } ?? ""
        let fields = (line["fields"]?.objectValue ?? [:]).map { name, value in
            "  \(terminal.paint("\(name)=", .faint))\(TextTable.Cell(value).text)"
        }
        return terminal.paint(String(time), .faint) + "  "
            + terminal.paint(DisplayText.padded(level, to: 7), Self.colour(level)) + "  " + DisplayText.escaped(step)
            + DisplayText.escaped(line["message"]?.stringValue ?? "") + fields.joined()
    }

    private static func colour(_ level: String) -> Terminal.Colour? {
        switch level {
        case "error": .red
        case "warning": .yellow
        case "debug": .faint
        default: nil
        }
    }
}

extension Command {
    private static let followOption = CommandOption.switch("--follow", short: "-f", "Goes on until the run has ended")

    static let logs = client(
        "logs", group: .load, "Shows a run's log; of a pipeline, that of the latest run", operands: "RUN",
        operandHint: "RUN is the id of a run, or a pipeline for its latest: sluice logs 57",
        options: [followOption],
        examples: ["sluice logs 57", "sluice logs travel.reviews -f", "sluice logs 57 --json | jq -r .message"]
    ) { arguments, client in
        let id = try client.run(arguments.operands[0])
        let follows = arguments.has(followOption)
        let reconnection = Reconnection(patience: .seconds(60))
        var last = 0
        while true {
            let path = "/runs/\(id)/logs?after=\(last)&follow=\(follows)"
            let hasEnded: Bool? = try reconnection.attempt {
                var lines = LineSplitter()
                try client.stream("GET", path, accept: "application/x-ndjson", pause: .seconds(660)) { piece in
                    reconnection.succeeded()
                    try lines.take(piece) { text in
                        let line = try JSONValue.parse(text)
                        last = max(last, line["line"]?.intValue ?? last)
                        try Output.write(
                            arguments.has(.json) ? text + "\n" : LogLine(line).text(on: Output.terminal) + "\n")
                    }
                }
                return try !follows || RunReport(client.get("/runs/\(id)")).hasEnded ? true : nil
            }
            if hasEnded == true { return }
        }
    }
}
