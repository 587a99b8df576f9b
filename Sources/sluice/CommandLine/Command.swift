internal import JSON

/// One word after `sluice`, or after another command.
struct Command: Sendable {
    /// What it is for, as the overview groups it.
    enum Group: String, Sendable, CaseIterable {
        case run = "Run the platform"
        case protect = "Describe and protect"
        case load = "Load"
        case look = "Look"
    }

    var name: String
    /// Other words for it, which work and are not shown.
    var aliases: [String] = []
    var group = Group.run
    /// One line, no full stop.
    var summary: String
    /// More of it, in whole lines.
    var details: String?
    /// The words that follow, as the help shows them: `DATASET FILE`, `[WORD…]`, `bash|zsh|fish`; `nil`: none may.
    var operands: String?
    /// What to do about operands that are missing or too many; otherwise the first example says it.
    var operandHint: String?
    /// Beside `--help`, which every command has.
    var options: [CommandOption] = []
    /// Whole command lines, shown at the end of the help.
    var examples: [String] = []
    /// Left out of the list of commands.
    var isHidden = false
    /// The first is what the command does when none is named.
    var subcommands: [Command] = []
    /// The words before its name.
    var parents = ["sluice"]
    /// Does it and returns the exit status: 0 done, 1 failed or refused, 3 no server answers.
    var run: @Sendable (Arguments) throws -> Int32

    var allOptions: [CommandOption] { options + [.help] }

    /// As it is written: `sluice token create`.
    var fullName: String { (parents + [name]).joined(separator: " ") }

    var shownSubcommands: [Command] { subcommands.filter { !$0.isHidden } }

    func answers(to word: String) -> Bool { name == word || aliases.contains(word) }

    /// A kind of object, with a command for each thing that is done to it; alone it does the first, which lists them.
    static func noun(
        _ name: String, aliases: [String] = [], group: Group, _ summary: String, _ subcommands: [Command]
    ) -> Command {
        let first = subcommands[0]
        return Command(
            name: name, aliases: aliases, group: group, summary: summary, operands: first.operands,
            options: first.options, examples: subcommands.compactMap(\.examples.first),
            subcommands: subcommands.map { subcommand in
                var subcommand = subcommand
                subcommand.parents = ["sluice", name]
                return subcommand
            }, run: first.run)
    }

    /// Follows words to the command they name.
    ///
    /// - Returns: The command, and the words that are not part of its name.
    func find(_ words: ArraySlice<String>) throws(UsageError) -> (command: Command, rest: ArraySlice<String>) {
        guard !subcommands.isEmpty, let word = words.first, !word.hasPrefix("-") else { return (self, words) }
        guard let next = subcommands.first(where: { $0.answers(to: word) }) else { throw unknownCommand(word) }
        return try next.find(words.dropFirst())
    }

    private func unknownCommand(_ word: String) -> UsageError {
        let known = shownSubcommands.flatMap { [$0.name] + $0.aliases }
        return UsageError(
            message: "\(fullName) has no command \(word.debugDescription)",
            hint: ClosestName.of(word, among: known).map { "Did you mean \(fullName) \($0)?" }
                ?? "\(fullName) --help lists them.")
    }
}

/// A command line that cannot be understood; exit status 2.
struct UsageError: Error, Equatable {
    var message: String
    var hint: String
}
