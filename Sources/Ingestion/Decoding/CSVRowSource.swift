/// Rows from CSV with a header.
///
/// An empty line is passed over, unless records have one field: there it is a NULL.
struct CSVRowSource: RowSource {
    private(set) var rowCount = 0
    var lines = RowLines()
    var errors: [RowError] { log.errors }

    private let columns: [TargetColumn]
    private let limits: DecodingLimits
    private let encoder: FieldEncoder
    private var reader: CSVRecordReader
    private var header: CSVHeader?
    private var log: RowErrorLog
    private var recordCount = 0
    /// A field with its doubled quotes undone; kept to reuse its memory.
    private var unquoted: [UInt8] = []

    init(columns: [TargetColumn], limits: DecodingLimits) {
        self.columns = columns
        self.limits = limits
        encoder = FieldEncoder(maxJSONDepth: limits.maxJSONDepth)
        reader = CSVRecordReader(limits: limits)
        log = RowErrorLog(limit: limits.maxErrors)
    }

    mutating func decode(
        _ chunk: Span<UInt8>, from position: inout Int, into output: inout [UInt8]
    ) throws(RowErrors) {
        let start = output.count
        // At the chunk's end the reader must be told so, even when enough has been written.
        while output.count - start < limits.outputBytes || position == chunk.count {
            do {
                guard try reader.next(in: chunk, from: &position) else { return }
            } catch { throw log.fatal(numbered(error)) }
            try takeRecord(chunk, into: &output)
        }
    }

    mutating func finish(into output: inout [UInt8]) throws(RowErrors) {
        let isRecord: Bool
        do { isRecord = try reader.finish() } catch { throw log.fatal(numbered(error)) }
        if isRecord {
            let nothing: [UInt8] = []
            try takeRecord(nothing.span, into: &output)
        }
        if header == nil {
            throw log.fatal(RowError(.missingHeader, line: 1, record: nil, "the text has no header line"))
        }
        try log.throwIfAny()
    }

    /// A failure of the reader, which does not count records.
    private func numbered(_ error: RowError) -> RowError {
        var error = error
        if header != nil { error.record = recordCount + 1 }
        return error
    }

    private mutating func takeRecord(_ chunk: Span<UInt8>, into output: inout [UInt8]) throws(RowErrors) {
        let isEmptyLine = reader.fields.count == 1 && !reader.fields[0].isQuoted && reader.fields[0].range.isEmpty
        if isEmptyLine, header?.width != 1 { return }
        guard let header else {
            try takeHeader(chunk)
            return
        }
        recordCount += 1
        let start = output.count
        do {
            try checkWidth(header.width)
            try reader.withRecord(in: chunk) { (record) throws(RowError) in
                try Self.append(
                    record, reader.fields, header, columns, encoder, &unquoted, number: recordCount,
                    line: reader.recordLine, to: &output)
            }
            rowCount += 1
            lines.append(reader.recordLine)
        } catch {
            output.removeLast(output.count - start)
            try log.note(error)
        }
    }

    private mutating func takeHeader(_ chunk: Span<UInt8>) throws(RowErrors) {
        var names: [String] = []
        do {
            try reader.withRecord(in: chunk) { (record) throws(RowError) in
                for field in reader.fields { names.append(try Self.name(record, field)) }
            }
        } catch { throw log.fatal(error) }
        header = try CSVHeader(names: names, columns: columns, line: reader.recordLine)
    }

    private static func name(_ record: Span<UInt8>, _ field: CSVRecordReader.Field) throws(RowError) -> String {
        var text: [UInt8] = []
        append(unquoting: record.extracting(field.range), to: &text)
        guard let name = String(validating: text, as: UTF8.self) else {
            throw RowError(.notUTF8, line: field.line, record: nil, "the header is not UTF-8; save the text as UTF-8")
        }
        return name
    }

    private func checkWidth(_ width: Int) throws(RowError) {
        let count = reader.fields.count
        guard count != width else { return }
        let code: RowError.Code = count < width ? .tooFewFields : .tooManyFields
        throw RowError(
            code, line: reader.fields.last?.line ?? reader.recordLine, record: recordCount,
            "the record has \(count) fields, the header \(width)")
    }

    /// Appends one row; static so that the reader, which lends the record, is not touched meanwhile.
    private static func append(
        _ record: Span<UInt8>, _ fields: [CSVRecordReader.Field], _ header: CSVHeader, _ columns: [TargetColumn],
        _ encoder: FieldEncoder, _ unquoted: inout [UInt8], number: Int, line: Int, to output: inout [UInt8]
    ) throws(RowError) {
        for index in columns.indices {
            if index > 0 { output.append(UInt8(ascii: "\t")) }
            guard let source = header.sources[index] else {
                CopyText.appendNull(to: &output)
                continue
            }
            let field = fields[source]
            let text = record.extracting(field.range)
            do throws(FieldError) {
                if text.isEmpty, !field.isQuoted {
                    guard columns[index].isNullable else { throw FieldError(.nullNotAllowed, "must not be empty") }
                    CopyText.appendNull(to: &output)
                } else if field.hasDoubledQuotes {
                    unquoted.removeAll(keepingCapacity: unquoted.capacity <= 1 << 20)
                    append(unquoting: text, to: &unquoted)
                    try encoder.append(text: unquoted.span, as: columns[index].type, to: &output)
                } else {
                    try encoder.append(text: text, as: columns[index].type, to: &output)
                }
            } catch {
                throw RowError(
                    error.code, line: field.line, record: number, column: columns[index].name, error.message)
            }
        }
        output.append(UInt8(ascii: "\n"))
    }

    /// Appends `text` with each pair of quotes made one.
    private static func append(unquoting text: Span<UInt8>, to output: inout [UInt8]) {
        var index = 0
        while index < text.count {
            output.append(text[index])
            index += text[index] == UInt8(ascii: "\"") ? 2 : 1
        }
    }
}
