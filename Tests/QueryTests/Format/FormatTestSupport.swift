import Query

/// OIDs of the types the tests use (`pg_type.dat`).
enum OID {
    static let bool: UInt32 = 16, bytea: UInt32 = 17, int8: UInt32 = 20, int4: UInt32 = 23, text: UInt32 = 25
    static let json: UInt32 = 114, float8: UInt32 = 701, date: UInt32 = 1082, timestamp: UInt32 = 1114
    static let timestamptz: UInt32 = 1184, interval: UInt32 = 1186, numeric: UInt32 = 1700, jsonb: UInt32 = 3802
    static let boolArray: UInt32 = 1000, byteaArray: UInt32 = 1001, int4Array: UInt32 = 1007, textArray: UInt32 = 1009
    static let timestamptzArray: UInt32 = 1185, numericArray: UInt32 = 1231, jsonbArray: UInt32 = 3807
    static let enumeration: UInt32 = 16_500
}

/// Lends the bytes of `cells` as the database would.
func withCells<R>(_ cells: [String?], _ body: ([WireCell]) -> R) -> R {
    withCells(cells.map { $0.map { Array($0.utf8) } }, body)
}

func withCells<R>(_ cells: [[UInt8]?], _ body: ([WireCell]) -> R) -> R {
    let bytes = cells.flatMap { $0 ?? [] }
    return bytes.withUnsafeBytes { all in
        var start = 0
        let lent = cells.map { cell -> WireCell in
            guard let cell else { return nil }
            defer { start += cell.count }
            return UnsafeRawBufferPointer(rebasing: all[start..<start + cell.count])
        }
        return body(lent)
    }
}

/// What `format` makes of `rows`.
func written(
    _ format: ResultFormat, _ columns: [FormatColumn], _ rows: [[String?]], numbersAsStrings: Bool = false,
    truncated: Bool = false
) -> String {
    var writer = format.makeWriter(numbersAsStrings: numbersAsStrings)
    var output: [UInt8] = []
    writer.begin(columns, into: &output)
    for row in rows { withCells(row) { writer.row($0, into: &output) } }
    writer.end(rowCount: rows.count, truncated: truncated, into: &output)
    return String(decoding: output, as: UTF8.self)
}
