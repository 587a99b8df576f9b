/// Reads the heads of HTTP/1.x requests from bytes that come in pieces of any size.
///
/// Whole lines are taken as soon as they are complete; a partial one stays with the caller, bounded by the limits.
/// Strict on purpose: every shape on which two parsers might disagree (RFC 9112 §11.2) is refused.
struct RequestHeadParser: Sendable {
    private let limits: HeadLimits
    private var line: RequestLine?
    private var fields = Fields()
    private var fieldBytes = 0
    /// How much of the caller's bytes is known to hold no LF.
    private var scanned = 0
    /// One empty line before a request is forgiven (RFC 9112 §2.2).
    private var skippedEmptyLine = false

    init(limits: HeadLimits) {
        self.limits = limits
    }

    /// Whether nothing of a request has been seen yet, apart from what the caller still holds.
    var isAtStart: Bool { line == nil }

    /// Takes whole lines off `input`.
    ///
    /// - Returns: How many bytes were taken, and the head once its last line was among them. The caller passes what
    ///   was not taken again, with more bytes behind it.
    mutating func consume(_ input: Span<UInt8>) throws(WireError) -> (consumed: Int, head: RequestHead?) {
        var start = 0
        while let lineFeed = input.nextLineFeed(from: start + scanned) {
            scanned = 0
            try checkSize(lineFeed - start)
            guard lineFeed > start, input[lineFeed - 1] == 0x0D else {
                throw line == nil ? .badRequestLine : .badField
            }
            let content = input.extracting(start..<(lineFeed - 1))
            start = lineFeed + 1
            if let head = try take(content) { return (start, head) }
        }
        scanned = input.count - start
        try checkSize(scanned)
        return (start, nil)
    }

    /// Refuses a line of `count` bytes, its CR included, that is over a limit; the same for a part of a line.
    private func checkSize(_ count: Int) throws(WireError) {
        if line == nil {
            if count > limits.requestLineBytes + 1 { throw .targetTooLong }
        } else if fieldBytes + count > limits.fieldBytes {
            throw .fieldsTooLarge
        }
    }

    private mutating func take(_ content: Span<UInt8>) throws(WireError) -> RequestHead? {
        guard let line else {
            if content.isEmpty, !skippedEmptyLine {
                skippedEmptyLine = true
                return nil
            }
            line = try RequestLine(content)
            fields.reserve(8)
            return nil
        }
        if content.isEmpty {
            let head = try RequestHead(line, fields)
            self = RequestHeadParser(limits: limits)
            return head
        }
        guard fields.count < limits.fieldCount else { throw .fieldsTooLarge }
        fieldBytes += content.count + 2
        fields.append(try FieldLine.parse(content))
        return nil
    }
}
