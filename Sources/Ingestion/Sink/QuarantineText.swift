import Postgres

/// Rows of quarantine on their way into the dataset's quarantine, or its stage, as COPY text.
struct QuarantineText {
    /// Bytes after which it is time to write them.
    static let flushBytes = 1 << 20
    private static let maxExamples = 10

    private let target: UnitTarget
    private let unit: LoadUnit
    private let table: String
    private var bytes: [UInt8] = []
    /// The first ones, for a failure's message.
    private(set) var examples: [RowFault] = []

    /// - Parameters:
    ///   - table: Where they go.
    ///   - examples: The first ones, if there were any before.
    init(_ unit: LoadUnit, _ target: UnitTarget, into table: String, examples: [RowFault] = []) {
        self.unit = unit
        self.target = target
        self.table = table
        self.examples = Array(examples.prefix(Self.maxExamples))
    }

    var isDue: Bool { bytes.count >= Self.flushBytes }

    mutating func append(_ rows: [QuarantinedRow]) {
        for row in rows {
            if examples.count < Self.maxExamples { examples.append(RowFault(row)) }
            CopyField.append(Int(target.datasetID), to: &bytes)
            CopyField.append(Int(unit.run), to: &bytes)
            CopyField.append(unit.name, to: &bytes)
            CopyField.append(row.line, to: &bytes)
            CopyField.append(row.byteOffset, to: &bytes)
            CopyField.append(bytea: row.bytes, to: &bytes)
            CopyField.append(row.rule, to: &bytes)
            CopyField.append(row.column, to: &bytes)
            CopyField.append(row.error, to: &bytes)
            CopyField.append(unit.step, to: &bytes)
            CopyField.endRow(&bytes)
        }
    }

    /// What there is, for one COPY; nothing is left.
    mutating func take() -> [UInt8] {
        defer { bytes = [] }
        return bytes
    }

    /// Into the dataset's own: the ingest role may add to no other.
    var copyStatement: SQL {
        SQL(
            unsafe: """
                COPY \(table)
                (dataset_id, run_id, source, line, byte_offset, bytes, rule, column_name, error, step) FROM STDIN
                """)
    }
}
