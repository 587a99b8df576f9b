public import Catalog

/// A column that rows are loaded into.
public struct TargetColumn: Hashable, Sendable {
    public var name: String
    public var type: ColumnType
    public var isNullable: Bool

    public init(name: String, type: ColumnType, isNullable: Bool = true) {
        self.name = name
        self.type = type
        self.isNullable = isNullable
    }
}

/// What an upload may cost, whatever its length.
public struct DecodingLimits: Hashable, Sendable {
    /// Bytes of one field.
    public var maxFieldBytes = 16 << 20
    /// Bytes of one record: a CSV record, an element of an array, a line of NDJSON.
    public var maxRecordBytes = 64 << 20
    /// Fields of a CSV record. Postgres has at most 1,600 columns in a table.
    public var maxFields = 1600
    /// JSON containers that may enclose a value of a `json` column, at most 512.
    public var maxJSONDepth = 64
    /// Wrong records that are described before decoding stops.
    public var maxErrors = 10
    /// `decode` returns once it has written this many bytes, or up to a record more.
    public var outputBytes = 256 << 10

    public init() {}
}
