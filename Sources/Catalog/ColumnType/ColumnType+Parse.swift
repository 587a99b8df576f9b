internal import JSON

/// Why a text names no allowed column type; the description continues a sentence that begins with the field.
public struct ColumnTypeError: Error, Hashable, Sendable, CustomStringConvertible {
    public var description: String

    init(_ description: String) { self.description = description }
}

extension ColumnType {
    /// The allowed names, as an error lists them.
    static let allowedNames = [
        "smallint", "integer", "bigint", "numeric", "real", "double precision", "text", "varchar", "char", "boolean",
        "date", "time", "timestamp", "timestamptz", "interval", "uuid", "json", "jsonb", "bytea", "inet",
    ]

    /// Reads a Postgres spelling, in any case and spacing: `int8`, `VARCHAR (20)`, `timestamp(3) with time zone[]`.
    public init(parsing text: String) throws(ColumnTypeError) {
        var parts = try ColumnTypeParts(text)
        isArray = parts.isArray
        let scalar: Scalar
        switch parts.name {
        case "smallint", "int2": scalar = .smallint
        case "integer", "int", "int4": scalar = .integer
        case "bigint", "int8": scalar = .bigint
        case "numeric", "decimal", "dec": scalar = .numeric(try parts.takeNumericPrecision())
        case "real", "float4": scalar = .real
        case "double precision", "float8": scalar = .doublePrecision
        case "float": scalar = (try parts.takeArgument(1...53, "precision") ?? 53) <= 24 ? .real : .doublePrecision
        case "text": scalar = .text
        case "character varying", "varchar": scalar = .varchar(try parts.takeArgument(1...Self.maxLength, "length"))
        case "character", "char": scalar = .char(try parts.takeArgument(1...Self.maxLength, "length") ?? 1)
        case "boolean", "bool": scalar = .boolean
        case "date": scalar = .date
        case "time", "time without time zone": scalar = .time(precision: try parts.takeSecondsPrecision())
        case "timestamp", "timestamp without time zone":
            scalar = .timestamp(precision: try parts.takeSecondsPrecision())
        case "timestamptz", "timestamp with time zone":
            scalar = .timestamptz(precision: try parts.takeSecondsPrecision())
        case "interval": scalar = .interval
        case "uuid": scalar = .uuid
        case "json": scalar = .json
        case "jsonb": scalar = .jsonb
        case "bytea": scalar = .bytea
        case "inet": scalar = .inet
        default: throw Self.unknown(parts.name)
        }
        guard parts.arguments.isEmpty else { throw ColumnTypeError("takes no (…) after \(parts.name)") }
        self.scalar = scalar
    }

    /// The longest `varchar(n)` that Postgres takes.
    private static let maxLength = 10_485_760

    private static func unknown(_ name: String) -> ColumnTypeError {
        let serials = ["serial": "integer", "serial4": "integer", "bigserial": "bigint", "smallserial": "smallint"]
        let meant =
            serials[name] ?? (name == "time with time zone" || name == "timetz" ? "timestamptz" : nil)
            ?? ClosestName.of(name, among: allowedNames)
        let hint = meant.map { "; did you mean \($0)?" } ?? "."
        let allowed = allowedNames.joined(separator: ", ")
        return ColumnTypeError("is not an allowed type\(hint) Allowed are \(allowed), and arrays of them as in text[]")
    }
}
