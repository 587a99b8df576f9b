internal import JSON

/// What may follow a command's options, read from the text that its help shows.
struct Operands: Sendable, Equatable {
    struct Word: Sendable, Equatable {
        /// `DATASET`
        var name: String
        /// The words it must be one of; empty: any.
        var choices: [String]
    }

    var words: [Word] = []
    var minimum = 0
    /// `nil`: no bound.
    var maximum: Int? = 0

    init(_ text: String?) {
        for part in (text ?? "").split(separator: " ") {
            let isOptional = part.hasPrefix("[")
            let isRepeated = part.contains("…")
            let name = String(part.filter { !"[]…".contains($0) })
            let isLiteral = name.contains("|") || name == name.lowercased()
            words.append(Word(name: name, choices: isLiteral ? name.split(separator: "|").map(String.init) : []))
            if !isOptional { minimum += 1 }
            maximum = isRepeated ? nil : maximum.map { $0 + 1 }
        }
    }

    /// Refuses too few operands, too many, and one that is not among its choices.
    static func check(_ operands: [String], of command: Command) throws(UsageError) {
        let expected = Operands(command.operands)
        let example = command.operandHint ?? command.examples.first.map { "For example: \($0)" }
        let hint = example ?? "\(command.fullName) --help shows its options."
        guard operands.count >= expected.minimum else {
            throw UsageError(message: "\(command.fullName) needs \(command.operands ?? "")", hint: hint)
        }
        if let maximum = expected.maximum, operands.count > maximum {
            let surplus = operands[maximum].debugDescription
            throw UsageError(
                message: maximum == 0
                    ? "\(command.fullName) takes no operand, but was given \(surplus)"
                    : "\(command.fullName) takes \(command.operands ?? ""), but was also given \(surplus)", hint: hint)
        }
        for (operand, word) in zip(operands, expected.words) where !word.choices.isEmpty {
            guard !word.choices.contains(operand) else { continue }
            throw UsageError.notAmong(word.choices, operand, "\(command.fullName): \(operand.debugDescription)", hint)
        }
    }
}

extension UsageError {
    static func notAmong(_ choices: [String], _ word: String, _ subject: String, _ hint: String) -> UsageError {
        UsageError(
            message:
                "\(subject) is not \(choices.count == 1 ? "the word" : "one of") \(choices.joined(separator: ", "))",
            hint: ClosestName.of(word, among: choices).map { "Did you mean \($0)?" } ?? hint)
    }
}
