/// Cuts a stream of bytes into the elements of a top-level array, one at a time.
///
/// Chunks may be of any size and cut anywhere. Only an element that is cut by the end of a chunk is copied, so
/// memory is bounded by `maxElementBytes`. The reader finds where an element ends and checks what lies between
/// elements; the element itself is for the caller to parse.
///
///     var position = 0
///     while try reader.next(in: chunk, from: &position) {
///         reader.withElement(in: chunk) { element in … }
///     }
public struct JSONElementReader: Sendable {
    /// Where an element begins.
    public struct Position: Hashable, Sendable {
        /// Elements before it.
        public var index: Int
        /// From 1; lines end with LF.
        public var line: Int
        /// In bytes, from 1.
        public var column: Int
        /// Bytes before it in the stream.
        public var byteOffset: Int
    }

    /// Longest element, in bytes; a longer one throws `.tooLarge`.
    public let maxElementBytes: Int
    /// Where the element that `next` found last begins.
    public private(set) var elementPosition = Position(index: 0, line: 1, column: 1, byteOffset: 0)

    var framer = JSONElementFramer()
    /// The bytes of an element that earlier chunks began.
    private var carry: [UInt8] = []
    /// Where the element found last lies: in the chunk, or (`nil`) in `carry`.
    private var range: Range<Int>? = 0..<0
    private var isInElement = false
    private var count = 0
    /// Bytes of all chunks before the current one.
    private var chunkOffset = 0

    /// - Parameter maxElementBytes: Bytes an element may have; a longer one is refused with `tooLarge`.
    public init(maxElementBytes: Int = 16 << 20) {
        self.maxElementBytes = maxElementBytes
    }

    /// Moves `position` behind the next element of `chunk`; `false` when no further element ends in `chunk`.
    ///
    /// Call it with one chunk until it answers `false`, then with the next chunk from 0.
    public mutating func next(in chunk: Span<UInt8>, from position: inout Int) throws(JSONError) -> Bool {
        forgetCarried()
        var start = position
        while position < chunk.count {
            if !isInElement {
                guard try framer.skipToElement(chunk, &position, chunkOffset: chunkOffset, count: count) else { break }
                isInElement = true
                start = position
                let offset = chunkOffset + position
                elementPosition = Position(
                    index: count, line: framer.line, column: offset - framer.lineStart + 1, byteOffset: offset)
            }
            guard let end = framer.skipElement(chunk, &position, chunkOffset: chunkOffset) else { break }
            try finishElement(chunk, start..<end)
            return true
        }
        if isInElement { try keep(chunk, start..<chunk.count) }
        chunkOffset += chunk.count
        return false
    }

    /// Ends the stream, which must be behind the array.
    public mutating func finish() throws(JSONError) {
        forgetCarried()
        guard framer.mayEnd, !isInElement else {
            throw framer.failure(.unexpectedEnd, at: chunkOffset, count: count, "the text ends before its array does")
        }
    }

    /// Lends the element found last; `chunk` is the one it was found in.
    public func withElement<R, E: Error>(
        in chunk: Span<UInt8>, _ body: (Span<UInt8>) throws(E) -> R
    ) throws(E) -> R {
        if let range { try body(chunk.extracting(range)) } else { try body(carry.span) }
    }

    /// `error`, which happened in the element found last, as seen from the whole stream.
    package func located(_ error: JSONError, in chunk: Span<UInt8>) -> JSONError {
        var located = withElement(in: chunk) { error.located(in: $0) }
        located.offset += elementPosition.byteOffset
        if located.line == 1 { located.column += elementPosition.column - 1 }
        located.line += elementPosition.line - 1
        located.pointer = "/\(elementPosition.index)" + located.pointer
        return located
    }

    /// Takes the element's last bytes.
    private mutating func finishElement(_ chunk: Span<UInt8>, _ rest: Range<Int>) throws(JSONError) {
        isInElement = false
        if carry.isEmpty {
            try checkSize(rest.count)
            range = rest
        } else {
            try keep(chunk, rest)
            range = nil
        }
        count += 1
    }

    private mutating func forgetCarried() {
        guard range == nil else { return }
        range = 0..<0
        // One huge element must not pin its memory for the rest of the stream.
        carry.removeAll(keepingCapacity: carry.capacity <= 1 << 20)
    }

    private mutating func keep(_ chunk: Span<UInt8>, _ range: Range<Int>) throws(JSONError) {
        try checkSize(carry.count + range.count)
        chunk.extracting(range).withUnsafeBufferPointer { carry.append(contentsOf: $0) }
    }

    private func checkSize(_ bytes: Int) throws(JSONError) {
        guard bytes > maxElementBytes else { return }
        var error = JSONError(
            .tooLarge, at: elementPosition.byteOffset, "an element is longer than \(maxElementBytes) bytes")
        error.line = elementPosition.line
        error.column = elementPosition.column
        error.pointer = "/\(count)"
        throw error
    }
}
