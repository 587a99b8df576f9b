internal import JSON

extension Command {
    private static let pipelineOption = CommandOption.value("--pipeline", "PIPELINE", "Only runs of this pipeline")
    private static let stateOption = CommandOption.choice(
        "--state", ["queued", "running", "succeeded", "failed", "cancelled"], "Only runs in this state")
    private static let limitOption = CommandOption(
        flag: "--limit", valueName: "COUNT", fallback: "20", help: "At most so many; 0: all")

    static let runs = noun(
        "runs", group: .load, "Runs of pipelines: what happened, what happens",
        [listRuns, showRun, cancelRun, retryRun])

    private static let listRuns = client(
        "list", "Lists runs, latest first",
        options: [pipelineOption, stateOption, limitOption],
        examples: ["sluice runs", "sluice runs --state failed", "sluice runs list --pipeline travel.reviews --json"]
    ) { arguments, client in
        let listing = try client.list(
            "/runs", ["pipeline": arguments[pipelineOption], "state": arguments[stateOption]],
            limit: arguments.limit(limitOption))
        try listing.show(
            arguments, ["ID", "PIPELINE", "STATE", "READ", "WRITTEN", "QUARANTINED", "QUEUED", "TOOK", "CAUSE"],
            numbers: ["READ", "WRITTEN", "QUARANTINED"], nothing: "There is no such run to see."
        ) { run in
            let report = RunReport(run)
            var cells: [TextTable.Cell] = [.init(run["id"]), .init(run["pipeline"]), .state(run["state"])]
            cells += RunReport.counts(run["rows"], "read", "written", "quarantined")
            cells.append(.time(run["createdAt"]))
            cells.append(.init(report.duration.map { Wording.duration($0) } ?? ""))
            cells.append(.init(report.cause))
            return cells
        }
    }

    private static let showRun = client(
        "show", "Shows a run with its steps; of a pipeline, the latest", operands: "RUN",
        operandHint: "RUN is the id of a run, or a pipeline for its latest: sluice runs show 57",
        examples: ["sluice runs show 57", "sluice runs show travel.reviews"]
    ) { arguments, client in
        let run = try client.get("/runs/\(client.run(arguments.operands[0]))")
        if arguments.has(.json) { return try Output.write(run) }
        try Output.write(RunReport(run).text(on: Output.terminal))
    }

    private static let cancelRun = client(
        "cancel", "Cancels a run: what is queued never begins, what runs is stopped", operands: "RUN",
        operandHint: "RUN is the id of a run, or a pipeline for its latest: sluice runs cancel 57",
        examples: ["sluice runs cancel 57", "sluice runs cancel travel.reviews"]
    ) { arguments, client in
        let answer = try client.post("/runs/\(client.run(arguments.operands[0]))/cancel")
        if arguments.has(.json) { return try Output.write(answer) }
        try Output.write("Run \(answer["id"]?.stringValue ?? "") is being cancelled.\n")
    }

    private static let retryRun = client(
        "retry", "Runs a failed or cancelled run again, from the steps that did not succeed", operands: "RUN",
        operandHint: "RUN is the id of a run, or a pipeline for its latest: sluice runs retry 57",
        options: RunFollower.options, examples: ["sluice runs retry 57", "sluice runs retry travel.reviews --wait"]
    ) { arguments, client in
        let answer = try client.post("/runs/\(client.run(arguments.operands[0]))/retry")
        try RunFollower.report(answer, arguments, client)
    }

    static let run = client(
        "run", group: .load, "Starts a pipeline",
        details: """
            With --wait or --follow it stays until the run has ended, and the exit status says whether it succeeded.
            Ctrl-C leaves the run running; sluice runs cancel ends it.
            """,
        operands: "PIPELINE", options: RunFollower.options,
        examples: [
            "sluice run travel.reviews", "sluice run travel.reviews --wait", "sluice run travel.reviews --follow",
        ]
    ) { arguments, client in
        let answer = try client.post("/pipelines/\(APIPath.segment(arguments.operands[0]))/runs")
        try RunFollower.report(answer, arguments, client)
    }

    static let workers = client(
        "workers", "Lists the workers of the last day; for managers of the platform",
        examples: ["sluice workers", "sluice workers --json"]
    ) { arguments, client in
        let listing = try client.list("/workers", limit: 1000)
        try listing.show(
            arguments, ["WORKER", "HOST", "STATE", "SLOTS", "HEARTBEAT", "RUNS"], numbers: ["SLOTS"],
            nothing: "No worker has been there in the last day: sluice worker starts one."
        ) {
            [
                .init($0["id"]), .init($0["host"]), .state($0["state"]), .init($0["slots"]), .time($0["heartbeatAt"]),
                .init(($0["tasks"]?.arrayValue ?? []).compactMap { $0["run"]?.stringValue }.joined(separator: ", ")),
            ]
        }
    }
}

extension APIClient {
    /// The id of the run that is meant: itself, or the latest of a pipeline.
    func run(_ text: String) throws -> String {
        guard text.contains(".") else { return APIPath.segment(text) }
        let runs = try list("/runs", ["pipeline": text], limit: 1)
        guard let id = runs.items.first?["id"]?.stringValue else {
            throw CommandFailure(
                .refused, "error: \(text) has no run to see",
                hint: "sluice run \(text) starts one; sluice runs lists them.")
        }
        return id
    }
}
