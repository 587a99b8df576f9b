internal import JSON

/// Rows from NDJSON: an object on each line. Lines end with LF or CRLF; a blank line is passed over.
struct JSONLinesDecoder: RecordDecoder {
    private(set) var recordLine = 1
    private(set) var recordCount = 0
    var fieldNames: [String]? { nil }

    private let limits: DecodingLimits
    private var record: JSONRecord
    private var prologue: TextPrologue
    private var nextLine = 1
    /// Bytes of the line that have been looked at.
    private var scanned = 0

    /// - Parameter isContinued: Whether what comes is no stream's beginning.
    init(
        columns: [TargetColumn], names: ColumnNaming, checks: RowChecks, limits: DecodingLimits,
        isContinued: Bool = false
    ) {
        self.limits = limits
        prologue = TextPrologue(isPast: isContinued)
        record = JSONRecord(columns: columns, names: names, checks: checks, limits: limits)
    }

    mutating func next(
        in window: Span<UInt8>, from start: inout Int, isAtEnd: Bool, into output: inout [UInt8]
    ) throws(RowErrors) -> RecordOutcome {
        let first = start
        if !prologue.isPast {
            do { try prologue.skip(window, &start, isAtEnd: isAtEnd) } catch { throw RowErrors(errors: [error]) }
            guard prologue.isPast else { return .needsMore }
            if start > first { return .nothing }
        }
        guard let end = try lineEnd(window, first, isAtEnd: isAtEnd) else { return isAtEnd ? .end : .needsMore }
        start = end
        recordLine = nextLine
        nextLine += 1
        // Without its end, or an error there would be one of the next line.
        let line = window.extracting(first..<(window[end - 1] == UInt8(ascii: "\n") ? end - 1 : end))
        if line.trimmedRange.isEmpty { return .nothing }
        recordCount += 1
        return try record.encode(line, line: recordLine, number: recordCount, into: &output)
    }

    func report(to counts: inout RecordCounts) { record.checks.report(to: &counts) }

    /// Where the line after this one begins; `nil` when the window ends first, or has no line any more.
    private mutating func lineEnd(_ window: Span<UInt8>, _ start: Int, isAtEnd: Bool) throws(RowErrors) -> Int? {
        let end = window.firstIndex(of: UInt8(ascii: "\n"), from: start + scanned).map { $0 + 1 }
        let length = (end ?? window.count) - start
        scanned = end == nil && !isAtEnd ? length : 0
        guard length <= limits.maxRecordBytes else {
            let message = "a record is longer than \(limits.maxRecordBytes) bytes"
            throw RowErrors(
                errors: [RowError(.limitExceeded, line: nextLine, record: recordCount + 1, message)])
        }
        if let end { return end }
        return isAtEnd && length > 0 ? window.count : nil
    }
}
