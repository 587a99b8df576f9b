internal import Catalog

/// Reads records again, each by itself, as a step reads them now. For one task.
///
/// A record is decoded alone, with its own end as the stream's: beside others a lonely quote would swallow them.
struct ReplayDecoder {
    /// Rows accepted although a check warns of them.
    var warned: Int { earlierWarned + warnedNow }

    private let plan: RecordPlan
    private let file: FileSource?
    private let limits: DecodingLimits
    private let checks: RowChecks
    private let naming: ColumnNaming
    private var reading: RecordReading?
    private var decoder: (any RecordDecoder)?
    /// By column, which field of a line of COPY text it is.
    private var fields: (width: Int, sources: [Int?]) = (0, [])
    private var line: [UInt8] = []
    private var earlierWarned = 0

    /// - Parameters:
    ///   - plan: Without `unique` checks: these are judged when all rows are there.
    ///   - source: The step's, as it is now.
    /// - Throws: `invalid_check`.
    init(_ plan: RecordPlan, source: SourceSpec, limits: DecodingLimits = .ingest) throws(SourceFailure) {
        self.plan = plan
        self.limits = limits
        file = FileSource(source)
        checks = try RowChecks(plan.checks, columns: plan.target, limits: limits)
        naming = ColumnNaming(declared: plan.declared?.map(\.name), onNewColumn: plan.onNewColumn)
    }

    private var warnedNow: Int {
        var counts = RecordCounts()
        decoder?.report(to: &counts)
        return counts.warned
    }

    // MARK: Sources

    /// Gets ready for records that were read so; `nil`: how is not known any more.
    ///
    /// - Parameter name: As messages call the source.
    /// - Throws: `columns_differ` when nobody knows the fields' names, or they are not those that the step wants now.
    mutating func begin(_ kept: RecordReading?, of name: String) throws(SourceFailure) {
        let form = present
        let reading = kept ?? RecordReading(form: form, isNamedByStep: true)
        guard reading != self.reading else { return }
        guard reading.form == form else {
            throw SourceFailure(
                .columnsDiffer,
                "\(name) was read as \(reading.form.rawValue), and the step reads \(form.rawValue) now",
                hint: "The records stay in quarantine. Set the step's source back to read them again.")
        }
        earlierWarned += warnedNow
        do throws(RowErrors) {
            switch form {
            case .csv: decoder = try csv(try names(reading, of: name))
            case .ndjson:
                decoder = JSONLinesDecoder(
                    columns: plan.target, names: naming, checks: checks, limits: limits, isContinued: true)
            case .copy:
                let names = reading.names ?? plan.target.map(\.name)
                fields = (names.count, plan.target.map { column in names.firstIndex(of: column.name) })
                decoder = CopyTextDecoder(
                    columns: plan.target, isSure: plan.target.map { _ in false }, checks: checks, limits: limits)
            }
        } catch {
            var failure = SourceFailure(error, in: name, onNewColumn: plan.onNewColumn)
            // The source is not looked at again, so what it lacks will not come by itself.
            failure.isRetryable = false
            throw failure
        }
        self.reading = reading
    }

    /// The form of what the step reads now.
    private var present: RecordReading.Form {
        guard let file else { return .copy }
        return file.format == .csv ? .csv : .ndjson
    }

    private func csv(_ names: [String]) throws(RowErrors) -> CSVDecoder {
        try CSVDecoder(
            columns: plan.target, fieldNames: names, dialect: file.map { CSVDialect($0) } ?? CSVDialect(),
            names: naming, checks: checks, limits: limits)
    }

    private func names(_ reading: RecordReading, of name: String) throws(RowErrors) -> [String] {
        if reading.isNamedByStep, let declared = naming.declared { return declared }
        if let names = reading.names { return names }
        throw RowErrors(errors: [
            RowError(
                .missingHeader, line: 1, record: nil,
                "the names of the fields were not kept; declare the step's columns, in the order of the source")
        ])
    }

    // MARK: Records

    /// Appends the row of a record of the source that was begun, or nothing.
    ///
    /// - Throws: When the record is wrong in a way that says `fail`.
    mutating func decode(_ record: KeptRecord, into output: inout [UInt8]) throws(SourceFailure) -> ReplayOutcome {
        guard var decoder else { preconditionFailure("a record without its source") }
        // Taken out, so that it is changed in place.
        self.decoder = nil
        defer { self.decoder = decoder }
        if present == .copy {
            if let wrong = rearrange(record) { return try take(wrong, record) }
            return try decode(&decoder, line, record, into: &output)
        }
        return try decode(&decoder, record.bytes, record, into: &output)
    }

    /// Generic for the reason that `RecordPipeline.decode` is.
    private func decode(
        _ decoder: inout some RecordDecoder, _ bytes: [UInt8], _ record: KeptRecord, into output: inout [UInt8]
    ) throws(SourceFailure) -> ReplayOutcome {
        let begin = output.count
        var position = 0
        let outcome: RecordOutcome
        do {
            outcome = try decoder.next(in: bytes.span, from: &position, isAtEnd: true, into: &output)
        } catch {
            // A limit: of a stream it ends the reading, of a record that stands alone it is its own.
            output.removeLast(output.count - begin)
            return try take(error.errors[0], record)
        }
        switch outcome {
        case .row where position == bytes.count: return .row
        case .wrong(let error): return try take(error, record)
        case .failed(let failure): return try take(failure, record)
        case .row, .nothing, .needsMore, .end:
            output.removeLast(output.count - begin)
            let message = "is not one record as the step reads it now"
            return try take(RowError(.misplacedQuote, line: record.line, record: nil, message), record)
        }
    }

    /// What a value that is none of its column's type means.
    private func take(_ error: RowError, _ record: KeptRecord) throws(SourceFailure) -> ReplayOutcome {
        guard plan.onTypeError == .quarantine else {
            let column = error.column.map { ", column \"\($0)\"" } ?? ""
            throw SourceFailure(
                .typeError, "\(record.place)\(column): \(error.message)", line: record.line, column: error.column)
        }
        return .kept(rule: error.code.rawValue, column: error.column, error: error.message)
    }

    private func take(_ failure: CheckFailure, _ record: KeptRecord) throws(SourceFailure) -> ReplayOutcome {
        switch failure.onFailure {
        case .quarantine: return .kept(rule: failure.check, column: failure.column, error: failure.message)
        case .drop, .warn: return .dropped
        case .fail: throw SourceFailure(failedCheck: failure.check, failure.column, failure.message, record)
        }
    }

    /// Puts the fields of a line of COPY text into `line`, in the order of the columns. Returns what is wrong with it.
    private mutating func rearrange(_ record: KeptRecord) -> RowError? {
        var bytes = record.bytes[...]
        if bytes.last == UInt8(ascii: "\n") { bytes = bytes.dropLast() }
        let parts = bytes.split(separator: UInt8(ascii: "\t"), omittingEmptySubsequences: false)
        guard parts.count == fields.width else {
            return RowError(
                parts.count < fields.width ? .tooFewFields : .tooManyFields, line: record.line, record: nil,
                "the row has \(parts.count) fields, \(fields.width) are known")
        }
        line.removeAll(keepingCapacity: line.capacity <= 1 << 20)
        for source in fields.sources {
            if let source { line += parts[source] } else { CopyText.appendNull(to: &line) }
            line.append(UInt8(ascii: "\t"))
        }
        line[line.count - 1] = UInt8(ascii: "\n")
        return nil
    }
}

extension SourceFailure {
    /// A record failed a check that says `fail`.
    init(failedCheck check: String, _ column: String?, _ message: String, _ record: KeptRecord) {
        let place = column.map { ", column \"\($0)\"" } ?? ""
        self.init(
            .checkFailed, "\(record.place)\(place): \(message) (\(check))", line: record.line, column: column)
    }
}
