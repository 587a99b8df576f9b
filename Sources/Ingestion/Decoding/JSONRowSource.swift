internal import JSON

/// Rows from JSON objects: the elements of an array, or NDJSON.
struct JSONRowSource: RowSource {
    private(set) var rowCount = 0
    var lines = RowLines()
    var errors: [RowError] { log.errors }

    private let limits: DecodingLimits
    private var reader: JSONElementReader
    private var record: JSONRecord
    private var log: RowErrorLog
    private var recordCount = 0

    init(_ framing: JSONElementReader.Framing, columns: [TargetColumn], limits: DecodingLimits) {
        self.limits = limits
        reader = JSONElementReader(framing: framing, maxElementBytes: limits.maxRecordBytes)
        record = JSONRecord(columns: columns, limits: limits)
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
            } catch { throw log.fatal(RowError(error, record: recordCount + 1)) }
            try takeRecord(chunk, into: &output)
        }
    }

    mutating func finish(into output: inout [UInt8]) throws(RowErrors) {
        let isRecord: Bool
        do { isRecord = try reader.finish() } catch { throw log.fatal(RowError(error, record: recordCount + 1)) }
        if isRecord {
            let nothing: [UInt8] = []
            try takeRecord(nothing.span, into: &output)
        }
        try log.throwIfAny()
    }

    private mutating func takeRecord(_ chunk: Span<UInt8>, into output: inout [UInt8]) throws(RowErrors) {
        recordCount += 1
        let start = output.count
        do {
            try reader.withElement(in: chunk) { (element) throws(JSONRecordError) in
                try record.append(element, to: &output)
            }
            rowCount += 1
            lines.append(reader.elementPosition.line)
        } catch {
            output.removeLast(output.count - start)
            switch error {
            case .json(let error):
                let error = RowError(reader.located(error, in: chunk), record: recordCount)
                // After a malformed element of an array nobody knows where the next one begins.
                if reader.framing == .array { throw log.fatal(error) }
                try log.note(error)
            case .field(let error, let column, let linesBefore):
                let line = reader.elementPosition.line + linesBefore
                try log.note(RowError(error.code, line: line, record: recordCount, column: column, error.message))
            }
        }
    }
}

extension RowError {
    /// A record that is no JSON.
    init(_ error: JSONError, record: Int) {
        let code: Code =
            switch error.code {
            case .invalidUTF8: .notUTF8
            case .nulCharacter: .nulCharacter
            case .tooDeep, .tooLarge: .limitExceeded
            default: .malformedJSON
            }
        let place = error.pointer.isEmpty ? "" : " at \(error.pointer)"
        self.init(code, line: error.line, record: record, "\(error.detail) (column \(error.column)\(place))")
    }
}
