/// Skips the byte-order mark that some tools write before UTF-8, and refuses that of UTF-16.
package struct ByteOrderMark: Sendable {
    package enum Refusal: Error { case utf16, brokenMark }

    private static let bytes: [UInt8] = [0xEF, 0xBB, 0xBF]
    private var seen = 0
    /// Whether the stream is past the place of the mark.
    package private(set) var isPast = false

    package init() {}

    /// Whether the stream may end here: not inside a mark.
    package var mayEnd: Bool { isPast || seen == 0 }

    /// Moves `position` behind the mark, if there is one; call it until `isPast`.
    package mutating func skip(_ chunk: Span<UInt8>, _ position: inout Int) throws(Refusal) {
        while !isPast, position < chunk.count {
            let byte = chunk[position]
            if seen < 3, byte == Self.bytes[seen] {
                seen += 1
                position += 1
            } else {
                if seen == 0, byte >= 0xFE { throw .utf16 }
                if seen == 1 || seen == 2 { throw .brokenMark }
                isPast = true
            }
            if seen == 3 { isPast = true }
        }
    }
}
