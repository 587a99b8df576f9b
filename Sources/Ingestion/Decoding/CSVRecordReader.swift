internal import JSON

/// Cuts a stream of CSV bytes (RFC 4180, commas) into records and fields.
///
/// Lines end with LF, CRLF or a lone CR. A quoted field may hold all of them. Chunks may be of any size and cut
/// anywhere; only a record that is cut by the end of a chunk is copied.
struct CSVRecordReader: Sendable {
    /// Where a field's text is, counted from the record's first byte, without its quotes.
    struct Field: Sendable {
        var range: Range<Int>
        var isQuoted: Bool
        /// Whether quotes inside it are doubled.
        var hasDoubledQuotes: Bool
        var line: Int
    }

    private enum State { case recordStart, fieldStart, unquoted, quoted, quoteInQuoted }

    /// The fields of the record found last.
    private(set) var fields: [Field] = []
    /// The line on which the record found last begins, from 1.
    private(set) var recordLine = 1

    private let limits: DecodingLimits
    private var mark = ByteOrderMark()
    private var state = State.recordStart
    private var line = 1
    /// The line break before was a CR: a LF that follows belongs to it.
    private var isAfterCarriageReturn = false
    private var fieldStart = 0
    private var fieldLine = 1
    private var hasDoubledQuotes = false
    /// The bytes of the record that earlier chunks brought.
    private var carry: [UInt8] = []
    /// Where the record found last lies: in the chunk, or (`nil`) in `carry`.
    private var range: Range<Int>?
    private var isComplete = false

    init(limits: DecodingLimits) { self.limits = limits }

    /// Moves `position` behind the next record of `chunk`; `false` when no further record ends in `chunk`.
    mutating func next(in chunk: Span<UInt8>, from position: inout Int) throws(RowError) -> Bool {
        startOver()
        if !mark.isPast { try skipMark(chunk, &position) }
        var start = position
        while position < chunk.count {
            if state == .recordStart {
                if isAfterCarriageReturn, chunk[position] == UInt8(ascii: "\n") { position += 1 }
                isAfterCarriageReturn = false
                start = position
                guard position < chunk.count else { break }
                recordLine = line
                state = .fieldStart
            }
            // Added to a position in the chunk it gives the place in the record.
            let origin = carry.count - start
            switch state {
            case .recordStart: break
            case .fieldStart: startField(chunk, &position, origin)
            case .unquoted:
                while position < chunk.count, !Self.endsPlainText(chunk[position]) { position += 1 }
                guard position < chunk.count else { break }
                if chunk[position] == UInt8(ascii: "\"") {
                    throw failure(
                        .misplacedQuote,
                        "field \(fields.count + 1) has a quote inside; put the field in quotes and double the quote")
                }
                try endField(at: position + origin, isQuoted: false)
                if endsRecord(chunk, &position) { return try finishRecord(chunk, start, position, origin) }
            case .quoted:
                while position < chunk.count, chunk[position] != UInt8(ascii: "\"") {
                    countLineBreak(chunk[position])
                    position += 1
                }
                guard position < chunk.count else { break }
                isAfterCarriageReturn = false
                position += 1
                state = .quoteInQuoted
            case .quoteInQuoted:
                if chunk[position] == UInt8(ascii: "\"") {
                    hasDoubledQuotes = true
                    position += 1
                    state = .quoted
                } else {
                    guard Self.endsPlainText(chunk[position]) else {
                        throw failure(.misplacedQuote, "text follows the closing quote of field \(fields.count + 1)")
                    }
                    try endField(at: position + origin - 1, isQuoted: true)
                    if endsRecord(chunk, &position) { return try finishRecord(chunk, start, position, origin) }
                }
            }
        }
        try keep(chunk, start)
        return false
    }

    /// Ends the stream; `true` when that completes a last record without line break.
    mutating func finish() throws(RowError) -> Bool {
        startOver()
        guard mark.mayEnd else { throw failure(.notUTF8, Self.encodingHint) }
        switch state {
        case .recordStart: return false
        case .fieldStart:
            fieldStart = carry.count
            fieldLine = line
            try endField(at: carry.count, isQuoted: false)
        case .unquoted: try endField(at: carry.count, isQuoted: false)
        case .quoteInQuoted: try endField(at: carry.count - 1, isQuoted: true)
        case .quoted:
            throw RowError(
                .unclosedQuote, line: fieldLine, record: nil,
                "the quote that begins field \(fields.count + 1) is never closed")
        }
        state = .recordStart
        isComplete = true
        range = nil
        return true
    }

    /// Lends the record found last; `chunk` is the one it was found in.
    func withRecord<R, E: Error>(in chunk: Span<UInt8>, _ body: (Span<UInt8>) throws(E) -> R) throws(E) -> R {
        if let range { try body(chunk.extracting(range)) } else { try body(carry.span) }
    }

    private mutating func startOver() {
        guard isComplete else { return }
        isComplete = false
        fields.removeAll(keepingCapacity: true)
        // One huge record must not pin its memory for the rest of the stream.
        carry.removeAll(keepingCapacity: carry.capacity <= 1 << 20)
    }

    private static let encodingHint = "the text is not UTF-8; save it as UTF-8"

    private mutating func skipMark(_ chunk: Span<UInt8>, _ position: inout Int) throws(RowError) {
        do { try mark.skip(chunk, &position) } catch {
            throw failure(.notUTF8, error == .utf16 ? "the text is UTF-16; save it as UTF-8" : Self.encodingHint)
        }
    }

    @inline(__always)
    private static func endsPlainText(_ byte: UInt8) -> Bool {
        byte == UInt8(ascii: ",") || byte == UInt8(ascii: "\n") || byte == UInt8(ascii: "\r")
            || byte == UInt8(ascii: "\"")
    }

    private mutating func startField(_ chunk: Span<UInt8>, _ position: inout Int, _ origin: Int) {
        fieldLine = line
        hasDoubledQuotes = false
        if chunk[position] == UInt8(ascii: "\"") {
            position += 1
            state = .quoted
        } else {
            state = .unquoted
        }
        fieldStart = position + origin
    }

    private mutating func endField(at end: Int, isQuoted: Bool) throws(RowError) {
        try checkSize(upTo: end)
        guard fields.count < limits.maxFields else {
            throw failure(.limitExceeded, "a record has more than \(limits.maxFields) fields")
        }
        fields.append(
            Field(range: fieldStart..<end, isQuoted: isQuoted, hasDoubledQuotes: hasDoubledQuotes, line: fieldLine))
        state = .fieldStart
    }

    /// Consumes the comma or line break after a field; `true` for a line break.
    private mutating func endsRecord(_ chunk: Span<UInt8>, _ position: inout Int) -> Bool {
        let byte = chunk[position]
        position += 1
        guard byte != UInt8(ascii: ",") else { return false }
        line += 1
        isAfterCarriageReturn = byte == UInt8(ascii: "\r")
        state = .recordStart
        return true
    }

    private mutating func finishRecord(
        _ chunk: Span<UInt8>, _ start: Int, _ position: Int, _ origin: Int
    ) throws(RowError) -> Bool {
        if carry.isEmpty {
            range = start..<position
            guard position - start <= limits.maxRecordBytes else { throw recordTooLong }
        } else {
            try keep(chunk, start, to: position)
            range = nil
        }
        isComplete = true
        return true
    }

    /// Counts CR, LF and CRLF inside a quoted field as one line break each.
    private mutating func countLineBreak(_ byte: UInt8) {
        if byte == UInt8(ascii: "\r") || byte == UInt8(ascii: "\n") && !isAfterCarriageReturn { line += 1 }
        isAfterCarriageReturn = byte == UInt8(ascii: "\r")
    }

    /// Copies the rest of the chunk, which belongs to a record that goes on.
    private mutating func keep(_ chunk: Span<UInt8>, _ start: Int, to end: Int? = nil) throws(RowError) {
        let end = end ?? chunk.count
        guard carry.count + end - start <= limits.maxRecordBytes else { throw recordTooLong }
        if state == .unquoted || state == .quoted { try checkSize(upTo: carry.count + end - start) }
        chunk.extracting(start..<end).withUnsafeBufferPointer { carry.append(contentsOf: $0) }
    }

    private func checkSize(upTo end: Int) throws(RowError) {
        guard end - fieldStart > limits.maxFieldBytes else { return }
        let hint = state == .quoted ? "; is its closing quote missing?" : ""
        throw RowError(
            .limitExceeded, line: fieldLine, record: nil,
            "field \(fields.count + 1) is longer than \(limits.maxFieldBytes) bytes\(hint)")
    }

    private var recordTooLong: RowError {
        RowError(
            .limitExceeded, line: recordLine, record: nil, "a record is longer than \(limits.maxRecordBytes) bytes")
    }

    private func failure(_ code: RowError.Code, _ message: String) -> RowError {
        RowError(code, line: line, record: nil, message)
    }
}
