/// One option of a command line, with the environment variable and the default that stand in for it.
struct CommandOption: Sendable {
    /// With its dashes: `--data-dir`.
    var flag: String
    /// One letter with its dash: `-f`.
    var shortFlag: String?
    /// Read when the flag is absent; an empty value counts as given.
    var variable: String?
    /// What the value is called in the help; `nil`: a switch, without a value.
    var valueName: String?
    /// The values it may have; empty: any.
    var choices: [String] = []
    var fallback: String?
    var help: String
    /// Left out of the help: for processes of Sluice's own.
    var isHidden = false

    static func setting(
        _ flag: String, _ variable: String, _ valueName: String, fallback: String? = nil, _ help: String
    ) -> CommandOption {
        CommandOption(flag: flag, variable: variable, valueName: valueName, fallback: fallback, help: help)
    }

    /// A secret: without a flag, since command lines show in lists of processes. It is known by its variable's name.
    static func secret(_ variable: String, _ valueName: String, _ help: String) -> CommandOption {
        CommandOption(flag: variable, variable: variable, valueName: valueName, help: help)
    }

    /// Whether it can stand on a command line.
    var hasFlag: Bool { flag.hasPrefix("-") }

    static func `switch`(_ flag: String, short: String? = nil, _ help: String) -> CommandOption {
        CommandOption(flag: flag, shortFlag: short, help: help)
    }

    static func value(_ flag: String, _ valueName: String, _ help: String) -> CommandOption {
        CommandOption(flag: flag, valueName: valueName, help: help)
    }

    /// One of a few words, which the help lists.
    static func choice(_ flag: String, _ choices: [String], _ help: String) -> CommandOption {
        CommandOption(flag: flag, valueName: choices.joined(separator: "|"), choices: choices, help: help)
    }

    static let help = CommandOption.switch("--help", short: "-h", "Shows this help")
    static let json = CommandOption.switch("--json", "Answers in JSON")
}
