internal import JSON

/// Turns an upload into COPY data for a dataset's columns, chunk by chunk, checking every value on the way.
///
/// Rows come out in the order of `columns`, in `COPY … FROM STDIN` text format; columns that a record does not give
/// are NULL. Memory is bounded by `DecodingLimits`, not by the upload. After it has thrown a decoder is spent, and
/// what it wrote must not be committed.
///
///     while let chunk = try await body.next() {
///         decoder.push(chunk)
///         while try decoder.decode(into: &output) { … }   // send output, empty it
///     }
///     decoder.finish()                                      // and decode again
public struct RowDecoder {
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
    private var decoder: any RecordDecoder
    private var intake: Intake
    private var window: [UInt8] = []

    /// - Parameter columns: At least one; names are unique.
    public init(_ format: Format, columns: [TargetColumn], limits: DecodingLimits = DecodingLimits()) {
        self.columns = columns
        intake = Intake(limits)
        let names = ColumnNaming(isExact: true)
        decoder =
            switch format {
            case .csv: CSVDecoder(columns: columns, names: names, checks: RowChecks(), limits: limits)
            case .ndjson: JSONLinesDecoder(columns: columns, names: names, checks: RowChecks(), limits: limits)
            case .json: JSONArrayDecoder(columns: columns, limits: limits)
            }
    }

    /// Records that were accepted.
    public var rowCount: Int { intake.rowCount }

    /// Where the rows since the last `forgetLines` began.
    public var lines: RowLines { intake.lines }

    /// Wrong records so far, in order; each of them is one record that is not among the rows.
    public var errors: [RowError] { intake.log.errors }

    /// Frees what `lines` keeps: up to 32 bytes per row. To be called when `lines.isFull`, or sooner.
    public mutating func forgetLines() { intake.lines.forget() }

    /// Puts `chunk` behind the bytes there are; to be called when `decode` has answered `false`.
    public mutating func push(_ chunk: [UInt8]) {
        if intake.start == window.count {
            window = chunk
        } else {
            window.removeFirst(intake.start)
            window += chunk
        }
        intake.start = 0
    }

    /// Says that no chunk follows.
    public mutating func finish() {
        intake.isAtEnd = true
        // What has been consumed is not to be shown a second time.
        if intake.start == window.count { (window, intake.start) = ([], 0) }
    }

    /// Appends rows to `output`; `false` when it needs the next chunk for more, or is at the end.
    ///
    /// Returns `true` once `DecodingLimits.outputBytes` are written. A wrong record is passed over to find further
    /// ones; the errors are thrown when they are enough, or at the end.
    public mutating func decode(into output: inout [UInt8]) throws(RowErrors) -> Bool {
        // A local: the span must not borrow what is changed.
        let window = window
        return try intake.decode(window.span, with: &decoder, into: &output)
    }
}

/// How far an upload has been taken, and what was found.
private struct Intake {
    let limits: DecodingLimits
    var log: RowErrorLog
    var rowCount = 0
    var lines = RowLines()
    var start = 0
    var isAtEnd = false

    init(_ limits: DecodingLimits) {
        self.limits = limits
        log = RowErrorLog(limit: limits.maxErrors)
    }

    /// Generic, so that the decoder is used where it is: a property of an existential is read from a copy of all of it.
    mutating func decode(
        _ window: Span<UInt8>, with decoder: inout some RecordDecoder, into output: inout [UInt8]
    ) throws(RowErrors) -> Bool {
        let begin = output.count
        while output.count - begin < limits.outputBytes {
            let outcome: RecordOutcome
            do {
                outcome = try decoder.next(in: window, from: &start, isAtEnd: isAtEnd, into: &output)
            } catch { throw RowErrors(errors: log.errors + error.errors) }
            switch outcome {
            case .row:
                rowCount += 1
                lines.append(decoder.recordLine)
            case .wrong(let error): try log.note(error)
            // There are no checks.
            case .failed, .nothing: break
            case .needsMore: return false
            case .end:
                try log.throwIfAny()
                return false
            }
        }
        return true
    }
}
