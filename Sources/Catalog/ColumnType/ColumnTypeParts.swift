/// The pieces of a type's spelling: `timestamp (3) with time zone []` is a name, arguments and an array mark.
struct ColumnTypeParts {
    /// All words in lower case, one space between them.
    private(set) var name: String
    private(set) var arguments: [Int] = []
    private(set) var isArray = false

    /// Longer texts are no type's name.
    private static let maxBytes = 100

    init(_ text: String) throws(ColumnTypeError) {
        guard text.utf8.count <= Self.maxBytes else { throw ColumnTypeError("is too long for a type's name") }
        var tokens = Self.tokens(text)[...]
        var words = Self.takeWords(&tokens)
        guard !words.isEmpty else { throw ColumnTypeError("must begin with a type's name") }
        if tokens.first == "(" {
            arguments = try Self.takeArguments(&tokens)
            let rest = Self.takeWords(&tokens)
            guard rest.isEmpty || words == ["timestamp"] || words == ["time"], words.last != "zone" else {
                throw ColumnTypeError("has (…) in the wrong place")
            }
            words += rest
        }
        name = words.joined(separator: " ")
        if tokens.starts(with: ["[", "]"]) {
            isArray = true
            tokens.removeFirst(2)
            if tokens.first == "[" { throw ColumnTypeError("has more than one dimension; arrays have one") }
        }
        if let extra = tokens.first { throw ColumnTypeError("has an unexpected \"\(extra)\"") }
    }

    private static func tokens(_ text: String) -> [String] {
        var tokens: [String] = []
        var isInWord = false
        for scalar in text.unicodeScalars {
            switch scalar {
            case " ", "\t", "\n", "\r": isInWord = false
            case "a"..."z", "A"..."Z", "0"..."9", "_", "-", "+":
                if isInWord {
                    tokens[tokens.count - 1].append(lowercased(scalar))
                } else {
                    tokens.append(lowercased(scalar))
                }
                isInWord = true
            default:
                tokens.append(String(scalar))
                isInWord = false
            }
        }
        return tokens
    }

    private static func lowercased(_ scalar: Unicode.Scalar) -> String { String(scalar).lowercased() }

    private static func takeWords(_ tokens: inout ArraySlice<String>) -> [String] {
        let words = Array(tokens.prefix { $0.first.map { $0.isASCII && $0.isLetter } ?? false })
        tokens = tokens.dropFirst(words.count)
        return words
    }

    private static func takeArguments(_ tokens: inout ArraySlice<String>) throws(ColumnTypeError) -> [Int] {
        var arguments: [Int] = []
        repeat {
            tokens.removeFirst()
            guard let text = tokens.popFirst(), let number = Int(text) else {
                throw ColumnTypeError("needs a number in its parentheses")
            }
            arguments.append(number)
        } while tokens.first == ","
        guard tokens.popFirst() == ")" else { throw ColumnTypeError("has unclosed parentheses") }
        return arguments
    }

    /// Takes the one argument a type may have.
    mutating func takeArgument(_ range: ClosedRange<Int>, _ what: String) throws(ColumnTypeError) -> Int? {
        guard let argument = arguments.first else { return nil }
        guard arguments.count == 1 else { throw ColumnTypeError("takes one number in parentheses") }
        guard range.contains(argument) else {
            throw ColumnTypeError("needs a \(what) between \(range.lowerBound) and \(range.upperBound)")
        }
        arguments = []
        return argument
    }

    mutating func takeSecondsPrecision() throws(ColumnTypeError) -> Int? { try takeArgument(0...6, "precision") }

    mutating func takeNumericPrecision() throws(ColumnTypeError) -> ColumnType.NumericPrecision? {
        guard arguments.count == 2 else {
            return try takeArgument(1...1000, "precision").map { .init(precision: $0, scale: 0) }
        }
        guard (1...1000).contains(arguments[0]) else {
            throw ColumnTypeError("needs a precision between 1 and 1000")
        }
        guard (-1000...1000).contains(arguments[1]) else {
            throw ColumnTypeError("needs a scale between -1000 and 1000")
        }
        defer { arguments = [] }
        return .init(precision: arguments[0], scale: arguments[1])
    }
}
