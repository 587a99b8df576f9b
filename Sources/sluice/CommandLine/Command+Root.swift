extension Command {
    private static let versionOption = CommandOption.switch("--version", "Shows the program's version")

    /// `sluice` itself: every command is below it.
    static let root: Command = Command(
        name: "sluice", summary: "A self-service data platform on Postgres", options: [versionOption],
        subcommands: [
            serve, worker, migrate, doctor, completion, version, help,
            plan, apply, test, token, grant, request, explain, audit,
            classify, classification,
            load, run, pipelines, runs, logs, quarantine,
            query, datasets, describe, search, whoami, workers,
            supervise, job,
        ], parents: []
    ) { arguments in
        Commands.write(arguments.has(versionOption) ? text(json: false) : Help.overview(root), to: 1)
        return 0
    }

    static let help: Command = Command(
        name: "help", summary: "Shows the help of a command", operands: "[COMMAND…]",
        examples: ["sluice help", "sluice help token create"]
    ) { arguments in
        let (command, rest) = try root.find(arguments.operands[...])
        if let word = rest.first {
            throw UsageError(
                message: "\(command.fullName) has no command \(word.debugDescription)",
                hint: "\(command.fullName) --help shows what it takes.")
        }
        Commands.write(Help.text(of: command), to: 1)
        return 0
    }
}
