/// The texts of `--help`.
enum Help {
    /// What `sluice` alone says: what it is, how to begin, and every command.
    static func overview(_ root: Command) -> String {
        let shown = root.shownSubcommands
        let groups = Command.Group.allCases.map { group in
            "\(group.rawValue):\n" + list(shown.filter { $0.group == group })
        }
        return """
            Sluice is a self-service data platform on Postgres: bring data in, describe it, protect it, serve it.
            One program, one Postgres; whoever reads sees the rows and values that the policy allows.

            The first three things to do:
              sluice serve                                       start the platform here; leave it running
              export SLUICE_TOKEN=$(cat .sluice/admin-token)     elsewhere: speak to it as its administrator
              sluice apply -f examples/travel-extras             declare something; then sluice datasets shows it

            When one of them fails, sluice doctor says why and what to do.

            Usage: sluice COMMAND [OPTION…]

            \(groups.joined(separator: "\n"))
            sluice COMMAND --help shows its options and examples. Whom a command talks to: --url or SLUICE_URL
            (http://127.0.0.1:8080), as SLUICE_TOKEN or --token-file. --json answers in JSON.

            """
    }

    static func text(of command: Command) -> String {
        if command.parents.isEmpty { return overview(command) }
        var text = usage(of: command) + "\n\(command.summary).\n"
        if let details = command.details { text += "\n\(details)\n" }
        if !command.subcommands.isEmpty {
            text += "\nCommands (\(command.subcommands[0].name) when none is named):\n"
            text += list(command.shownSubcommands)
        }
        text += "\nOptions:\n" + options(of: command)
        if !command.examples.isEmpty { text += "\nExamples:\n" + command.examples.map { "  \($0)\n" }.joined() }
        return text
    }

    private static func usage(of command: Command) -> String {
        let operands = command.operands.map { " \($0)" } ?? ""
        let own = "\(command.fullName) [OPTION…]\(operands)\n"
        guard !command.subcommands.isEmpty else { return "Usage: \(own)" }
        return "Usage: \(command.fullName) COMMAND [OPTION…]\n"
    }

    private static func list(_ commands: [Command]) -> String {
        let width = commands.map(\.name.count).max() ?? 0
        return commands.map { "  \(padded($0.name, to: max(12, width)))  \($0.summary)\n" }.joined()
    }

    private static func options(of command: Command) -> String {
        let shown = command.allOptions.filter { !$0.isHidden }
        let names = shown.map { option in
            let flags = [option.shortFlag, option.flag].compactMap(\.self).joined(separator: ", ")
            return option.valueName.map { "\(flags) \($0)" } ?? flags
        }
        let width = names.map(\.count).max() ?? 0
        return zip(shown, names).map { option, name in
            var line = "  \(padded(name, to: width))  \(option.help)"
            if let variable = option.variable, option.hasFlag { line += "; \(variable)" }
            if let fallback = option.fallback { line += " (\(fallback))" }
            return line + "\n"
        }.joined()
    }

    private static func padded(_ text: String, to width: Int) -> String {
        text + String(repeating: " ", count: max(0, width - text.count))
    }
}
