public import JSON

/// One table of a database, read whole.
public struct TableSource: ShapedSource {
    public static let shape = SourceShape.table

    public var connection: String
    public var schema: String
    public var table: String

    /// As a step names it.
    public var path: String { "\(schema).\(table)" }

    public init(connection: String, schema: String, table: String) {
        self.connection = connection
        self.schema = schema
        self.table = table
    }

    public init?(_ from: SourceSpec) {
        guard case .table(let source) = from else { return nil }
        self = source
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

    var json: JSONValue { ["connection": .string(connection), "table": .string(path)] }
}
