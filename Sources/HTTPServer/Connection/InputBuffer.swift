/// Bytes received and not yet understood.
///
/// Filled only when a parser needs more, so it holds at most one read (64 KiB) and a partial line (32 KiB).
struct InputBuffer: Sendable {
    private var bytes: [UInt8] = []
    private var start = 0

    var isEmpty: Bool { start == bytes.count }
    var count: Int { bytes.count - start }

    /// Lends the bytes in order of arrival.
    func withBytes<R, E: Error>(_ body: (Span<UInt8>) throws(E) -> R) throws(E) -> R {
        try body(bytes.span.extracting(start..<bytes.count))
    }

    mutating func append(_ received: UnsafeRawBufferPointer) {
        if start > 0 {
            bytes.removeFirst(start)
            start = 0
        }
        bytes.append(contentsOf: received)
    }

    /// Drops the first `count` bytes.
    mutating func discard(_ count: Int) {
        start += count
        if isEmpty {
            bytes.removeAll(keepingCapacity: bytes.capacity <= 4096)
            start = 0
        }
    }

    /// Gives its memory back: a connection that waits for its next request holds none.
    mutating func release() {
        if isEmpty {
            bytes = []
            start = 0
        }
    }
}
