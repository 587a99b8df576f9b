/// The texts of `--help`.
enum Help {
    static func overview(_ commands: [Command]) -> String {
        let shown = commands.filter { !$0.isHidden }
        let width = shown.map(\.name.count).max() ?? 0
        return "Usage: sluice COMMAND [OPTION…]\n\n"
            + shown.map { "  \(padded($0.name, to: width))  \($0.summary)\n" }.joined()
            + "\nsluice COMMAND --help shows the options of one.\n"
    }

    static func text(of command: Command) -> String {
        let shown = command.allOptions.filter { !$0.isHidden }
        let names = shown.map { option in
            let flags = [option.shortFlag, option.flag].compactMap(\.self).joined(separator: ", ")
            return option.valueName.map { "\(flags) \($0)" } ?? flags
        }
        let width = names.map(\.count).max() ?? 0
        var text = "Usage: sluice \(command.name) [OPTION…]\(command.operands.map { " \($0)" } ?? "")\n\n"
        text += "\(command.summary).\n\n"
        for (option, name) in zip(shown, names) {
            text += "  \(padded(name, to: width))  \(option.help)"
            if let variable = option.variable { text += "; \(variable)" }
            if let fallback = option.fallback { text += " (\(fallback))" }
            text += "\n"
        }
        if !command.examples.isEmpty { text += "\nExamples:\n" + command.examples.map { "  \($0)\n" }.joined() }
        return text
    }

    private static func padded(_ text: String, to width: Int) -> String {
        text + String(repeating: " ", count: max(0, width - text.count))
    }
}
