/// The type of a dataset's column: one of the Postgres types Sluice allows, or a one-dimensional array of one.
///
/// `init(parsing:)` takes the spellings Postgres takes; `description` is the one `format_type()` gives.
public struct ColumnType: Hashable, Sendable {
    /// What a value is made of: the type itself or, of an array, its elements'.
    public enum Scalar: Hashable, Sendable {
        case smallint, integer, bigint
        /// Without precision, numbers of up to 131,072 digits before the point and 16,383 after it.
        case numeric(NumericPrecision?)
        case real, doublePrecision
        case text
        /// At most this many characters; `nil` as `text`.
        case varchar(Int?)
        /// Exactly this many characters, padded with blanks.
        case char(Int)
        case boolean
        case date
        /// Digits of the second's fraction, 0 to 6; `nil` as 6.
        case time(precision: Int?)
        case timestamp(precision: Int?)
        case timestamptz(precision: Int?)
        case interval
        case uuid
        case json, jsonb
        case bytea
        case inet
    }

    /// The bounds of `numeric(precision, scale)`.
    public struct NumericPrecision: Hashable, Sendable {
        /// Digits in all, 1 to 1000.
        public var precision: Int
        /// Digits after the decimal point, -1000 to 1000; below 0 digits before it are rounded away.
        public var scale: Int

        public init(precision: Int, scale: Int) {
            self.precision = precision
            self.scale = scale
        }
    }

    public var scalar: Scalar
    public var isArray: Bool

    public init(_ scalar: Scalar, isArray: Bool = false) {
        self.scalar = scalar
        self.isArray = isArray
    }
}

extension ColumnType {
    /// What can be done with values of a type, by rules that do not care for its width.
    public enum Category: String, Sendable, CaseIterable {
        case text, number, boolean, date, timestamp, binary, json, array
        /// Time of day, interval, UUID, network address.
        case other
    }

    public var category: Category {
        if isArray { return .array }
        return switch scalar {
        case .smallint, .integer, .bigint, .numeric, .real, .doublePrecision: .number
        case .text, .varchar, .char: .text
        case .boolean: .boolean
        case .date: .date
        case .timestamp, .timestamptz: .timestamp
        case .json, .jsonb: .json
        case .bytea: .binary
        case .time, .interval, .uuid, .inet: .other
        }
    }
}

extension ColumnType {
    /// Whether Postgres can compare and so index the values; `json` is text that it only checks.
    public var hasOrder: Bool { scalar != .json }
}

extension ColumnType: CustomStringConvertible {
    /// The spelling of `format_type()`, which also is valid in a column definition.
    public var description: String { isArray ? "\(scalar)[]" : "\(scalar)" }
}

extension ColumnType.Scalar: CustomStringConvertible {
    public var description: String {
        switch self {
        case .smallint: "smallint"
        case .integer: "integer"
        case .bigint: "bigint"
        case .numeric(let bounds): bounds.map { "numeric(\($0.precision),\($0.scale))" } ?? "numeric"
        case .real: "real"
        case .doublePrecision: "double precision"
        case .text: "text"
        case .varchar(let length): length.map { "character varying(\($0))" } ?? "character varying"
        case .char(let length): "character(\(length))"
        case .boolean: "boolean"
        case .date: "date"
        case .time(let precision): "time\(Self.suffix(precision)) without time zone"
        case .timestamp(let precision): "timestamp\(Self.suffix(precision)) without time zone"
        case .timestamptz(let precision): "timestamp\(Self.suffix(precision)) with time zone"
        case .interval: "interval"
        case .uuid: "uuid"
        case .json: "json"
        case .jsonb: "jsonb"
        case .bytea: "bytea"
        case .inet: "inet"
        }
    }

    private static func suffix(_ precision: Int?) -> String { precision.map { "(\($0))" } ?? "" }
}
