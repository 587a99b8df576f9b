/// One statement's text with `$n` placeholders, and the values bound to them.
///
/// Interpolating a value binds it; only `\(identifier:)` and `\(raw:)` place text:
///
///     let sql: SQL = "SELECT id FROM dataset WHERE owner = \(team) AND id > \(cursor)"
public struct SQL: Sendable {
    /// The statement as Postgres receives it.
    public private(set) var text: String
    /// Values of `$1`, `$2`, … in order.
    public private(set) var parameters: [SQLParameter]
    /// UTF-8 offset in `text` of each parameter's `$`. Empty for text that numbered its own placeholders.
    private var placeholders: [Int]

    public init() {
        text = ""
        parameters = []
        placeholders = []
    }

    /// Takes `text` as it stands: nothing is quoted or checked.
    ///
    /// With parameters, the text numbers its own placeholders, so it can only come first in a concatenation.
    public init(unsafe text: String, parameters: [any PostgresEncodable] = []) {
        self.text = text
        self.parameters = parameters.map { SQLParameter($0) }
        placeholders = []
    }

    mutating func append(literal: String) {
        text += literal
    }

    mutating func append(_ parameter: SQLParameter) {
        parameters.append(parameter)
        placeholders.append(text.utf8.count)
        text += "$\(parameters.count)"
    }

    /// Appends `other`, whose placeholders are numbered on from this one's.
    public mutating func append(_ other: SQL) {
        if parameters.isEmpty || other.parameters.isEmpty {
            let base = text.utf8.count
            text += other.text
            placeholders += other.placeholders.map { $0 + base }
            parameters += other.parameters
            return
        }
        precondition(
            other.placeholders.count == other.parameters.count,
            "SQL(unsafe:parameters:) numbers its own placeholders and can only come first")
        var rest = other.text[...]
        var consumed = 0
        for (index, placeholder) in other.placeholders.enumerated() {
            let dollar = rest.utf8.index(rest.startIndex, offsetBy: placeholder - consumed)
            append(literal: String(rest[..<dollar]))
            append(other.parameters[index])
            let written = 1 + String(index + 1).utf8.count
            rest = rest[rest.utf8.index(dollar, offsetBy: written)...]
            consumed = placeholder + written
        }
        append(literal: String(rest))
    }

    /// Both texts, one after the other; placeholders of the right one are numbered anew.
    public static func + (left: SQL, right: SQL) -> SQL {
        var sum = left
        sum.append(right)
        return sum
    }

    /// Appends a text; its placeholders are numbered anew.
    public static func += (left: inout SQL, right: SQL) {
        left.append(right)
    }
}

/// A value as it goes over the wire: text format, with the type Postgres shall take it for.
public struct SQLParameter: Sendable, Hashable {
    /// Object id of the type; 0 leaves it to Postgres, as for a quoted literal.
    public var typeOID: UInt32
    /// The value in Postgres's text format; `nil` is `NULL`.
    public var text: String?

    public init(typeOID: UInt32, text: String?) {
        self.typeOID = typeOID
        self.text = text
    }

    public init<Value: PostgresEncodable>(_ value: Value) {
        self.init(typeOID: Value.postgresTypeOID, text: value.postgresText)
    }
}

extension Sequence<SQL> {
    /// The statements' pieces with `separator` between them.
    public func joined(separator: SQL) -> SQL {
        var all = SQL()
        for (index, piece) in enumerated() {
            if index > 0 { all.append(separator) }
            all.append(piece)
        }
        return all
    }
}
