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
    var fallback: String?
    var help: String
    /// Left out of the help: for processes of Sluice's own.
    var isHidden = false

    static func setting(
        _ flag: String, _ variable: String, _ valueName: String, fallback: String? = nil, _ help: String
    ) -> CommandOption {
        CommandOption(flag: flag, variable: variable, valueName: valueName, fallback: fallback, help: help)
    }

    static func `switch`(_ flag: String, _ help: String) -> CommandOption { CommandOption(flag: flag, help: help) }

    static let help = CommandOption.switch("--help", "Shows this help")
    static let json = CommandOption.switch("--json", "Answers in JSON")
}
