/// One word after `sluice`.
struct Command: Sendable {
    var name: String
    /// One line, no full stop.
    var summary: String
    /// What stands after the options, as in `"SELECT …"`; `nil`: nothing may.
    var operands: String?
    /// Beside `--help`, which every command has.
    var options: [CommandOption]
    /// Whole command lines, shown at the end of the help.
    var examples: [String] = []
    /// Left out of the list of commands.
    var isHidden = false
    /// Does it and returns the exit status: 0 done, 1 failed or refused, 3 no server answers.
    var run: @Sendable (Arguments) throws -> Int32

    var allOptions: [CommandOption] { options + [.help] }
}

/// A command line that cannot be understood; exit status 2.
struct UsageError: Error, Equatable {
    var message: String
    var hint: String
}
