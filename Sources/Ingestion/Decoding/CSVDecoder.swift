internal import Catalog

/// Rows from CSV.
///
/// An empty line is passed over, unless records have one field: there it is a NULL.
struct CSVDecoder: RecordDecoder {
    /// What the loop over a record's fields needs of a column: nothing here is counted by reference.
    private struct Target {
        /// The field's index; -1 when the records do not give the column.
        var source: Int
        var type: ColumnType
        var isNullable: Bool
        var isChecked: Bool
    }

    private(set) var recordCount = 0
    private(set) var fieldNames: [String]?
    private var checks: RowChecks
    var recordLine: Int { scanner.line }

    private let columns: [TargetColumn]
    private let limits: DecodingLimits
    private let dialect: CSVDialect
    private let names: ColumnNaming
    private let encoder: FieldEncoder
    private var scanner: CSVRecordScanner
    private var prologue = TextPrologue()
    private var targets: [Target] = []
    /// Fields in each record; `nil` until the header has been read.
    private var width: Int?
    /// A field with its doubled quotes undone; kept to reuse its memory.
    private var unquoted: [UInt8] = []

    init(
        columns: [TargetColumn], dialect: CSVDialect = CSVDialect(), names: ColumnNaming, checks: RowChecks,
        limits: DecodingLimits
    ) {
        self.columns = columns
        self.limits = limits
        self.dialect = dialect
        self.names = names
        self.checks = checks
        encoder = FieldEncoder(maxJSONDepth: limits.maxJSONDepth)
        scanner = CSVRecordScanner(delimiter: dialect.delimiter, limits: limits)
    }

    /// For records that stand alone, of a stream whose fields had these names.
    ///
    /// - Throws: When the names do not fit the columns.
    init(
        columns: [TargetColumn], fieldNames: [String], dialect: CSVDialect, names: ColumnNaming, checks: RowChecks,
        limits: DecodingLimits
    ) throws(RowErrors) {
        self.init(columns: columns, dialect: dialect, names: names, checks: checks, limits: limits)
        prologue = TextPrologue(isPast: true)
        try setTargets(fieldNames, line: 1)
    }

    mutating func next(
        in window: Span<UInt8>, from start: inout Int, isAtEnd: Bool, into output: inout [UInt8]
    ) throws(RowErrors) -> RecordOutcome {
        let first = start
        if !prologue.isPast {
            do { try prologue.skip(window, &start, isAtEnd: isAtEnd) } catch { throw RowErrors(errors: [error]) }
            guard prologue.isPast else { return .needsMore }
            if !dialect.hasHeader, let declared = names.declared {
                try setTargets(declared, line: 1)
            }
            if start > first { return .nothing }
        }
        let step: CSVRecordScanner.Step
        do { step = try scanner.next(in: window, from: start, isAtEnd: isAtEnd) } catch {
            throw RowErrors(errors: [numbered(error)])
        }
        switch step {
        case .needsMore: return .needsMore
        case .end:
            guard width != nil || !dialect.hasHeader else {
                let error = RowError(.missingHeader, line: 1, record: nil, "the text has no header line")
                throw RowErrors(errors: [error])
            }
            return .end
        case .emptyLine where width != 1:
            start += scanner.length
            return .nothing
        case .emptyLine, .record:
            start += scanner.length
            let record = window.extracting(first..<start)
            if width == nil {
                try takeNames(record)
                if dialect.hasHeader { return .nothing }
            }
            let width = self.width ?? 0
            recordCount += 1
            if let fault = scanner.fault { return .wrong(numbered(fault)) }
            guard scanner.fieldCount == width else { return .wrong(wrongWidth(width)) }
            return try encode(record, into: &output)
        }
    }

    func report(to counts: inout RecordCounts) { checks.report(to: &counts) }

    // MARK: Going on

    var position: DecoderPosition? {
        guard checks.areIndependent, prologue.isPast else { return nil }
        return DecoderPosition(lines: scanner.position, names: fieldNames)
    }

    mutating func goOn(at position: DecoderPosition, _ counts: RecordCounts) -> Bool {
        // Names that do not fit are of another plan.
        guard checks.areIndependent, let names = position.names, (try? setTargets(names, line: 1)) != nil else {
            return false
        }
        prologue = TextPrologue(isPast: true)
        scanner.position = position.lines
        recordCount = counts.read
        checks.goOn(at: counts)
        return true
    }

    /// A failure of the scanner, which does not count records.
    private func numbered(_ error: RowError) -> RowError {
        guard width != nil else { return error }
        var error = error
        // One that the scanner throws is of the record that comes next.
        error.record = scanner.fault == nil ? recordCount + 1 : recordCount
        return error
    }

    // MARK: Header

    /// Takes the fields' names from the header; without one they are numbered.
    private mutating func takeNames(_ record: Span<UInt8>) throws(RowErrors) {
        do throws(RowError) {
            if let fault = scanner.fault { throw fault }
            guard scanner.fieldCount <= limits.maxFields else {
                throw RowError(
                    .limitExceeded, line: recordLine, record: nil, "a record has more than \(limits.maxFields) fields")
            }
        } catch { throw RowErrors(errors: [error]) }
        guard dialect.hasHeader else {
            let numbered = (1...scanner.fieldCount).map(ColumnNaming.name(ofField:))
            return try setTargets(numbered, line: recordLine)
        }
        var header: [String] = []
        do throws(RowError) {
            for field in scanner.fields { header.append(try Self.name(record, field, line: recordLine)) }
        } catch { throw RowErrors(errors: [error]) }
        try setTargets(header, line: recordLine)
    }

    private mutating func setTargets(_ fieldNames: [String], line: Int) throws(RowErrors) {
        let match = try names.match(fieldNames, with: columns, line: line)
        self.fieldNames = fieldNames
        width = match.width
        targets = columns.indices.map { index in
            Target(
                source: match.sources[index] ?? -1, type: columns[index].type,
                isNullable: columns[index].isNullable, isChecked: checks.hasChecks(ofColumn: index))
        }
    }

    static func name(
        _ record: Span<UInt8>, _ field: CSVRecordScanner.Field, line: Int
    ) throws(RowError) -> String {
        var text: [UInt8] = []
        append(unquoting: record.extracting(Int(field.start)..<Int(field.end)), to: &text)
        guard !text.contains(0), let name = String(validating: text, as: UTF8.self) else {
            throw RowError(
                .notUTF8, line: line + Int(field.line), record: nil,
                "the header is not UTF-8; save the text as UTF-8")
        }
        return name
    }

    // MARK: Records

    private func wrongWidth(_ width: Int) -> RowError {
        let count = scanner.fieldCount
        let what = dialect.hasHeader ? "the header" : "the declaration"
        return RowError(
            count < width ? .tooFewFields : .tooManyFields, line: recordLine + Int(scanner.fields.last?.line ?? 0),
            record: recordCount, "the record has \(count) fields, \(what) \(width)")
    }

    private mutating func encode(
        _ record: Span<UInt8>, into output: inout [UInt8]
    ) throws(RowErrors) -> RecordOutcome {
        let begin = output.count
        var column = 0
        do throws(FieldError) {
            while column < targets.count {
                if column > 0 { output.append(UInt8(ascii: "\t")) }
                try encodeField(column, record, into: &output)
                column += 1
            }
        } catch {
            output.removeLast(output.count - begin)
            checks.abandonRow()
            return .wrong(
                RowError(
                    error.code, line: line(ofColumn: column), record: recordCount, column: columns[column].name,
                    error.message))
        }
        output.append(UInt8(ascii: "\n"))
        guard checks.areAny else { return .row }
        let failure: CheckFailure?
        do { failure = try checks.endRow() } catch {
            throw RowErrors(errors: [error.at(line: recordLine, record: recordCount)])
        }
        guard let failure else { return .row }
        output.removeLast(output.count - begin)
        return .failed(failure.onLine(line(ofColumn: failure.columnIndex)))
    }

    private func line(ofColumn column: Int) -> Int {
        let source = targets[column].source
        return recordLine + (source < 0 ? 0 : Int(scanner.fields[source].line))
    }

    private mutating func encodeField(
        _ column: Int, _ record: Span<UInt8>, into output: inout [UInt8]
    ) throws(FieldError) {
        let target = targets[column]
        guard target.source >= 0 else { return try encodeNull(column, target, into: &output) }
        let field = scanner.fields[target.source]
        let text = record.extracting(Int(field.start)..<Int(field.end))
        if text.isEmpty, !field.isQuoted { return try encodeNull(column, target, into: &output) }
        if field.hasDoubledQuotes {
            unquoted.removeAll(keepingCapacity: unquoted.capacity <= 1 << 20)
            Self.append(unquoting: text, to: &unquoted)
            // A local: the span must not borrow what is changed.
            let whole = unquoted
            return try encode(whole.span, column, target, into: &output)
        }
        try encode(text, column, target, into: &output)
    }

    @inline(__always)
    private mutating func encode(
        _ text: Span<UInt8>, _ column: Int, _ target: Target, into output: inout [UInt8]
    ) throws(FieldError) {
        if let nullText = dialect.nullText, text.equals(nullText) {
            return try encodeNull(column, target, into: &output)
        }
        try encoder.append(text: text, as: target.type, to: &output)
        if target.isChecked { checks.check(text, column: column) }
    }

    private mutating func encodeNull(_ column: Int, _ target: Target, into output: inout [UInt8]) throws(FieldError) {
        guard target.isNullable else { throw FieldError(.nullNotAllowed, "must not be empty") }
        CopyText.appendNull(to: &output)
        if target.isChecked { checks.checkNull(column: column) }
    }

    /// Appends `text` with each pair of quotes made one.
    static func append(unquoting text: Span<UInt8>, to output: inout [UInt8]) {
        var index = 0
        while index < text.count {
            output.append(text[index])
            index += text[index] == UInt8(ascii: "\"") ? 2 : 1
        }
    }
}
