internal import Glibc

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
    private var known: Known?

    /// The field lines of the request before, up to the empty one, and what they came to. Programs send the same with
    /// each request of a connection: comparing them takes a tenth of reading them.
    private final class Known: Sendable {
        let bytes: [UInt8]
        let head: RequestHead

        init(_ bytes: [UInt8], _ head: RequestHead) {
            self.bytes = bytes
            self.head = head
        }
    }

    /// The most bytes of field lines that a connection keeps.
    private static let maxKnownBytes = 512

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
        // Where the field lines begin, when all of them are here.
        var fieldsStart: Int?
        while let lineFeed = input.nextLineFeed(from: start + scanned) {
            scanned = 0
            try checkSize(lineFeed - start)
            guard lineFeed > start, input[lineFeed - 1] == 0x0D else {
                throw line == nil ? .badRequestLine : .badField
            }
            let content = input.extracting(start..<(lineFeed - 1))
            start = lineFeed + 1
            let isInFields = line != nil
            if let head = try take(content) {
                if let fieldsStart, start - fieldsStart <= Self.maxKnownBytes {
                    remember(head, input, fieldsStart..<start)
                }
                return (start, head)
            }
            if !isInFields, line != nil {
                fieldsStart = start
                if let head = repeated(input.extracting(start..<input.count)) {
                    return (start + (known?.bytes.count ?? 0), head)
                }
            }
        }
        scanned = input.count - start
        try checkSize(scanned)
        return (start, nil)
    }

    private mutating func remember(_ head: RequestHead, _ input: Span<UInt8>, _ range: Range<Int>) {
        guard head.framing == .none, !head.hasOwnAuthority else { return }
        known = Known(input.extracting(range).withUnsafeBufferPointer { Array($0) }, head)
    }

    /// The head of a request whose field lines are the same as before; what they mean depends on the version only.
    private mutating func repeated(_ rest: Span<UInt8>) -> RequestHead? {
        guard let line, line.authority == nil, let known, known.head.minorVersion == line.minorVersion,
            rest.count >= known.bytes.count,
            rest.withUnsafeBytes({ rest in
                known.bytes.withUnsafeBytes { memcmp(rest.baseAddress!, $0.baseAddress!, $0.count) == 0 }
            })
        else { return nil }
        var head = known.head
        head.method = line.method
        head.target = line.target
        head.repeatsFields = true
        restart()
        return head
    }

    /// Makes ready for the next request.
    private mutating func restart() {
        let known = self.known
        self = RequestHeadParser(limits: limits)
        self.known = known
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
            var head = try RequestHead(line, fields)
            head.hasOwnAuthority = line.authority != nil
            restart()
            return head
        }
        guard fields.count < limits.fieldCount else { throw .fieldsTooLarge }
        fieldBytes += content.count + 2
        fields.append(try FieldLine.parse(content))
        return nil
    }
}
