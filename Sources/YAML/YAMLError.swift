/// Why a text is no acceptable YAML, and where.
public struct YAMLError: Error, Sendable, Hashable {
    public enum Code: String, Sendable {
        case syntax, duplicateKey, notAllowed, tooDeep, tooLarge
    }

    public var code: Code
    /// What is wrong, for people.
    public var message: String
    public var position: YAMLPosition

    public init(_ code: Code, _ message: String, at position: YAMLPosition) {
        self.code = code
        self.message = message
        self.position = position
    }
}

extension YAMLError: CustomStringConvertible {
    public var description: String { "\(message) (\(position))" }
}
