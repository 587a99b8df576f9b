/// Why a text is not the SQL that was asked for. Quotes only the text itself, so it may be shown to its author.
public struct SQLSyntaxError: Error, Sendable, Equatable {
    public enum Code: String, Sendable {
        /// Postgres's grammar does not accept the text.
        case syntax = "syntax_error"
        /// Valid SQL, but not exactly one statement that only reads.
        case notARead = "not_a_read"
        /// Longer than the caller allows.
        case tooLong = "sql_too_long"
        /// Nested deeper, or of more tokens, than is parsed.
        case tooComplex = "sql_too_complex"
    }

    public var code: Code
    public var message: String
    /// Where, in characters (Unicode scalars) from 1, as Postgres counts them; `nil` when no single place is to blame.
    public var position: Int?

    public init(_ code: Code, _ message: String, position: Int? = nil) {
        self.code = code
        self.message = message
        self.position = position
    }
}

extension SQLSyntaxError: CustomStringConvertible {
    public var description: String {
        "\(code.rawValue): \(message)" + (position.map { " at character \($0)" } ?? "")
    }
}

extension SQLSyntaxError {
    /// Refuses a zero byte, which would end the text early for libpg_query and not for anybody else.
    static func refuseZeroBytes(in text: String) throws(SQLSyntaxError) {
        guard let zero = text.utf8.firstIndex(of: 0) else { return }
        throw SQLSyntaxError(
            .syntax, "a zero byte is not allowed in SQL", position: text.unicodeScalars[..<zero].count + 1)
    }

    /// The position of a byte offset of `text` in the unit of ``position``.
    package static func position(ofByte offset: Int, in text: String) -> Int {
        String(decoding: Array(text.utf8.prefix(offset)), as: UTF8.self).unicodeScalars.count + 1
    }
}
