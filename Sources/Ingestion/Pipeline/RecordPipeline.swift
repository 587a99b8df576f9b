internal import Catalog

/// Turns a source's records into rows for COPY and quarantined rows, pulled batch by batch. For one task.
///
/// Every byte of a file belongs to the header, an empty line, or one record, which either is a row, is quarantined, or
/// is dropped by a check. Memory is bounded by `DecodingLimits`, not by the source.
public final class RecordPipeline {
    public internal(set) var counts = RecordCounts()

    let source: SourceReader
    private let plan: RecordPlan
    private let limits: DecodingLimits
    var decoder: any RecordDecoder
    var window = ByteWindow()
    private var isFinished = false
    /// Records after which a batch ends, whatever else.
    var recordLimit = Int.max
    /// Bytes of the records that the batch has quarantined.
    private var quarantinedBytes = 0

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
        case .file(let file, _):
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

    /// How the records are read: what it takes to read one of them again.
    public var reading: RecordReading {
        switch source.kind {
        case .file(let file, _):
            RecordReading(
                form: file.format == .csv ? .csv : .ndjson, names: decoder.fieldNames,
                isNamedByStep: file.format == .csv && !file.header)
        case .table: RecordReading(form: .copy, names: decoder.fieldNames)
        }
    }

    /// The share of the source that has been read, 0 to 1, where that is known.
    public var progress: Double? {
        if isFinished { return 1 }
        return switch source.kind {
        case .file(_, let input): input.progress
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
        quarantinedBytes = 0
        while !isFinished, try decode(&decoder, into: &batch) { try await fill() }
        return batch.rows > 0 || !batch.quarantined.isEmpty || !isFinished
    }

    /// Takes records from the window until the batch is full; `true` when the window has no whole one any more.
    ///
    /// Generic, so that the decoder is used where it is: a property of an existential is read from a copy of all of it.
    private func decode(
        _ decoder: inout some RecordDecoder, into batch: inout CopyBatch
    ) throws(SourceFailure) -> Bool {
        // A local: the bytes do not change meanwhile.
        let storage = window.storage
        let bytes = storage.span.extracting(0..<window.end)
        let isAtEnd = window.isAtEnd
        var position = window.start
        defer {
            window.start = position
            counts.read = decoder.recordCount
            decoder.report(to: &counts)
        }
        while batch.bytes.count < limits.outputBytes, quarantinedBytes < Self.quarantineBytes, !batch.lines.isFull,
            decoder.recordCount < recordLimit
        {
            let first = position
            let begin = batch.bytes.count
            if plan.hasOrdinal { batch.bytes.append(ordinal: decoder.recordCount + 1) }
            let outcome: RecordOutcome
            do {
                outcome = try decoder.next(in: bytes, from: &position, isAtEnd: isAtEnd, into: &batch.bytes)
            } catch { throw SourceFailure(error, in: source.name, onNewColumn: plan.onNewColumn) }
            let line = decoder.recordLine
            if case .row = outcome, plan.refused.isEmpty || plan.refused[line] == nil {
                counts.accepted += 1
                batch.lines.append(line)
                continue
            }
            batch.bytes.removeLast(batch.bytes.count - begin)
            switch outcome {
            case .needsMore: return true
            case .end:
                isFinished = true
                return false
            case .nothing: continue
            case .row:
                guard let fault = plan.refused[line] else { continue }
                batch.quarantined.append(
                    quarantined(fault.rule, fault.column, fault.error, line, bytes.extracting(first..<position), first))
            case .wrong(let error):
                guard plan.onTypeError == .quarantine else {
                    throw SourceFailure(
                        .typeError, "\(source.name), \(error)", line: error.line, column: error.column)
                }
                let rule = error.code.rawValue
                batch.quarantined.append(
                    quarantined(rule, error.column, error.message, line, bytes.extracting(first..<position), first))
            case .failed(let failure):
                guard try take(failure) else { continue }
                let (rule, message) = (failure.check, failure.message)
                batch.quarantined.append(
                    quarantined(rule, failure.column, message, line, bytes.extracting(first..<position), first))
            }
        }
        return false
    }

    private func fill() async throws(SourceFailure) {
        switch source.kind {
        case .file(_, let input): try window.fill(from: input)
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

    private func quarantined(
        _ rule: String, _ column: String?, _ error: String, _ line: Int, _ bytes: Span<UInt8>, _ first: Int
    ) -> QuarantinedRow {
        counts.quarantined += 1
        quarantinedBytes += bytes.count
        return QuarantinedRow(
            line: line, byteOffset: window.offset + first, bytes: bytes.array, rule: rule, column: column, error: error)
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
