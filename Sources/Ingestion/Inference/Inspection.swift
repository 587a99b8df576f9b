public import Catalog

/// Finds out which columns a source has, and of which types.
///
/// The types depend on the values and not on their order. Looked at is the whole file up to 64 MiB; of a longer one its
/// beginning and blocks spread over it; of one that is compressed, or can be read from its beginning only, the first
/// 64 MiB. A value that fits no type found is a type error of its row when it is loaded.
public enum Inspection {
    /// How much of a source is looked at.
    struct SampleSize {
        /// Bytes in all.
        var bytes = 64 << 20
        /// Of a longer file: those of its beginning, and of each of the blocks behind it.
        var firstBytes = 16 << 20
        var blockBytes = 1 << 20
    }

    /// What Postgres lets a table have.
    static let maxColumns = 1600

    /// The columns of `source`, all of them nullable, in the order of the source; of JSON, by their usual place in the
    /// objects.
    ///
    /// CSV: `bigint`, `numeric`, `double precision`, `boolean`, `date`, `timestamp`, `timestamptz`, else `text`. JSON:
    /// the same, `jsonb` for objects, arrays and mixed values. Names are made as `ColumnNames` describes.
    ///
    /// - Parameter declared: Types that are not to be inferred; the names too, where CSV has no header.
    /// - Throws: Like `RecordPipeline` where the source cannot be read.
    public static func columns(
        of source: SourceReader, declared: [DeclaredColumn]? = nil
    ) async throws(SourceFailure) -> [TargetColumn] {
        try await columns(of: source, declared: declared, SampleSize())
    }

    static func columns(
        of source: SourceReader, declared: [DeclaredColumn]?, _ size: SampleSize
    ) async throws(SourceFailure) -> [TargetColumn] {
        var columns: [TargetColumn]
        switch source.kind {
        case .table(let reader):
            columns = reader.description.columns.map { TargetColumn(name: $0.columnName, type: $0.type) }
        case .file(let file, let input):
            if let declared, file.format == .csv, !file.header {
                return declared.map { TargetColumn(name: $0.name, type: $0.type) }
            }
            let sample = Sample(input, size)
            switch file.format {
            case .csv:
                var inspection = CSVInspection(file)
                try sample.run(name: source.name, &inspection)
                columns = inspection.columns
            case .ndjson:
                var inspection = JSONInspection()
                try sample.run(name: source.name, &inspection)
                columns = inspection.columns
            }
        }
        guard columns.count <= maxColumns else {
            throw SourceFailure(
                .limitExceeded, "\(source.name) has \(columns.count) columns, and a dataset has at most \(maxColumns)",
                hint: "Declare the columns that are wanted, and set onNewColumn to ignore.")
        }
        for (index, column) in columns.enumerated() {
            guard let known = declared?.first(where: { $0.name == column.name }) else { continue }
            columns[index].type = known.type
        }
        return columns
    }
}

/// Looks at records and remembers what it has seen.
protocol RecordInspection {
    /// Looks at the record at `start` of `window` and moves `start` behind it; `false` when the window ends first.
    mutating func take(
        _ window: Span<UInt8>, _ start: inout Int, isAtEnd: Bool
    ) throws(RowErrors) -> Bool
    /// Forgets a record that has been begun, and passes over the rest of one at the beginning of what comes.
    mutating func jump()
}
