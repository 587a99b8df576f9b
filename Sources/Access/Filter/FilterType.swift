public import Catalog

/// What a row filter needs to know of a column's type: what it compares with, and the name SQL casts literals to.
public struct FilterType: Sendable, Hashable {
    enum Kind: Sendable, Hashable {
        case integer(bits: Int), numeric, real, double
        case text, paddedText, boolean, uuid, bytes
        case date, time, timestamp, timestampWithTimeZone
        /// Any type without an order that everybody agrees on: only IS NULL applies.
        case opaque
        /// Of a column that is not known yet: nothing is said against it.
        case unknown
    }

    /// Types of one group compare with one another by operators of `pg_catalog`.
    enum Group: Sendable, Hashable {
        case number, text, paddedText, boolean, uuid, bytes, date, time, timestamp, timestampWithTimeZone, unknown
    }

    /// Stands for the type of a column that is not known yet.
    static let unknown = FilterType(.unknown, spelling: "any type")

    let kind: Kind
    /// The spelling of `format_type()`, for messages.
    public let spelling: String

    public init(_ type: ColumnType) {
        spelling = type.description
        kind = type.isArray ? .opaque : Self.kind(of: type.scalar)
    }

    /// Takes any spelling that Postgres takes; one that is no column type compares with nothing.
    public init(spelling: String) {
        let type = try? ColumnType(parsing: spelling)
        self = type.map { FilterType($0) } ?? FilterType(.opaque, spelling: spelling)
    }

    private init(_ kind: Kind, spelling: String) {
        self.spelling = spelling
        self.kind = kind
    }

    private static func kind(of scalar: ColumnType.Scalar) -> Kind {
        // Modifiers such as those of numeric(10,2) do not change how values compare.
        switch scalar {
        case .smallint: .integer(bits: 16)
        case .integer: .integer(bits: 32)
        case .bigint: .integer(bits: 64)
        case .numeric: .numeric
        case .real: .real
        case .doublePrecision: .double
        case .text, .varchar: .text
        case .char: .paddedText
        case .boolean: .boolean
        case .uuid: .uuid
        case .bytea: .bytes
        case .date: .date
        case .time: .time
        case .timestamp: .timestamp
        case .timestamptz: .timestampWithTimeZone
        case .interval, .json, .jsonb, .inet: .opaque
        }
    }

    /// `nil`: nothing compares with it.
    var group: Group? {
        switch kind {
        case .integer, .numeric, .real, .double: .number
        case .text: .text
        case .paddedText: .paddedText
        case .boolean: .boolean
        case .uuid: .uuid
        case .bytes: .bytes
        case .date: .date
        case .time: .time
        case .timestamp: .timestamp
        case .timestampWithTimeZone: .timestampWithTimeZone
        case .unknown: .unknown
        case .opaque: nil
        }
    }

    /// Whether values of both types have operators between them, as far as is known.
    func compares(with other: FilterType) -> Bool {
        guard let group, let otherGroup = other.group else { return false }
        return group == otherGroup || group == .unknown || otherGroup == .unknown
    }

    /// Whether literals of the group, written without quotes, compare with the type.
    func takesLiterals(of group: Group) -> Bool { self.group == group || self.group == .unknown }

    /// The type's name in `pg_catalog`, where no `search_path` is asked. `character varying` compares as text.
    package var catalogName: String? {
        switch kind {
        case .integer(let bits): "int\(bits / 8)"
        case .numeric: "numeric"
        case .real: "float4"
        case .double: "float8"
        case .text: "text"
        case .paddedText: "bpchar"
        case .boolean: "bool"
        case .uuid: "uuid"
        case .bytes: "bytea"
        case .date: "date"
        case .time: "time"
        case .timestamp: "timestamp"
        case .timestampWithTimeZone: "timestamptz"
        case .opaque, .unknown: nil
        }
    }

    /// Whether LIKE applies.
    package var isText: Bool { [.text, .paddedText, .unknown].contains(kind) }

    /// The type that `DATE '…'` or `'…'::date` names; `nil` for one that a filter has no literals of.
    init?(catalogName: String) {
        let spellings = [
            "int2": "smallint", "int4": "integer", "int8": "bigint", "numeric": "numeric", "float4": "real",
            "float8": "double precision", "text": "text", "varchar": "character varying", "bpchar": "character",
            "bool": "boolean", "uuid": "uuid", "bytea": "bytea", "date": "date", "time": "time without time zone",
            "timestamp": "timestamp without time zone", "timestamptz": "timestamp with time zone",
        ]
        guard let spelling = spellings[catalogName] else { return nil }
        self.init(spelling: spelling)
    }
}
