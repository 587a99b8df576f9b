/// Bytes of answers on their way to the socket.
///
/// Kept below the high-water mark by whoever appends: `HTTP1Connection` suspends writers above it.
struct OutputBuffer: Sendable {
    private(set) var bytes: [UInt8] = []
    private var start = 0
    /// Bytes ever appended, to count what an answer took.
    private(set) var total = 0

    var isEmpty: Bool { start == bytes.count }
    /// Bytes not yet taken by the kernel.
    var count: Int { bytes.count - start }

    /// Appends by writing straight into the array.
    mutating func append(_ write: (inout [UInt8]) -> Void) {
        if start > 64 * 1024 {
            bytes.removeFirst(start)
            start = 0
        }
        // An answer to a short read takes half of it: one allocation instead of one for each doubling.
        if bytes.capacity == 0 { bytes.reserveCapacity(1024) }
        let before = bytes.count
        write(&bytes)
        total += bytes.count - before
    }

    /// Takes a large body over without copying it. Only when empty.
    mutating func adopt(_ body: [UInt8]) {
        precondition(isEmpty, "would overtake what is waiting")
        bytes = body
        start = 0
        total += body.count
    }

    /// Lends what is to be sent.
    func withBytes<R, E: Error>(_ body: (UnsafeRawBufferPointer) throws(E) -> R) throws(E) -> R {
        try bytes.span.extracting(start..<bytes.count).withUnsafeBytes { (raw) throws(E) in try body(raw) }
    }

    /// Drops the first `count` bytes, which the kernel has taken.
    mutating func discard(_ count: Int) {
        start += count
        if isEmpty {
            bytes.removeAll(keepingCapacity: bytes.capacity <= 64 * 1024)
            start = 0
        }
    }

    /// Gives its memory back where nothing is waiting.
    mutating func release() {
        if isEmpty {
            bytes = []
            start = 0
        }
    }
}
