internal import Catalog

/// The columns of CSV.
struct CSVInspection: RecordInspection {
    private let dialect: CSVDialect
    private let limits = DecodingLimits.ingest
    private var scanner: CSVRecordScanner
    private var prologue = TextPrologue()
    /// As the header has them; `nil` until the first record.
    private var names: [String]?
    private var kinds: [ValueKinds] = []
    private var isJumping = false

    init(_ file: FileSource) {
        dialect = CSVDialect(file)
        scanner = CSVRecordScanner(delimiter: file.delimiter, limits: limits)
    }

    var columns: [TargetColumn] {
        zip(ColumnNames.of(names ?? []), kinds).map { TargetColumn(name: $0, type: $1.columnType) }
    }

    mutating func jump() {
        scanner = CSVRecordScanner(delimiter: dialect.delimiter, limits: limits)
        isJumping = true
    }

    mutating func take(_ window: Span<UInt8>, _ start: inout Int, isAtEnd: Bool) throws(RowErrors) -> Bool {
        do throws(RowError) {
            if !prologue.isPast {
                try prologue.skip(window, &start, isAtEnd: isAtEnd)
                guard prologue.isPast else { return false }
            }
            if isJumping {
                // A line break in quotes would mislead it; a record with another number of fields does not count.
                guard let end = window.firstIndex(of: UInt8(ascii: "\n"), from: start) else { return false }
                start = end + 1
                isJumping = false
            }
            let first = start
            switch try scanner.next(in: window, from: start, isAtEnd: isAtEnd) {
            case .needsMore: return false
            case .end:
                if names == nil, dialect.hasHeader {
                    throw RowError(.missingHeader, line: 1, record: nil, "the text has no header line")
                }
                return false
            case .emptyLine: start += scanner.length
            case .record:
                start += scanner.length
                try look(at: window.extracting(first..<start))
            }
        } catch { throw RowErrors(errors: [error]) }
        return true
    }

    private mutating func look(at record: Span<UInt8>) throws(RowError) {
        guard names != nil || !dialect.hasHeader else { return try takeHeader(record) }
        guard scanner.fault == nil else { return }
        if names == nil {
            names = (1...scanner.fieldCount).map(ColumnNaming.name(ofField:))
            kinds = Array(repeating: [], count: scanner.fieldCount)
        }
        guard scanner.fieldCount == kinds.count, scanner.fields.count == kinds.count else { return }
        for (index, field) in scanner.fields.enumerated() where !kinds[index].contains(.text) {
            let text = record.extracting(Int(field.start)..<Int(field.end))
            if text.isEmpty, !field.isQuoted { continue }
            if let nullText = dialect.nullText, text.equals(nullText) { continue }
            kinds[index].insert(ValueKinds.kind(of: text))
        }
    }

    private mutating func takeHeader(_ record: Span<UInt8>) throws(RowError) {
        if let fault = scanner.fault { throw fault }
        guard scanner.fieldCount <= limits.maxFields else {
            throw RowError(
                .limitExceeded, line: scanner.line, record: nil, "a record has more than \(limits.maxFields) fields")
        }
        var header: [String] = []
        for field in scanner.fields {
            let name = try CSVDecoder.name(record, field, line: scanner.line)
            guard !header.contains(name) else {
                throw RowError(
                    .duplicateColumn, line: scanner.line, record: nil, column: name, "occurs twice in the header")
            }
            header.append(name)
        }
        names = header
        kinds = Array(repeating: [], count: header.count)
    }
}
