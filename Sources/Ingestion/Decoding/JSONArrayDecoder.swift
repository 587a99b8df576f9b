internal import JSON

/// Rows from the objects of one JSON array.
struct JSONArrayDecoder: RecordDecoder {
    private(set) var recordCount = 0
    var fieldNames: [String]? { nil }
    var recordLine: Int { reader.elementPosition.line }

    private var reader: JSONElementReader
    private var record: JSONRecord
    private var isFinished = false

    init(columns: [TargetColumn], limits: DecodingLimits) {
        reader = JSONElementReader(maxElementBytes: limits.maxRecordBytes)
        record = JSONRecord(
            columns: columns, names: ColumnNaming(isExact: true), checks: RowChecks(), limits: limits)
    }

    func report(to counts: inout RecordCounts) { record.checks.report(to: &counts) }

    /// The reader keeps what the window cuts off, so it always consumes the whole window.
    mutating func next(
        in window: Span<UInt8>, from start: inout Int, isAtEnd: Bool, into output: inout [UInt8]
    ) throws(RowErrors) -> RecordOutcome {
        do throws(JSONError) {
            guard try reader.next(in: window, from: &start) else {
                if isAtEnd, !isFinished {
                    isFinished = true
                    try reader.finish()
                }
                return isAtEnd ? .end : .needsMore
            }
        } catch { throw RowErrors(errors: [RowError(error, record: recordCount + 1)]) }
        recordCount += 1
        let begin = output.count
        do throws(JSONRecordError) {
            try reader.withElement(in: window) { (element) throws(JSONRecordError) in
                try record.append(element, to: &output)
            }
            return .row
        } catch {
            output.removeLast(output.count - begin)
            // After a malformed element nobody knows where the next one begins.
            if case .json(let error) = error {
                throw RowErrors(errors: [RowError(reader.located(error, in: window), record: recordCount)])
            }
            return .wrong(error.rowError(line: recordLine, record: recordCount))
        }
    }
}
