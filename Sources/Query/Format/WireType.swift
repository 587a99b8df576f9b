/// How the text form of a Postgres type is turned into JSON and CSV.
enum WireType: Hashable, Sendable {
    /// Written as it comes: a JSON number.
    case number
    /// A number that some readers cannot hold (`bigint`, `numeric`): a string when the client prefers.
    case wideNumber
    case boolean
    case bytea
    case json
    /// With or without time zone.
    case timestamp
    /// Anything else: its text.
    case text
    /// An array; the elements are of this kind.
    indirect case array(WireType)

    init(oid: UInt32) {
        if let name = BuiltInType.named[oid] {
            self = Self(scalar: oid, name: name)
        } else if let element = BuiltInType.elements[oid] {
            self = .array(Self(oid: element))
        } else {
            self = .text
        }
    }

    private init(scalar oid: UInt32, name: String) {
        switch name {
        case "smallint", "integer", "oid", "real", "double precision": self = .number
        case "bigint", "numeric": self = .wideNumber
        case "boolean": self = .boolean
        case "bytea": self = .bytea
        case "json", "jsonb": self = .json
        case "timestamp without time zone", "timestamp with time zone": self = .timestamp
        default: self = .text
        }
    }
}

/// The base types of Postgres 15's catalog; their OIDs never change (`pg_type.dat`).
enum BuiltInType {
    private static let table: [(oid: UInt32, array: UInt32, name: String)] = [
        (16, 1000, "boolean"), (17, 1001, "bytea"), (18, 1002, "\"char\""), (19, 1003, "name"), (20, 1016, "bigint"),
        (21, 1005, "smallint"), (22, 1006, "int2vector"), (23, 1007, "integer"), (24, 1008, "regproc"),
        (25, 1009, "text"), (26, 1028, "oid"), (27, 1010, "tid"), (28, 1011, "xid"), (29, 1012, "cid"),
        (30, 1013, "oidvector"), (114, 199, "json"), (142, 143, "xml"), (600, 1017, "point"), (601, 1018, "lseg"),
        (602, 1019, "path"), (604, 1027, "polygon"), (628, 629, "line"), (650, 651, "cidr"), (700, 1021, "real"),
        (701, 1022, "double precision"), (718, 719, "circle"), (774, 775, "macaddr8"), (790, 791, "money"),
        (829, 1040, "macaddr"), (869, 1041, "inet"), (1033, 1034, "aclitem"), (1042, 1014, "character"),
        (1043, 1015, "character varying"), (1082, 1182, "date"), (1083, 1183, "time without time zone"),
        (1114, 1115, "timestamp without time zone"), (1184, 1185, "timestamp with time zone"),
        (1186, 1187, "interval"), (1266, 1270, "time with time zone"), (1560, 1561, "bit"),
        (1562, 1563, "bit varying"), (1700, 1231, "numeric"), (2202, 2207, "regprocedure"), (2205, 2210, "regclass"),
        (2206, 2211, "regtype"), (2249, 2287, "record"), (2950, 2951, "uuid"), (3220, 3221, "pg_lsn"),
        (3614, 3643, "tsvector"), (3615, 3645, "tsquery"), (3802, 3807, "jsonb"), (3904, 3905, "int4range"),
        (3906, 3907, "numrange"), (3908, 3909, "tsrange"), (3910, 3911, "tstzrange"), (3912, 3913, "daterange"),
        (3926, 3927, "int8range"), (4072, 4073, "jsonpath"), (4089, 4090, "regnamespace"), (4096, 4097, "regrole"),
        (4451, 6150, "int4multirange"), (4532, 6151, "nummultirange"), (4533, 6152, "tsmultirange"),
        (4534, 6153, "tstzmultirange"), (4535, 6155, "datemultirange"), (4536, 6157, "int8multirange"),
        (5069, 271, "xid8"),
    ]

    /// `format_type(oid, NULL)` by OID.
    static let named = Dictionary(uniqueKeysWithValues: table.map { ($0.oid, $0.name) })
    /// The element type by the array type's OID. `anyarray`, as in `pg_stats`, is taken for text.
    static let elements = Dictionary(uniqueKeysWithValues: table.map { ($0.array, $0.oid) } + [(2277, 25)])

    /// The spelling `format_type(oid, modifier)` gives; `unknown` for a type that is not built in.
    static func spelling(oid: UInt32, modifier: Int32) -> String {
        if let element = elements[oid] { return spelling(oid: element, modifier: modifier) + "[]" }
        guard let name = named[oid] else { return "unknown" }
        guard modifier >= 0 else { return oid == 1042 ? "bpchar" : name }
        switch oid {
        case 1042, 1043: return "\(name)(\(modifier - 4))"
        case 1700:
            // Precision in the upper half, the scale in eleven bits, as two's complement.
            let scale = ((modifier - 4) & 0x7FF ^ 0x400) - 0x400
            return "numeric(\((modifier - 4) >> 16 & 0xFFFF),\(scale))"
        case 1083, 1114, 1184, 1266:
            let words = name.split(separator: " ", maxSplits: 1)
            return "\(words[0])(\(modifier)) \(words[1])"
        case 1560, 1562: return "\(name)(\(modifier))"
        default: return name
        }
    }
}
