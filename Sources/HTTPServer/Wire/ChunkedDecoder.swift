/// Takes the chunked transfer coding apart (RFC 9112 §7.1), in pieces of any size.
struct ChunkedDecoder: Sendable {
    private enum State: Sendable {
        /// Before a chunk's size line.
        case size
        /// This many bytes of the chunk are to come.
        case data(Int64)
        /// The CR LF after a chunk's bytes.
        case dataEnd
        /// Lines of the trailer up to an empty one.
        case trailer
        case complete
    }

    /// The longest size line with its extensions, in bytes.
    static let maxSizeLineBytes = 4096
    /// How many bytes framing may exceed its allowance by: 16 a chunk and twice its data. Bounds the work that
    /// one-byte chunks with long extensions cause.
    static let maxExcessBytes: Int64 = 16 * 1024
    static let maxTrailerBytes = 8 * 1024
    static let maxTrailerCount = 32

    private var state = State.size
    private var excess: Int64 = 0
    private var scanned = 0
    private var trailerBytes = 0
    /// The trailer's fields, all there once `isComplete`.
    private(set) var trailers = Fields()

    var isComplete: Bool {
        if case .complete = state { true } else { false }
    }

    /// Takes bytes off `input` and appends the body's to `output`, until either is used up.
    ///
    /// - Parameter limit: How long `output` may become.
    /// - Returns: How many bytes were taken; the caller passes the rest again, with more behind it.
    mutating func consume(_ input: Span<UInt8>, into output: inout [UInt8], upTo limit: Int) throws(WireError) -> Int {
        var start = 0
        while true {
            switch state {
            case .complete:
                return start
            case .data(let remaining):
                let count = min(remaining, Int64(input.count - start), Int64(limit - output.count))
                guard count > 0 else { return start }
                input.extracting(start..<(start + Int(count))).withUnsafeBufferPointer { output += $0 }
                start += Int(count)
                state = remaining == count ? .dataEnd : .data(remaining - count)
            case .dataEnd:
                guard start < input.count else { return start }
                guard input[start] == 0x0D else { throw .badChunk }
                guard start + 1 < input.count else { return start }
                guard input[start + 1] == 0x0A else { throw .badChunk }
                start += 2
                state = .size
            case .size, .trailer:
                guard let line = try nextLine(input, &start) else { return start }
                let content = input.extracting(line)
                if case .size = state { try takeSize(content) } else { try takeTrailer(content) }
            }
        }
    }

    /// Where the next line stands without its CR LF, `nil` when it is not complete yet.
    private mutating func nextLine(_ input: Span<UInt8>, _ start: inout Int) throws(WireError) -> Range<Int>? {
        let found = input.nextLineFeed(from: start + scanned)
        let count = (found ?? input.count) - start
        if case .size = state {
            guard count <= Self.maxSizeLineBytes else { throw .badChunk }
        } else {
            guard trailerBytes + count <= Self.maxTrailerBytes else { throw .badTrailer }
        }
        guard let lineFeed = found else {
            scanned = count
            return nil
        }
        scanned = 0
        guard count > 0, input[lineFeed - 1] == 0x0D else { throw .badChunk }
        defer { start = lineFeed + 1 }
        return start..<(lineFeed - 1)
    }

    /// `1a`, or `1a;name=value;other="quoted"`: extensions are checked for control characters and passed over.
    private mutating func takeSize(_ line: Span<UInt8>) throws(WireError) {
        var digits = 0
        var size: Int64 = 0
        while digits < line.count, let value = line[digits].hexDigitValue {
            // 15 digits stay below 2^60; leading zeros beyond that serve nobody.
            guard digits < 15 else { throw .badChunk }
            size = size << 4 | Int64(value)
            digits += 1
        }
        guard digits > 0 else { throw .badChunk }
        var next = digits
        while next < line.count, line[next] == 0x20 || line[next] == 0x09 { next += 1 }
        guard next == line.count ? next == digits : line[next] == UInt8(ascii: ";") else { throw .badChunk }
        for index in next..<line.count where !line[index].isFieldValueByte { throw .badChunk }
        excess = max(0, excess + Int64(line.count) + 4 - 16 - 2 * size)
        guard excess <= Self.maxExcessBytes else { throw .badChunk }
        state = size == 0 ? .trailer : .data(size)
    }

    private mutating func takeTrailer(_ line: Span<UInt8>) throws(WireError) {
        guard !line.isEmpty else {
            state = .complete
            return
        }
        trailerBytes += line.count + 2
        guard trailers.count < Self.maxTrailerCount, let field = try? FieldLine.parse(line) else { throw .badTrailer }
        trailers.append(field)
    }
}
