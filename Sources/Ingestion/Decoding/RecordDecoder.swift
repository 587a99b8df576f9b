/// Cuts a stream into records and turns each into a row of COPY text: one implementation for each format.
///
/// The stream is seen through a window that begins with the first byte not yet consumed. Nothing is decided before the
/// bytes that decide it are there, so the window's bounds never show in the result.
protocol RecordDecoder {
    /// Consumes the next record of `window`, whose first byte is at `start`, and moves `start` behind it.
    ///
    /// A row is appended to `output`; of a record that is none, nothing. After `needsMore` the call is made again with
    /// more bytes behind those from `start` on.
    ///
    /// - Throws: What makes the rest of the stream unreadable.
    mutating func next(
        in window: Span<UInt8>, from start: inout Int, isAtEnd: Bool, into output: inout [UInt8]
    ) throws(RowErrors) -> RecordOutcome

    /// The line on which the record found last begins, from 1.
    var recordLine: Int { get }
    /// The names of a record's fields in their order, once they are known; `nil` where a record says them itself.
    var fieldNames: [String]? { get }
    /// Records found so far, rows and wrong ones.
    var recordCount: Int { get }
    /// Puts what its checks have found where it is counted.
    func report(to counts: inout RecordCounts)
}

/// What became of one record.
enum RecordOutcome {
    /// A row has been appended.
    case row
    /// It cannot be read as the columns' types, or at all.
    case wrong(RowError)
    /// It is a row that failed a check, which says what becomes of it.
    case failed(CheckFailure)
    /// No record: a byte-order mark, a header, an empty line.
    case nothing
    /// The window ends before the record does.
    case needsMore
    case end
}
