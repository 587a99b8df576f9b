internal import Glibc
internal import JSON

/// Stays with a run until it has ended, through broken connections and restarts of the server.
struct RunFollower {
    static let waitOption = CommandOption.switch("--wait", short: "-w", "Stays until the run has ended")
    static let followOption = CommandOption.switch("--follow", "Stays and shows the run's log too")
    static let options = [waitOption, followOption]

    /// How long the server may be away.
    private static let patience = Duration.seconds(60)
    /// The server shows every 15 s that it lives.
    private static let pause = Duration.seconds(45)

    private let client: APIClient
    private let id: String

    init(_ client: APIClient, run id: String) {
        self.client = client
        self.id = id
    }

    /// Says that a run is queued, or stays with it when that is asked for.
    static func report(_ accepted: JSONValue, _ arguments: Arguments, _ client: APIClient) throws {
        let id = accepted["id"]?.stringValue ?? ""
        let follows = arguments.has(followOption)
        guard follows || arguments.has(waitOption) else {
            if arguments.has(.json) { return try Output.write(accepted) }
            try Output.write("\(id)\n")
            return Output.note(
                "Run \(id) is \(accepted["state"]?.stringValue ?? "queued"): sluice logs \(id) -f follows it.")
        }
        let run = RunReport(try RunFollower(client, run: id).wait(showsLog: follows))
        if arguments.has(.json) {
            try Output.write(run.run)
        } else {
            try Output.write(run.summary(on: Output.terminal) + "\n")
        }
        guard run.state != "succeeded" else { return }
        let error = run.failure(on: Output.terminal)
        let reason = error.isEmpty ? "error: the run was \(run.state)" : String(error.dropLast())
        throw CommandFailure(
            .refused, reason, hint: "sluice logs \(id) shows its log; sluice runs retry \(id) runs it again.")
    }

    /// Waits for the end of the run and returns the run as it ended; progress and log lines go to standard error.
    func wait(showsLog: Bool) throws -> JSONValue {
        var display = ProgressDisplay("Run \(id)") { Wording.count($0, "row") }
        defer { display.clear() }
        let terminal = Terminal(STDERR_FILENO)
        var state = ""
        return try follow { event in
            switch event.name {
            case "state":
                let run = RunReport(event.value)
                let subject = [run.state] + run.attempts
                if state != subject.joined(), !terminal.isTerminal || showsLog {
                    display.note("Run \(id): \(subject.joined(separator: ", "))")
                }
                state = subject.joined()
                display.show(run.progress)
            case "progress":
                display.show(RunReport(event.value).progress)
            case "log" where showsLog:
                display.note(LogLine(event.value).text(on: terminal))
            default: break
            }
        }
    }

    struct Event {
        var name: String
        var value: JSONValue
    }

    /// Hands on what happens, each thing once, and returns the run as it ended.
    private func follow(_ body: (Event) throws -> Void) throws -> JSONValue {
        var stream = EventStream()
        let reconnection = Reconnection(patience: Self.patience)
        return try withoutActuallyEscaping(body) { body in
            while true {
                let run: JSONValue? = try reconnection.attempt {
                    stream.reconnect()
                    let place = stream.lastID.map { [(name: "Last-Event-ID", value: $0)] } ?? []
                    try client.stream(
                        "GET", "/runs/\(id)/events", accept: "text/event-stream", headers: place, pause: Self.pause
                    ) { piece in
                        reconnection.succeeded()
                        try stream.take(piece) { event in
                            try body(Event(name: event.name, value: try JSONValue.parse(event.data)))
                        }
                    }
                    let run = try client.get("/runs/\(id)")
                    return RunReport(run).hasEnded ? run : nil
                }
                if let run { return run }
            }
        }
    }
}

extension RunReport {
    /// `step load: attempt 2`, of steps that are tried again.
    fileprivate var attempts: [String] {
        (run["steps"]?.arrayValue ?? []).compactMap { step in
            guard let attempt = step["attempt"]?.intValue, attempt > 1 else { return nil }
            return "step \(step["name"]?.stringValue ?? "") \(step["state"]?.stringValue ?? ""), attempt \(attempt)"
        }
    }
}
