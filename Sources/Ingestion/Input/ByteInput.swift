/// A stream of bytes that is read once, blocking the calling thread.
protocol ByteInput: AnyObject {
    /// Puts bytes into `buffer`, which is not empty, and returns how many; 0 at the end.
    func read(into buffer: UnsafeMutableRawBufferPointer) throws(SourceFailure) -> Int
    /// How much of the source has been consumed, 0 to 1; `nil` when its size is not known.
    var progress: Double? { get }
}

/// The part of a stream that has been read and not yet consumed, in one piece.
struct ByteWindow {
    /// Bytes of the stream before the window.
    private(set) var offset = 0
    private(set) var isAtEnd = false
    /// Where the unconsumed bytes are in `storage`.
    var start = 0
    private(set) var end = 0
    private(set) var storage: [UInt8]

    /// What is asked of the input at once.
    static let readBytes = 256 << 10

    /// - Parameter offset: Bytes of the stream before what is read first.
    init(offset: Int = 0) {
        self.offset = offset
        storage = Array(repeating: 0, count: 2 * Self.readBytes)
    }

    /// Bytes of the stream before `start`.
    var streamOffset: Int { offset + start }

    /// Reads more behind the bytes from `start` on; notes when there are none.
    ///
    /// Grows to what a record takes, which its decoder bounds, and shrinks again.
    mutating func fill(from input: any ByteInput) throws(SourceFailure) {
        if start > 0 { discardConsumed() }
        if storage.count - end < Self.readBytes {
            storage.append(contentsOf: repeatElement(0, count: max(storage.count, Self.readBytes)))
        }
        var failure: SourceFailure?
        let count = storage.withUnsafeMutableBytes { buffer in
            let room = UnsafeMutableRawBufferPointer(rebasing: buffer[end..<min(end + Self.readBytes, buffer.count)])
            do throws(SourceFailure) { return try input.read(into: room) } catch {
                failure = error
                return 0
            }
        }
        if let failure { throw failure }
        end += count
        isAtEnd = count == 0
    }

    /// Takes `bytes` behind those from `start` on; none of them is the end.
    mutating func append(_ bytes: [UInt8]) {
        if start > 0 { discardConsumed() }
        if storage.count - end < bytes.count {
            storage.append(contentsOf: repeatElement(0, count: max(storage.count, bytes.count)))
        }
        let place = end
        storage.withUnsafeMutableBytes { buffer in
            UnsafeMutableRawBufferPointer(rebasing: buffer[place...]).copyBytes(from: bytes)
        }
        end += bytes.count
        isAtEnd = bytes.isEmpty
    }

    private mutating func discardConsumed() {
        let left = end - start
        storage.withUnsafeMutableBytes { buffer in
            guard let base = buffer.baseAddress else { return }
            base.copyMemory(from: base + start, byteCount: left)
        }
        offset += start
        (start, end) = (0, left)
        if storage.count > 16 * Self.readBytes, left <= Self.readBytes {
            storage.removeLast(storage.count - 2 * Self.readBytes)
            // A copy of the right size: an array keeps what it once needed.
            storage = Array(storage[...])
            storage.reserveCapacity(0)
        }
    }
}
