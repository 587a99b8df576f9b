internal import JSON

extension Command {
    private static let domainOption = CommandOption.value("--domain", "NAME", "Only of this domain")
    private static let countOption = CommandOption(
        flag: "--count", valueName: "N", fallback: "10", help: "How many times, at most 100")

    static let pipelines = noun(
        "pipelines", aliases: ["pipeline"], group: .load, "Pipelines: what loads what, when, and whether it may",
        [listPipelines, showPipeline, pausePipeline, resumePipeline, nextRuns])

    private static let listPipelines = client(
        "list", "Lists pipelines", options: [domainOption, APIClient.limitOption],
        examples: ["sluice pipelines", "sluice pipelines list --domain travel"]
    ) { arguments, client in
        let listing = try client.list("/pipelines", ["domain": arguments[domainOption]], limit: arguments.limit())
        try listing.show(
            arguments, ["PIPELINE", "SCHEDULE", "STEPS", "WRITES", "DESCRIPTION"], numbers: ["STEPS"],
            nothing: "There is no pipeline to see. docs/pipelines.md says how to declare one."
        ) { pipeline in
            let steps = pipeline["steps"]?.arrayValue ?? []
            return [
                .init(pipeline["address"]), schedule(pipeline), .init("\(steps.count)"),
                .init(steps.compactMap { $0["ingest"]?["to"]?["dataset"]?.stringValue }.joined(separator: ", ")),
                .init(pipeline["description"]),
            ]
        }
    }

    private static func schedule(_ pipeline: JSONValue) -> TextTable.Cell {
        let cron = pipeline["schedule"]?["cron"]?.stringValue
        if pipeline["paused"]?.boolValue == true { return .init("paused\(cron.map { " (\($0))" } ?? "")", .yellow) }
        return .init(cron ?? "")
    }

    private static let showPipeline = client(
        "show", "Shows a pipeline as it is declared", operands: "PIPELINE",
        examples: ["sluice pipelines show travel.reviews"]
    ) { arguments, client in
        let pipeline = try client.get(path(arguments))
        if arguments.has(.json) { return try Output.write(pipeline) }
        var fields = FieldList()
        for name in ["address", "description", "runAs"] { fields.add(name, pipeline[name]) }
        fields.add("schedule", schedule(pipeline).text)
        fields.add("time zone", pipeline["schedule"]?["timeZone"])
        for step in pipeline["steps"]?.arrayValue ?? [] {
            let (from, to) = (step["ingest"]?["from"], step["ingest"]?["to"])
            let source = [from?["connection"], from?["path"] ?? from?["table"]].compactMap { $0?.stringValue }
            fields.add(
                "step \(step["name"]?.stringValue ?? "")",
                "\(source.joined(separator: " ")) -> \(to?["dataset"]?.stringValue ?? "") (\(to?["mode"]?.stringValue ?? ""))"
            )
        }
        try Output.write(fields.text(on: Output.terminal))
    }

    private static let pausePipeline = client(
        "pause", "Keeps a pipeline's schedule from starting runs", operands: "PIPELINE",
        examples: ["sluice pipelines pause travel.reviews"]
    ) { arguments, client in try switchPipeline(arguments, client, "pause", "is paused") }

    private static let resumePipeline = client(
        "resume", "Lets a pipeline's schedule start runs again, from now on", operands: "PIPELINE",
        examples: ["sluice pipelines resume travel.reviews"]
    ) { arguments, client in try switchPipeline(arguments, client, "resume", "runs on its schedule again") }

    private static func switchPipeline(
        _ arguments: Arguments, _ client: APIClient, _ word: String, _ outcome: String
    ) throws {
        let pipeline = try client.post("\(path(arguments))/\(word)")
        if arguments.has(.json) { return try Output.write(pipeline) }
        try Output.write("\(arguments.operands[0]) \(outcome).\n")
    }

    private static let nextRuns = client(
        "next", "Shows when a pipeline's schedule fires next, in UTC", operands: "PIPELINE", options: [countOption],
        examples: ["sluice pipelines next travel.reviews --count 3"]
    ) { arguments, client in
        let count = try arguments.integer(countOption, minimum: 1) ?? 10
        let answer = try client.get("\(path(arguments))/next-runs?count=\(count)")
        if arguments.has(.json) { return try Output.write(answer) }
        let times = answer["items"]?.arrayValue ?? []
        if times.isEmpty { Output.note("\(arguments.operands[0]) has no schedule, or is paused.") }
        for time in times { try Output.write("\(Wording.time(time))\n") }
    }

    private static func path(_ arguments: Arguments) -> String {
        "/pipelines/\(APIPath.segment(arguments.operands[0]))"
    }
}
