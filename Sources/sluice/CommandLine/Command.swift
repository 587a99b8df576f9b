/// One word after `sluice`.
struct Command: Sendable {
    var name: String
    /// One line, no full stop.
    var summary: String
    /// What stands after the options, as in `"SELECT …"`; `nil`: nothing may.
    var operands: String?
    /// Beside `--help`, which every command has.
    var options: [CommandOption]
    /// Left out of the list of commands.
    var isHidden = false
    /// Does it and returns the exit status: 0 done, 1 failed.
    var run: @Sendable (Arguments) throws -> Int32

    var allOptions: [CommandOption] { options + [.help] }
}

/// A command line that cannot be understood; exit status 64, as sysexits(3) has it.
struct UsageError: Error, Equatable {
    var message: String
    var hint: String
}
