/// What a text may begin with that is no part of its records: the byte-order mark that some tools write before UTF-8.
///
/// Other encodings and compressed bytes are told apart here, because what a decoder would say of them helps nobody.
struct TextPrologue: Sendable {
    /// Whether the stream's beginning has been looked at.
    private(set) var isPast: Bool

    init(isPast: Bool = false) { self.isPast = isPast }

    private static let mark: [UInt8] = [0xEF, 0xBB, 0xBF]

    /// Moves `position` behind the mark, if there is one; it takes the first four bytes or the end to know.
    mutating func skip(_ window: Span<UInt8>, _ position: inout Int, isAtEnd: Bool) throws(RowError) {
        let bytes = window.extracting(position..<min(position + 4, window.count))
        guard bytes.count == 4 || isAtEnd else { return }
        isPast = true
        if bytes.starts(with: Self.mark) {
            position += Self.mark.count
        } else if let kind = Self.kind(of: bytes) {
            throw RowError(.notUTF8, line: 1, record: nil, kind)
        }
    }

    private static func kind(of bytes: Span<UInt8>) -> String? {
        if bytes.starts(with: [0xFF, 0xFE]) || bytes.starts(with: [0xFE, 0xFF]) {
            return "the text is UTF-16; save it as UTF-8"
        }
        if bytes.starts(with: [0x1F, 0x8B]) { return "the bytes are compressed with gzip, not text" }
        if bytes.starts(with: [0x28, 0xB5, 0x2F, 0xFD]) { return "the bytes are compressed with zstd, not text" }
        guard bytes.count == 4 else { return nil }
        // UTF-16 without a mark: every other byte of ASCII is zero.
        let isWide = bytes[0] == 0 && bytes[2] == 0 || bytes[1] == 0 && bytes[3] == 0
        return isWide ? "the text is UTF-16; save it as UTF-8" : nil
    }
}
