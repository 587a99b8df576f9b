/// Scripts that complete command lines in a shell, made from the commands themselves.
///
/// Each holds a table of the words that may come next, by the command typed so far; files are completed where a value or
/// an operand is one.
enum Completion {
    enum Shell: String, CaseIterable { case bash, zsh, fish }

    /// What may follow one command.
    struct Entry: Equatable {
        /// `sluice token`
        var command: String
        var subcommands: [Command]
        var options: [CommandOption]
        var operands: [Operands.Word]

        static func == (left: Entry, right: Entry) -> Bool { left.command == right.command }

        /// The first words that an operand of the command may be.
        var choices: [String] { operands.flatMap(\.choices) }
        var takesFiles: Bool { operands.contains { Completion.isFile($0.name) } }
    }

    static func script(for shell: Shell, of root: Command) -> String {
        switch shell {
        case .bash: bash(entries(of: root))
        case .zsh: zsh(entries(of: root))
        case .fish: fish(entries(of: root))
        }
    }

    /// Of a command and all below it.
    static func entries(of command: Command) -> [Entry] {
        let entry = Entry(
            command: command.fullName, subcommands: command.shownSubcommands,
            options: command.allOptions.filter { $0.hasFlag && !$0.isHidden },
            operands: Operands(command.operands).words)
        return [entry] + command.shownSubcommands.flatMap(entries)
    }

    static func isFile(_ name: String?) -> Bool { ["FILE", "PATH", "DIR", "DIRS"].contains(name) }

    /// Between single quotes, for any of the three shells.
    static func quoted(_ text: String, for shell: Shell) -> String {
        let inside = text.map { character -> String in
            switch (character, shell) {
            case ("'", .fish): "\\'"
            case ("\\", .fish): "\\\\"
            case ("'", _): "'\\''"
            default: String(character)
            }
        }
        return "'\(inside.joined())'"
    }
}

extension Command {
    static let completion: Command = Command(
        name: "completion", summary: "Prints a script that completes command lines in a shell",
        operands: Completion.Shell.allCases.map(\.rawValue).joined(separator: "|"),
        examples: [
            "source <(sluice completion bash)",
            "sluice completion zsh > \"${fpath[1]}/_sluice\"",
            "sluice completion fish > ~/.config/fish/completions/sluice.fish",
        ]
    ) { arguments in
        let shell = arguments.operands.first.flatMap(Completion.Shell.init)
        Commands.write(shell.map { Completion.script(for: $0, of: root) } ?? "", to: 1)
        return 0
    }
}
