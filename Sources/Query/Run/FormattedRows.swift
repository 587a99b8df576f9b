public import Cryptography
public import Postgres

/// Writes the rows of one result in the format asked for, up to where the page ends.
public struct FormattedRows: Sendable {
    /// Where a result stops.
    public enum PageEnd: Sendable {
        /// After so many rows, or never.
        case count(Int?)
        /// Where the page of rows does, with the cursor of the next.
        case pager(RowsPager, SecretKey)
    }

    private var format: any RowFormat
    private var end: PageEnd
    private var visibleColumns = 0
    private var rowCount = 0
    private var isTruncated = false

    public init(_ format: any RowFormat, until end: PageEnd) {
        self.format = format
        self.end = end
    }

    /// Whether there may be a next page.
    var isPage: Bool {
        if case .pager = end { true } else { false }
    }

    /// The same from rows that Postgres has written as CSV; `nil` where they would not do.
    var copied: CopiedCSV? {
        guard format is CSVFormat, case .count(let limit) = end else { return nil }
        return CopiedCSV(limit: limit)
    }

    mutating func begin(_ columns: [Column], into output: inout [UInt8]) {
        visibleColumns = columns.count
        if case .pager(let pager, _) = end { visibleColumns = min(pager.visibleColumns, columns.count) }
        format.begin(columns.prefix(visibleColumns).map(FormatColumn.init), into: &output)
    }

    /// Writes one row; `false`: the page ended before it. `cells` is scratch space, kept by the caller between rows.
    mutating func add(_ row: borrowing RowView, _ cells: inout [WireCell], into output: inout [UInt8]) -> Bool {
        guard accepts(row) else {
            isTruncated = true
            return false
        }
        rowCount += 1
        cells.removeAll(keepingCapacity: true)
        for index in 0..<visibleColumns { cells.append(row[index]) }
        format.row(cells, into: &output)
        return true
    }

    private mutating func accepts(_ row: borrowing RowView) -> Bool {
        switch end {
        case .count(let limit):
            return limit.map { rowCount < $0 } ?? true
        case .pager(var pager, let key):
            var texts: [String?] = []
            for index in 0..<row.count { texts.append(row[index].map { String(decoding: $0, as: UTF8.self) }) }
            let accepted = pager.accept { texts[$0] }
            end = .pager(pager, key)
            return accepted
        }
    }

    mutating func finish(into output: inout [UInt8]) throws -> ResultSummary {
        format.end(rowCount: rowCount, truncated: isTruncated, into: &output)
        var summary = ResultSummary(rowCount: rowCount, isTruncated: isTruncated)
        if isTruncated, case .pager(let pager, let key) = end { summary.nextCursor = try pager.nextCursor(key: key) }
        return summary
    }
}

/// What stands before the rows of results with the same columns, written once: for short results most of the work.
public final class BegunRows: Sendable {
    fileprivate let columns: [Column]
    fileprivate let rows: FormattedRows
    fileprivate let bytes: [UInt8]

    fileprivate init(columns: [Column], rows: FormattedRows, bytes: [UInt8]) {
        self.columns = columns
        self.rows = rows
        self.bytes = bytes
    }
}

extension FormattedRows {
    /// The bytes of a result that is in memory already.
    public mutating func whole(_ rows: RowSet) throws -> ([UInt8], ResultSummary) {
        var begun: BegunRows?
        return try whole(rows, after: &begun)
    }

    /// As `whole`, for one of many short results.
    ///
    /// - Parameter begun: Of an earlier result, written by rows made like these; taken over if the columns are the
    ///   same, replaced otherwise.
    public mutating func whole(_ rows: RowSet, after begun: inout BegunRows?) throws -> ([UInt8], ResultSummary) {
        var output: [UInt8] = []
        if let begun, begun.columns == rows.columns {
            output.reserveCapacity(begun.bytes.count + 2 * rows.byteCount + 64)
            output += begun.bytes
            self = begun.rows
        } else {
            begin(rows.columns, into: &output)
            begun = BegunRows(columns: rows.columns, rows: self, bytes: output)
        }
        var cells: [WireCell] = []
        cells.reserveCapacity(rows.columns.count)
        _ = rows.scan { row in add(row, &cells, into: &output) }
        let summary = try finish(into: &output)
        return (output, summary)
    }
}

extension FormatColumn {
    init(_ column: Column) {
        self.init(name: column.name, typeOID: column.typeOID, typeModifier: column.typeModifier)
    }
}
