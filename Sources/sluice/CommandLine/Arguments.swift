internal import JSON

/// What a command line says, once its options are told from its operands.
struct Arguments: Sendable {
    private(set) var operands: [String] = []
    private var values: [String: String] = [:]
    private let environment: [String: String]

    /// Reads the words after the command's name: `--flag value`, `--flag=value`, `-f value`; `--` ends the options.
    init(_ words: some Sequence<String>, for command: Command, environment: [String: String]) throws(UsageError) {
        self.environment = environment
        var words = Array(words)[...]
        while let word = words.popFirst() {
            if word == "--" {
                operands += words
                break
            }
            guard word.hasPrefix("-"), word != "-" else {
                operands.append(word)
                continue
            }
            let parts = word.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
            guard let option = command.allOptions.first(where: { $0.flag == parts[0] || $0.shortFlag == parts[0] })
            else {
                throw UsageError.unknownOption(parts[0], of: command)
            }
            let inline = parts.count == 2 ? parts[1] : nil
            values[option.flag] = try Arguments.value(of: option, inline: inline, words: &words)
        }
        for option in command.allOptions where !option.choices.isEmpty {
            guard let value = values[option.flag], !option.choices.contains(value) else { continue }
            throw UsageError.notAmong(
                option.choices, value, "\(option.flag) \(value)",
                "Write \(option.flag) \(option.choices.joined(separator: " or "))")
        }
    }

    private static func value(
        of option: CommandOption, inline: String?, words: inout ArraySlice<String>
    ) throws(UsageError) -> String {
        guard let valueName = option.valueName else {
            guard inline == nil else {
                throw UsageError(message: "\(option.flag) takes no value", hint: "Write just \(option.flag).")
            }
            return ""
        }
        if let inline { return inline }
        guard let next = words.popFirst() else {
            throw UsageError(message: "\(option.flag) needs a value", hint: "Write \(option.flag) \(valueName).")
        }
        return next
    }

    /// The value from the command line, else from the environment, else the default.
    subscript(option: CommandOption) -> String? {
        values[option.flag] ?? option.variable.flatMap { environment[$0] } ?? option.fallback
    }

    /// The names of all environment variables.
    var variables: [String] { Array(environment.keys) }

    func variable(_ name: String) -> String? { environment[name] }

    /// Whether a switch is on.
    func has(_ option: CommandOption) -> Bool { values[option.flag] != nil }

    /// The value as a whole number of at least `minimum`.
    func integer(_ option: CommandOption, minimum: Int = 0) throws(UsageError) -> Int? {
        guard let text = self[option] else { return nil }
        guard let number = Int(text), number >= minimum else {
            throw UsageError(
                message: "\(option.flag) is \(text.debugDescription), it must be a whole number of at least \(minimum)",
                hint: "Write \(option.flag) \(option.fallback ?? "\(minimum)")"
                    + (option.variable.map { " or set \($0)." } ?? "."))
        }
        return number
    }
}

extension UsageError {
    static func unknownOption(_ flag: String, of command: Command) -> UsageError {
        let known = command.allOptions.filter { $0.hasFlag && !$0.isHidden }.map(\.flag)
        let hint = ClosestName.of(flag, among: known).map { "Did you mean \($0)?" }
        return UsageError(
            message: "\(command.fullName) has no option \(flag)",
            hint: hint ?? "\(command.fullName) --help shows its options.")
    }
}
