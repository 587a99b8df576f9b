/// Why a text is no row filter. Quotes only the text and the names of the dataset's columns.
public struct FilterError: Error, Sendable, Equatable {
    public enum Code: Sendable {
        /// Postgres's grammar does not accept the text.
        case syntax
        /// SQL, but not of the closed grammar of row filters.
        case notAllowed
        case unknownColumn
        /// A literal or column that cannot be compared with the column on the other side.
        case typeMismatch
        /// Over ``FilterExpression/maxBytes`` or ``FilterExpression/maxDepth``.
        case tooLarge
    }

    public var code: Code
    public var message: String
    /// Where, in characters (Unicode scalars) of the text from 1; `nil` when the whole is to blame.
    public var position: Int?

    public init(_ code: Code, _ message: String, position: Int? = nil) {
        self.code = code
        self.message = message
        self.position = position
    }
}

extension FilterError: CustomStringConvertible {
    /// For the author of the text: the words alone, since the code is a name of this program's.
    public var description: String {
        message + (position.map { " (character \($0))" } ?? "")
    }
}
