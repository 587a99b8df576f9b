import Testing

@testable import sluice

@Suite struct CommandTreeTests {
    /// Every command that help shows, nouns and what is below them.
    static let commands: [Command] = {
        func below(_ command: Command) -> [Command] { [command] + command.shownSubcommands.flatMap(below) }
        return Command.root.shownSubcommands.flatMap(below)
    }()

    @Test(arguments: commands.map(\.fullName))
    func everyCommandHasExamplesThatAreUnderstood(_ name: String) throws {
        let command = try #require(Self.commands.first { $0.fullName == name })
        var shown: [String] = []
        for example in command.examples {
            // What is before or after the program is the shell's.
            guard let words = ShellWords.sluice(in: example) else {
                Issue.record("\(example): names no command")
                continue
            }
            let (found, rest) = try Command.root.find(words[...])
            let arguments = try Arguments(rest, for: found, environment: [:])
            try Operands.check(arguments.operands, of: found)
            shown.append(found.fullName)
        }
        let isNoun = !command.subcommands.isEmpty
        #expect(shown.contains { $0 == name || isNoun && $0.hasPrefix("\(name) ") }, "\(shown)")
    }

    @Test func namesAndFlagsAreNotGivenTwice() {
        for command in [Command.root] + Self.commands {
            let names = command.subcommands.flatMap { [$0.name] + $0.aliases }
            #expect(Set(names).count == names.count, "\(command.fullName): \(names)")
            let flags = command.allOptions.flatMap { [$0.flag, $0.shortFlag].compactMap(\.self) }
            #expect(Set(flags).count == flags.count, "\(command.fullName): \(flags)")
        }
    }

    @Test func aSecretIsHelpedWithAndNotCompleted() throws {
        let serve = try #require(Self.commands.first { $0.name == "serve" })
        #expect(Help.text(of: serve).contains("\n  SLUICE_ADMIN_TOKEN TOKEN "))
        let given = try Arguments([], for: serve, environment: ["SLUICE_ADMIN_TOKEN": "slt_x"])
        #expect(try ServeSettings(given).administratorToken == "slt_x")
        let none = try Arguments([], for: serve, environment: ["SLUICE_ADMIN_TOKEN": ""])
        #expect(try ServeSettings(none).administratorToken == nil)
        let withoutFlag = Completion.entries(of: .root).flatMap(\.options).filter { !$0.hasFlag }
        #expect(withoutFlag.map(\.flag) == [])
    }

    @Test func everyCommandIsInTheOverviewAndEveryGroupHasSome() {
        let overview = Help.overview(.root)
        for command in Command.root.shownSubcommands { #expect(overview.contains("\n  \(command.name) ")) }
        for group in Command.Group.allCases { #expect(overview.contains("\n\(group.rawValue):\n  ")) }
        for command in Command.root.subcommands where command.isHidden {
            #expect(!overview.contains("\n  \(command.name) "))
        }
    }

    @Test func whatFitsATerminalOf120ColumnsIsNotBroken() {
        for command in [Command.root] + Self.commands {
            let long = Help.text(of: command).split(separator: "\n").filter { $0.count > 140 }
            #expect(long.isEmpty, "\(command.fullName): \(long)")
        }
    }

    struct Slip: Sendable, CustomTestStringConvertible {
        var words: [String]
        var hint: String
        var testDescription: String { words.joined(separator: " ") }
    }

    @Test(arguments: [
        Slip(words: ["qurey"], hint: "Did you mean sluice query?"),
        Slip(words: ["token", "craete"], hint: "Did you mean sluice token create?"),
        Slip(words: ["runs", "shwo", "5"], hint: "Did you mean sluice runs show?"),
        Slip(words: ["frobnicate"], hint: "sluice --help lists them."),
        Slip(words: ["grant", "frobnicate"], hint: "sluice grant --help lists them."),
        Slip(words: ["query", "--fromat", "csv"], hint: "Did you mean --format?"),
        Slip(words: ["query", "--format", "cvs", "x"], hint: "Did you mean csv?"),
        Slip(words: ["grant", "add", "user:a", "selct", "on", "platform"], hint: "Did you mean select?"),
        Slip(words: ["grant", "add", "user:a", "select", "of", "platform"], hint: "Did you mean on?"),
        Slip(words: ["completion", "bsh"], hint: "Did you mean bash?"),
        Slip(words: ["load", "travel.x"], hint: "For example: sluice load travel.bookings bookings.csv"),
        Slip(words: ["describe", "a.b", "c.d"], hint: "For example: sluice describe travel.bookings"),
        Slip(words: ["run"], hint: "For example: sluice run travel.reviews"),
    ])
    func aSlipIsMetWithWhatWasMeant(_ slip: Slip) throws {
        let error = #expect(throws: UsageError.self) {
            let (command, rest) = try Command.root.find(slip.words[...])
            let arguments = try Arguments(rest, for: command, environment: [:])
            try Operands.check(arguments.operands, of: command)
        }
        #expect(error?.hint == slip.hint)
    }

    @Test func aNounAloneListsAndTakesTheListsOptions() throws {
        let (command, rest) = try Command.root.find(["runs", "--state", "failed"])
        #expect(command.fullName == "sluice runs")
        #expect(try Arguments(rest, for: command, environment: [:])[command.options[1]] == "failed")
        #expect(try Command.root.find(["tokens", "list"]).command.fullName == "sluice token list")
    }

    @Test func operandsAreReadFromWhatTheHelpShows() {
        let fixed = Operands("DATASET FILE")
        #expect(fixed.minimum == 2 && fixed.maximum == 2 && fixed.words.allSatisfy { $0.choices.isEmpty })
        let open = Operands("ID…")
        #expect(open.minimum == 1 && open.maximum == nil)
        #expect(Operands("[COMMAND…]").minimum == 0)
        #expect(Operands(nil).maximum == 0)
        #expect(
            Operands("SUBJECT describe|select on SCOPE").words.map(\.choices) == [
                [], ["describe", "select"], ["on"], [],
            ])
    }
}

/// As much of a shell's grammar as the examples of commands need.
enum ShellWords {
    /// The words after `sluice` in a command line; `nil` when it has none.
    static func sluice(in line: String) -> [String]? {
        let words = split(line)
        guard let start = words.lastIndex(where: { $0 == "sluice" || $0.hasSuffix("(sluice") }) else { return nil }
        return words[(start + 1)...].prefix { !["|", ">", "<"].contains($0) }.map { word in
            word.hasSuffix(")") ? String(word.dropLast()) : word
        }
    }

    private static func split(_ line: String) -> [String] {
        var words: [String] = []
        var word: String?
        var isQuoted = false
        for character in line {
            if character == "\"" {
                isQuoted.toggle()
                word = word ?? ""
            } else if character == " ", !isQuoted {
                if let word { words.append(word) }
                word = nil
            } else {
                word = (word ?? "") + String(character)
            }
        }
        return words + [word].compactMap(\.self)
    }
}
