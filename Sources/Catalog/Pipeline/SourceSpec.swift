public import JSON

/// Where a step's rows come from.
public enum SourceSpec: Sendable, Hashable {
    case file(FileSource)
    case postgres(PostgresSource)

    /// The name of a connection of the pipeline's domain.
    public var connection: String {
        switch self {
        case .file(let source): source.connection
        case .postgres(let source): source.connection
        }
    }

    /// The kind that the connection must have.
    public var connectionKind: ConnectionKind {
        switch self {
        case .file: .file
        case .postgres: .postgres
        }
    }

    init(_ fields: inout JSONFields) {
        let connection = fields.name("connection")
        if fields.raw("table") != nil {
            self = .postgres(PostgresSource(connection, &fields))
        } else {
            self = .file(FileSource(connection, &fields))
        }
    }

    /// Reads a step's `from` on its own.
    public static func parse(_ value: JSONValue) throws(JSONFieldErrors) -> SourceSpec {
        try JSONFields.read(value) { SourceSpec(&$0) }
    }

    public var json: JSONValue {
        switch self {
        case .file(let source): source.json
        case .postgres(let source): source.json
        }
    }
}

/// One table of a database, read whole.
public struct PostgresSource: Sendable, Hashable {
    public var connection: String
    public var schema: String
    public var table: String

    public init(connection: String, schema: String, table: String) {
        self.connection = connection
        self.schema = schema
        self.table = table
    }

    init(_ connection: String, _ fields: inout JSONFields) {
        self.connection = connection
        // Names in another database are what they are; the first dot separates, as a schema with one is rare.
        let parts = fields.required("table", as: String.self).split(
            separator: ".", maxSplits: 1, omittingEmptySubsequences: false)
        if parts.count == 2, parts.allSatisfy({ (1...63).contains($0.utf8.count) && !$0.utf8.contains(0) }) {
            (schema, table) = (String(parts[0]), String(parts[1]))
            return
        }
        if fields.raw("table")?.stringValue != nil {
            fields.reject("table", "must be SCHEMA.TABLE, each 1 to 63 bytes")
        }
        (schema, table) = ("", "")
    }

    var json: JSONValue { ["connection": .string(connection), "table": .string("\(schema).\(table)")] }
}
