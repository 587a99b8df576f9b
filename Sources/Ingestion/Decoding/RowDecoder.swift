internal import JSON

/// Turns an upload into COPY data for a dataset's columns, chunk by chunk, checking every value on the way.
///
/// Rows come out in the order of `columns`, in `COPY … FROM STDIN` text format; columns that a record does not give
/// are NULL. Memory is bounded by `DecodingLimits`, not by the upload. After it has thrown a decoder is spent, and
/// what it wrote must not be committed.
///
///     var position = 0
///     repeat {
///         try decoder.decode(chunk, from: &position, into: &output)
///         // send output, empty it
///     } while position < chunk.count
public struct RowDecoder: Sendable {
    /// How an upload is written.
    public enum Format: String, Sendable, CaseIterable {
        /// RFC 4180 with a header line; an empty field is NULL, `""` empty text.
        case csv
        /// One object per line.
        case ndjson
        /// One array of objects.
        case json
    }

    public let columns: [TargetColumn]
    private var source: any RowSource

    /// - Parameter columns: At least one; names are unique.
    public init(_ format: Format, columns: [TargetColumn], limits: DecodingLimits = DecodingLimits()) {
        self.columns = columns
        source =
            switch format {
            case .csv: CSVRowSource(columns: columns, limits: limits)
            case .ndjson: JSONRowSource(.lines, columns: columns, limits: limits)
            case .json: JSONRowSource(.array, columns: columns, limits: limits)
            }
    }

    /// Records that were accepted.
    public var rowCount: Int { source.rowCount }

    /// Wrong records so far, in order; each of them is one record that is not among the rows.
    public var errors: [RowError] { source.errors }

    /// Where the rows since the last `forgetLines` began.
    public var lines: RowLines { source.lines }

    /// Frees what `lines` keeps: up to 32 bytes per row. To be called when `lines.isFull`, or sooner.
    public mutating func forgetLines() { source.lines.forget() }

    /// Appends the rows of `chunk` from `position` on to `output` and moves `position`.
    ///
    /// Returns at the end of the chunk, or earlier once `DecodingLimits.outputBytes` are written. A wrong record is
    /// passed over to find further ones; the errors are thrown when they are enough, or by `finish`.
    public mutating func decode(
        _ chunk: Span<UInt8>, from position: inout Int, into output: inout [UInt8]
    ) throws(RowErrors) {
        try source.decode(chunk, from: &position, into: &output)
    }

    /// Ends the upload: appends a last row that had no line break, and throws what was wrong anywhere.
    public mutating func finish(into output: inout [UInt8]) throws(RowErrors) { try source.finish(into: &output) }
}

/// One way of writing uploads.
protocol RowSource: Sendable {
    var rowCount: Int { get }
    var errors: [RowError] { get }
    var lines: RowLines { get set }
    mutating func decode(
        _ chunk: Span<UInt8>, from position: inout Int, into output: inout [UInt8]
    ) throws(RowErrors)
    mutating func finish(into output: inout [UInt8]) throws(RowErrors)
}
