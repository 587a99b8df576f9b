extension SQL: ExpressibleByStringInterpolation {
    public init(stringLiteral value: String) {
        self.init(unsafe: value)
    }

    public init(stringInterpolation: StringInterpolation) {
        self = stringInterpolation.sql
    }

    public struct StringInterpolation: StringInterpolationProtocol {
        var sql = SQL()

        public init(literalCapacity: Int, interpolationCount: Int) {}

        public mutating func appendLiteral(_ literal: String) {
            sql.append(literal: literal)
        }

        /// Binds `value` as the next `$n`.
        public mutating func appendInterpolation(_ value: some PostgresEncodable) {
            sql.append(SQLParameter(value))
        }

        /// Binds `value` as the next `$n`; `nil` is `NULL`.
        public mutating func appendInterpolation<Value: PostgresEncodable>(_ value: Value?) {
            sql.append(SQLParameter(value))
        }

        /// Binds a value whose type is known at run time only.
        public mutating func appendInterpolation(_ parameter: SQLParameter) {
            sql.append(parameter)
        }

        /// Places `name` as one quoted identifier.
        public mutating func appendInterpolation(identifier name: String) {
            sql.append(literal: SQL.quoted(identifier: name))
        }

        /// Places `schema.name`, each quoted.
        public mutating func appendInterpolation(identifier schema: String, _ name: String) {
            sql.append(literal: SQL.quoted(identifier: schema) + "." + SQL.quoted(identifier: name))
        }

        /// Places a piece of SQL; its parameters are bound too.
        public mutating func appendInterpolation(raw piece: SQL) {
            sql.append(piece)
        }
    }

    /// `name` between double quotes, with those inside doubled. Postgres cuts identifiers after 63 bytes.
    public static func quoted(identifier name: String) -> String {
        quoted(name, mark: "\"")
    }

    /// `text` as a string constant, for statements that take no parameters (DDL, `SET`).
    ///
    /// Safe whatever `standard_conforming_strings` says: a backslash switches to the `E''` form.
    public static func quoted(literal text: String) -> String {
        guard text.utf8.contains(UInt8(ascii: "\\")) else { return quoted(text, mark: "'") }
        var escaped = ""
        for character in text.unicodeScalars {
            if character == "\\" { escaped.unicodeScalars.append(character) }
            escaped.unicodeScalars.append(character)
        }
        return " E" + quoted(escaped, mark: "'")
    }

    private static func quoted(_ text: String, mark: Unicode.Scalar) -> String {
        var quoted = String(mark)
        for scalar in text.unicodeScalars {
            if scalar == mark { quoted.unicodeScalars.append(mark) }
            quoted.unicodeScalars.append(scalar)
        }
        quoted.unicodeScalars.append(mark)
        return quoted
    }
}
