internal import JSON

/// How CSV is written, beyond RFC 4180.
struct CSVDialect: Sendable, Hashable {
    /// One byte of ASCII, neither a quote nor part of a line break.
    var delimiter = UInt8(ascii: ",")
    /// Whether the first record names the fields.
    var hasHeader = true
    /// A field with exactly these bytes, quoted or not, is NULL, besides an empty one without quotes.
    var nullText: [UInt8]?
}

/// Cuts CSV (RFC 4180) into records and fields, in a window over the stream that begins with the record.
///
/// Lines end with LF, CRLF or a lone CR. A quoted field may hold all of them. Every byte of the stream belongs to one
/// record, with its line break, or to one empty line.
///
/// A record with a structural fault (a quote that is misplaced or never closed) ends at its first line break, and the
/// scan goes on with the line after it: a lonely quote costs its own line, whatever follows.
struct CSVRecordScanner: Sendable {
    /// Where a field's text is, counted from the record's first byte, without its quotes.
    struct Field: Sendable {
        var start: Int32
        var end: Int32
        /// Line breaks of the record before it.
        var line: Int32
        var isQuoted: Bool
        /// Whether quotes inside it are doubled.
        var hasDoubledQuotes: Bool
    }

    enum Step {
        /// A record of `length` bytes, whole or with a `fault`.
        case record
        /// An empty line of `length` bytes.
        case emptyLine
        /// The window ends before the record does.
        case needsMore
        case end
    }

    private enum State { case fieldStart, unquoted, quoted, quoteInQuoted, skipping, afterCarriageReturn }

    /// Of the record found last: its fields (no more than `DecodingLimits.maxFields` of them), how many it has, its
    /// bytes with the line break, the line it begins on (from 1), and what is wrong with its quotes.
    private(set) var fields: [Field] = []
    private(set) var fieldCount = 0
    private(set) var length = 0
    private(set) var line = 1
    private(set) var fault: RowError?

    private let limits: DecodingLimits
    private let delimiter: UInt8
    /// No byte above it means anything outside of quotes.
    private let ceiling: UInt8
    private var state = State.fieldStart
    private var isInside = false
    /// Bytes of the record that have been looked at.
    private var scanned = 0
    private var fieldStart = 0
    private var fieldLine: Int32 = 0
    private var hasDoubledQuotes = false
    private var nextLine = 1
    /// Line breaks inside of quotes, and where the line after the first of them begins.
    private var breaks: Int32 = 0
    private var secondLine: Int?
    /// Bytes of the records found, and those that were looked at again because of faults: what keeps hostile input from
    /// costing its square.
    private var consumed = 0
    private var rescanned = 0

    init(delimiter: UInt8 = UInt8(ascii: ","), limits: DecodingLimits) {
        self.limits = limits
        self.delimiter = delimiter
        ceiling = max(delimiter, UInt8(ascii: "\""))
    }

    /// Between two records, what the next ones depend on.
    struct Position: Sendable, Hashable {
        /// From 1.
        var nextLine = 1
        var consumed = 0
        var rescanned = 0
    }

    var position: Position {
        get { Position(nextLine: nextLine, consumed: consumed, rescanned: rescanned) }
        set { (nextLine, consumed, rescanned) = (newValue.nextLine, newValue.consumed, newValue.rescanned) }
    }

    /// Finds the next record in `window`, which holds the stream from the record's first byte, `start`, on.
    ///
    /// After `needsMore` the same call is made again with more bytes behind those there were.
    ///
    /// - Throws: What makes the rest of the stream unreadable: a line beyond every limit.
    mutating func next(in window: Span<UInt8>, from start: Int, isAtEnd: Bool) throws(RowError) -> Step {
        if !isInside { begin() }
        var index = start + scanned
        let end = window.count
        while true {
            switch state {
            case .fieldStart:
                guard index < end else {
                    guard isAtEnd else { return try pause(at: index - start) }
                    if index == start {
                        isInside = false
                        return .end
                    }
                    beginField(at: index - start)
                    endField(at: index - start, isQuoted: false)
                    return try finish(at: index - start)
                }
                if window[index] == UInt8(ascii: "\"") {
                    index += 1
                    state = .quoted
                } else {
                    state = .unquoted
                }
                beginField(at: index - start)
            case .unquoted:
                while index < end {
                    let byte = window[index]
                    if byte <= ceiling, endsPlainText(byte) { break }
                    index += 1
                }
                guard index < end || isAtEnd else { return try pause(at: index - start) }
                if index < end, window[index] == UInt8(ascii: "\"") {
                    let message = "has a quote inside; put the field in quotes and double the quote"
                    if let step = try resynchronise(misplaced(fieldCount + 1, message), at: index - start) {
                        return step
                    }
                    continue
                }
                endField(at: index - start, isQuoted: false)
                if let step = try afterField(window, &index, start) { return step }
            case .quoted:
                while index < end {
                    let byte = window[index]
                    if byte <= UInt8(ascii: "\"") {
                        if byte == UInt8(ascii: "\"") { break }
                        if byte == UInt8(ascii: "\n") || byte == UInt8(ascii: "\r") { noteBreak(window, index, start) }
                    }
                    index += 1
                }
                guard index < end else {
                    guard isAtEnd else {
                        if index - start - fieldStart <= limits.maxFieldBytes { return try pause(at: index - start) }
                        let bound = "within \(limits.maxFieldBytes) bytes"
                        if let step = try resynchronise(unclosed(bound), at: index - start) { return step }
                        continue
                    }
                    if let step = try resynchronise(unclosed("up to the end"), at: index - start) { return step }
                    continue
                }
                index += 1
                state = .quoteInQuoted
            case .quoteInQuoted:
                guard index < end || isAtEnd else { return try pause(at: index - start) }
                if index < end {
                    if window[index] == UInt8(ascii: "\"") {
                        hasDoubledQuotes = true
                        index += 1
                        state = .quoted
                        continue
                    }
                    guard endsPlainText(window[index]) else {
                        let fault = misplaced(fieldCount + 1, "has text behind its closing quote")
                        if let step = try resynchronise(fault, at: index - start) { return step }
                        continue
                    }
                }
                endField(at: index - start - 1, isQuoted: true)
                if let step = try afterField(window, &index, start) { return step }
            case .skipping:
                while index < end, window[index] != UInt8(ascii: "\n"), window[index] != UInt8(ascii: "\r") {
                    index += 1
                }
                guard index < end || isAtEnd else { return try pause(at: index - start) }
                if index == end { return try finish(at: index - start) }
                index += 1
                if window[index - 1] == UInt8(ascii: "\n") { return try finish(at: index - start) }
                state = .afterCarriageReturn
            case .afterCarriageReturn:
                guard index < end || isAtEnd else { return try pause(at: index - start) }
                // A LF that follows belongs to the same line break.
                if index < end, window[index] == UInt8(ascii: "\n") { index += 1 }
                return try finish(at: index - start)
            }
        }
    }

    private mutating func begin() {
        isInside = true
        state = .fieldStart
        scanned = 0
        fields.removeAll(keepingCapacity: true)
        fieldCount = 0
        line = nextLine
        breaks = 0
        secondLine = nil
        fault = nil
    }

    @inline(__always)
    private func endsPlainText(_ byte: UInt8) -> Bool {
        byte == delimiter || byte == UInt8(ascii: "\n") || byte == UInt8(ascii: "\r") || byte == UInt8(ascii: "\"")
    }

    @inline(__always)
    private mutating func beginField(at position: Int) {
        fieldStart = position
        fieldLine = breaks
        hasDoubledQuotes = false
    }

    @inline(__always)
    private mutating func endField(at position: Int, isQuoted: Bool) {
        if fieldCount < limits.maxFields {
            fields.append(
                Field(
                    start: Int32(truncatingIfNeeded: fieldStart), end: Int32(truncatingIfNeeded: position),
                    line: fieldLine, isQuoted: isQuoted, hasDoubledQuotes: hasDoubledQuotes))
        }
        fieldCount += 1
        if position - fieldStart > limits.maxFieldBytes { noteLongField() }
    }

    private mutating func noteLongField() {
        guard fault == nil else { return }
        fault = RowError(
            .limitExceeded, line: line + Int(fieldLine), record: nil,
            "field \(fieldCount) is longer than \(limits.maxFieldBytes) bytes")
    }

    /// Consumes what ends a field; the record's step when that ends the record.
    @inline(__always)
    private mutating func afterField(
        _ window: Span<UInt8>, _ index: inout Int, _ start: Int
    ) throws(RowError) -> Step? {
        guard index < window.count else { return try finish(at: index - start) }
        let byte = window[index]
        index += 1
        if byte == delimiter {
            state = .fieldStart
            return nil
        }
        if byte == UInt8(ascii: "\n") { return try finish(at: index - start) }
        state = .afterCarriageReturn
        return nil
    }

    private mutating func finish(at length: Int) throws(RowError) -> Step {
        guard length <= limits.maxRecordBytes else { throw tooLong }
        self.length = length
        consumed += length
        isInside = false
        nextLine = line + Int(breaks) + 1
        let isEmpty = fieldCount == 1 && fault == nil && !fields[0].isQuoted && fields[0].start == fields[0].end
        return isEmpty ? .emptyLine : .record
    }

    /// Waits for more of the stream, unless the record is too long for that.
    private mutating func pause(at position: Int) throws(RowError) -> Step {
        scanned = position
        guard position > limits.maxRecordBytes else { return .needsMore }
        if secondLine != nil {
            let fault = unclosed("within \(limits.maxRecordBytes) bytes")
            if let step = try resynchronise(fault, at: position) { return step }
        }
        throw tooLong
    }

    private var tooLong: RowError {
        RowError(.limitExceeded, line: line, record: nil, "a record is longer than \(limits.maxRecordBytes) bytes")
    }

    /// Counts CR, LF and CRLF inside a quoted field as one line break each.
    private mutating func noteBreak(_ window: Span<UInt8>, _ index: Int, _ start: Int) {
        let isSecondHalf =
            window[index] == UInt8(ascii: "\n") && index > start && window[index - 1] == UInt8(ascii: "\r")
        if isSecondHalf {
            if secondLine == index - start { secondLine = index - start + 1 }
            return
        }
        breaks += 1
        if secondLine == nil { secondLine = index - start + 1 }
    }

    // MARK: Faults

    private func unclosed(_ bound: String) -> RowError {
        RowError(
            .unclosedQuote, line: line + Int(fieldLine), record: nil,
            "the quote that begins field \(fieldCount + 1) is not closed \(bound)")
    }

    private func misplaced(_ field: Int, _ message: String) -> RowError {
        RowError(.misplacedQuote, line: line + Int(breaks), record: nil, "field \(field) \(message)")
    }

    /// Ends the record at its first line break, or goes on to it.
    ///
    /// - Throws: When faults have made too much be read again.
    private mutating func resynchronise(_ fault: RowError, at position: Int) throws(RowError) -> Step? {
        self.fault = fault
        guard let secondLine else {
            state = .skipping
            return nil
        }
        rescanned += position - secondLine
        // Lonely quotes make each byte be looked at twice, however many they are.
        guard rescanned <= 64 * limits.maxFieldBytes + 8 * consumed else {
            throw RowError(
                .unclosedQuote, line: fault.line, record: nil,
                "too many quotes are not closed to tell records apart from here on")
        }
        fields.removeAll(keepingCapacity: true)
        fieldCount = 0
        breaks = 0
        return try finish(at: secondLine)
    }
}
