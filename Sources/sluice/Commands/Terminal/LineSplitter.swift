/// Pieces of bytes as lines.
struct LineSplitter {
    /// Longer than any line that the server writes.
    static let maxLineBytes = 16 << 20
    private var rest: [UInt8] = []

    /// Takes a piece and hands on the lines that are complete, without their line breaks (LF or CR LF).
    mutating func take(_ piece: UnsafeRawBufferPointer, _ body: (String) throws -> Void) throws {
        var piece = piece[...]
        while let end = piece.firstIndex(of: UInt8(ascii: "\n")) {
            rest += piece[..<end]
            piece = piece[(end + 1)...]
            if rest.last == UInt8(ascii: "\r") { rest.removeLast() }
            let line = String(decoding: rest, as: UTF8.self)
            rest.removeAll(keepingCapacity: true)
            try body(line)
        }
        guard rest.count + piece.count <= Self.maxLineBytes else {
            throw CommandFailure(
                .refused, "error: the server's answer has a line of more than \(Self.maxLineBytes) bytes")
        }
        rest += piece
    }
}
