internal import CPQ

/// One `PGresult *`, cleared exactly once.
struct ResultHandle: ~Copyable {
    private let raw: OpaquePointer

    /// Takes ownership of `raw`.
    init(adopting raw: OpaquePointer) {
        self.raw = raw
    }

    deinit { PQclear(raw) }

    var status: ExecStatusType { PQresultStatus(raw) }
    var rowCount: Int { Int(PQntuples(raw)) }
    var columnCount: Int { Int(PQnfields(raw)) }

    /// `INSERT 0 1`, `COMMIT`; empty for what is no completed command.
    var commandTag: String { String(cString: PQcmdStatus(raw)) }

    /// Rows the command touched or returned; 0 for commands that count none.
    var affectedRows: Int { Int(String(cString: PQcmdTuples(raw))) ?? 0 }

    var columns: [Column] {
        (0..<CInt(columnCount)).map { index in
            Column(
                name: String(cString: PQfname(raw, index)), typeOID: PQftype(raw, index),
                typeModifier: PQfmod(raw, index))
        }
    }

    /// The failure this result reports; `nil` if it reports none.
    var failure: PostgresError? {
        guard status == PGRES_FATAL_ERROR || status == PGRES_BAD_RESPONSE else { return nil }
        let message = field("M") ?? ResultHandle.trimmed(String(cString: PQresultErrorMessage(raw)))
        return PostgresError(code: code, sqlState: field("C"), message: message, fields: fields)
    }

    /// A fatal error ends the session, and so does one that libpq made up because the session was gone.
    private var code: PostgresError.Code {
        guard let severity = field("V") else { return .connectionFailed }
        return severity == "FATAL" || severity == "PANIC" ? .connectionFailed : .queryFailed
    }

    /// What an error or notice says beyond its message.
    var fields: ServerFields {
        var fields = ServerFields()
        fields.severity = field("V")
        fields.detail = field("D")
        fields.hint = field("H")
        fields.position = field("P").flatMap { Int($0) }
        fields.context = field("W")
        fields.schemaName = field("s")
        fields.tableName = field("t")
        fields.columnName = field("c")
        fields.dataTypeName = field("d")
        fields.constraintName = field("n")
        fields.routine = field("R")
        return fields
    }

    /// The field that the protocol marks with `letter` (manual, "Error and Notice Message Fields").
    func field(_ letter: Unicode.Scalar) -> String? {
        PQresultErrorField(raw, CInt(letter.value)).map { String(cString: $0) }
    }

    /// Adds every row to `rows`.
    func append(to rows: inout RowSet.Builder) {
        let columnCount = CInt(columnCount)
        for row in 0..<PQntuples(raw) {
            for column in 0..<columnCount {
                if PQgetisnull(raw, row, column) == 1 {
                    rows.appendNull()
                } else {
                    let length = Int(PQgetlength(raw, row, column))
                    rows.append(UnsafeRawBufferPointer(start: PQgetvalue(raw, row, column), count: length))
                }
            }
            rows.endRow()
        }
    }

    /// Without the line end that libpq puts after its own messages.
    static func trimmed(_ message: String) -> String {
        var message = message[...]
        while message.last?.isNewline == true { message.removeLast() }
        return String(message)
    }
}
