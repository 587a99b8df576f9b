internal import Catalog

/// Turns a source's records into rows for COPY and quarantined rows, pulled batch by batch. For one task.
///
/// Every byte of a file belongs to the header, an empty line, or one record, which either is a row, is quarantined, or
/// is dropped by a check. Memory is bounded by `DecodingLimits`, not by the source.
public final class RecordPipeline {
    public private(set) var counts = RecordCounts()

    private let source: SourceReader
    private let plan: RecordPlan
    private let limits: DecodingLimits
    private var decoder: any RecordDecoder
    private var window = ByteWindow()
    private var isFinished = false

    /// Bytes of quarantined records after which a batch ends.
    private static let quarantineBytes = 4 << 20

    /// - Throws: `invalid_check`.
    public init(
        _ source: SourceReader, _ plan: RecordPlan, limits: DecodingLimits = .ingest
    ) throws(SourceFailure) {
        self.source = source
        self.plan = plan
        self.limits = limits
        let checks = try RowChecks(plan.checks, columns: plan.target, limits: limits)
        let names = ColumnNaming(declared: plan.declared?.map(\.name), onNewColumn: plan.onNewColumn)
        switch source.kind {
        case .file(let file, _, _):
            decoder =
                switch file.format {
                case .csv:
                    CSVDecoder(
                        columns: plan.target, dialect: CSVDialect(file), names: names, checks: checks, limits: limits)
                case .ndjson: JSONLinesDecoder(columns: plan.target, names: names, checks: checks, limits: limits)
                }
        case .table(let reader):
            let selection = try TableSelection(reader.description, plan, name: source.name)
            reader.select(selection.expressions)
            decoder = CopyTextDecoder(
                columns: plan.target, isSure: selection.isSure, checks: checks, limits: limits)
        }
    }

    /// The share of the source that has been read, 0 to 1, where that is known.
    public var progress: Double? {
        if isFinished { return 1 }
        return switch source.kind {
        case .file(_, let input, _): input.progress
        case .table(let reader): reader.progress
        }
    }

    /// Bytes of the source consumed so far, after decompression.
    public var bytesRead: Int { window.streamOffset }

    /// Replaces what is in `batch` by the next rows; `false` when there is nothing more.
    ///
    /// Reading a file blocks the calling thread.
    ///
    /// - Throws: When the source ends badly, or a record is wrong in a way that says `fail`. Nothing of the unit may be
    ///   applied then.
    public func next(into batch: inout CopyBatch) async throws(SourceFailure) -> Bool {
        batch.clear()
        var quarantinedBytes = 0
        while !isFinished, batch.bytes.count < limits.outputBytes, quarantinedBytes < Self.quarantineBytes,
            !batch.lines.isFull
        {
            let first = window.start
            let begin = batch.bytes.count
            if plan.hasOrdinal { batch.bytes.append(ordinal: decoder.recordCount + 1) }
            let outcome: RecordOutcome
            do {
                var position = first
                outcome = try decoder.next(
                    in: window.storage.span.extracting(0..<window.end), from: &position, isAtEnd: window.isAtEnd,
                    into: &batch.bytes)
                window.start = position
            } catch { throw SourceFailure(error, in: source.name, onNewColumn: plan.onNewColumn) }
            if case .row = outcome, refusal == nil {
                counts.accepted += 1
                batch.lines.append(decoder.recordLine)
                continue
            }
            batch.bytes.removeLast(batch.bytes.count - begin)
            switch outcome {
            case .row:
                guard let fault = refusal else { continue }
                batch.quarantined.append(quarantined(fault.rule, fault.column, fault.error, first))
                quarantinedBytes += window.start - first
            case .nothing: break
            case .needsMore: try await fill()
            case .end: isFinished = true
            case .wrong(let error):
                guard plan.onTypeError == .quarantine else {
                    throw SourceFailure(
                        .typeError, "\(source.name), \(error)", line: error.line, column: error.column)
                }
                batch.quarantined.append(quarantined(error.code.rawValue, error.column, error.message, first))
                quarantinedBytes += window.start - first
            case .failed(let failure):
                guard try take(failure) else { continue }
                batch.quarantined.append(quarantined(failure.check, failure.column, failure.message, first))
                quarantinedBytes += window.start - first
            }
        }
        counts.read = decoder.recordCount
        counts.warned = decoder.checks.warned
        counts.failedChecks = decoder.checks.failedChecks
        return batch.rows > 0 || !batch.quarantined.isEmpty || !isFinished
    }

    /// What the database has against the row just decoded.
    private var refusal: RowFault? { plan.refused.isEmpty ? nil : plan.refused[decoder.recordLine] }

    private func fill() async throws(SourceFailure) {
        switch source.kind {
        case .file(_, let input, _): try window.fill(from: input)
        case .table(let reader): window.append(try await reader.next() ?? [])
        }
    }

    /// Counts a row that failed a check; whether it is to be quarantined.
    private func take(_ failure: CheckFailure) throws(SourceFailure) -> Bool {
        switch failure.onFailure {
        case .quarantine: return true
        case .fail:
            let column = failure.column.map { ", column \"\($0)\"" } ?? ""
            throw SourceFailure(
                .checkFailed, "\(source.name), line \(failure.line)\(column): \(failure.message) (\(failure.check))",
                line: failure.line, column: failure.column)
        case .drop, .warn:
            counts.dropped += 1
            return false
        }
    }

    private func quarantined(_ rule: String, _ column: String?, _ error: String, _ first: Int) -> QuarantinedRow {
        counts.quarantined += 1
        return QuarantinedRow(
            line: decoder.recordLine, byteOffset: window.offset + first, bytes: window.array(first..<window.start),
            rule: rule, column: column, error: error)
    }
}

extension CSVDialect {
    init(_ file: FileSource) {
        self.init(
            delimiter: file.delimiter, hasHeader: file.header, nullText: file.nullText.map { Array($0.utf8) })
    }
}

extension [UInt8] {
    /// Appends a row's number and the tab behind it.
    fileprivate mutating func append(ordinal: Int) {
        var digits: (UInt64, UInt64, UInt64) = (0, 0, 0)
        Swift.withUnsafeMutableBytes(of: &digits) { buffer in
            var place = buffer.count - 1
            buffer[place] = UInt8(ascii: "\t")
            var rest = ordinal
            repeat {
                place -= 1
                buffer[place] = UInt8(ascii: "0") + UInt8(rest % 10)
                rest /= 10
            } while rest > 0
            append(contentsOf: UnsafeRawBufferPointer(rebasing: buffer[place...]))
        }
    }
}
