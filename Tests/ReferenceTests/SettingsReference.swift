@testable import sluice

/// Every setting of a command that reads the environment, with what stands in for it.
enum SettingsReference {
    static var table: MarkdownTable {
        var table = MarkdownTable(head: ["flag", "variable", "default", "commands", "what it is"])
        for option in settings {
            let value = option.valueName.map { " \($0)" } ?? ""
            table.rows.append([
                option.hasFlag ? MarkdownTable.code(option.flag + value) : "", MarkdownTable.code(option.variable),
                MarkdownTable.code(option.fallback), commands(with: option), option.help,
            ])
        }
        return table
    }

    private static let shown = Command.root.shownSubcommands

    /// In the order of the commands, each once: those of `serve` and `worker`, and whatever has a variable.
    private static var settings: [CommandOption] {
        var found: [CommandOption] = []
        for command in shown {
            for option in command.options where !option.isHidden && !found.contains(where: { $0.flag == option.flag }) {
                if option.variable != nil || ["serve", "worker"].contains(command.name) { found.append(option) }
            }
        }
        return found + [ServerAccess.tokenOption]
    }

    private static func commands(with option: CommandOption) -> String {
        if (ServerAccess.options + [ServerAccess.tokenOption]).contains(where: { $0.flag == option.flag }) {
            return "all that talk to a server"
        }
        return shown.filter { command in command.options.contains { $0.flag == option.flag && !$0.isHidden } }
            .map(\.name).joined(separator: ", ")
    }
}
