import Postgres

/// Rows of quarantine on their way into the dataset's partition, as COPY text.
struct QuarantineText {
    /// Bytes after which it is time to write them.
    static let flushBytes = 1 << 20
    private static let maxExamples = 10

    private let target: UnitTarget
    private let unit: LoadUnit
    private var bytes: [UInt8] = []
    /// The first ones, for a failure's message.
    private(set) var examples: [RowFault] = []

    init(_ unit: LoadUnit, _ target: UnitTarget) {
        self.unit = unit
        self.target = target
    }

    var isEmpty: Bool { bytes.isEmpty }
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

    /// Into the partition itself: the ingest role may add to no other.
    var copyStatement: SQL {
        SQL(
            unsafe: """
                COPY sluice.quarantine_d\(target.datasetID)
                (dataset_id, run_id, source, line, byte_offset, bytes, rule, column_name, error, step) FROM STDIN
                """)
    }
}
