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
    /// Fields of a CSV record, of which further ones may be ignored. Postgres has at most 1,600 columns in a table.
    public var maxFields = 1600
    /// JSON containers that may enclose a value of a `json` column, at most 512.
    public var maxJSONDepth = 64
    /// Wrong records that are described before decoding stops.
    public var maxErrors = 10
    /// Bytes that one `unique` check may keep of the values it has seen: 16 for each, in a block that doubles and is at
    /// most three quarters full. 256 MiB remember 12 million.
    public var maxUniqueBytes = 256 << 20
    /// `decode` returns once it has written this many bytes, or up to a record more.
    public var outputBytes = 256 << 10

    public init() {}

    /// For sources of pipelines: a job process stays small, and a file may have columns that nobody wants.
    public static let ingest: DecodingLimits = {
        var limits = DecodingLimits()
        limits.maxRecordBytes = 32 << 20
        limits.maxFields = 20_000
        // Less than a socket holds: Postgres works off one batch while the next is decoded. With 256 KiB it waits.
        limits.outputBytes = 64 << 10
        return limits
    }()
}
