internal import Glibc

/// A regular file, read from its beginning.
final class FileInput: ByteInput {
    /// As messages call it: the path that the pipeline gives.
    let name: String
    /// In bytes, when it was opened.
    let size: Int
    private(set) var position = 0
    private let descriptor: Int32

    /// Takes over `descriptor`, which is open for reading.
    init(adopting descriptor: Int32, name: String, size: Int) {
        self.descriptor = descriptor
        self.name = name
        self.size = size
        posix_fadvise(descriptor, 0, 0, POSIX_FADV_SEQUENTIAL)
    }

    deinit { close(descriptor) }

    var progress: Double? { size > 0 ? min(1, Double(position) / Double(size)) : nil }

    func read(into buffer: UnsafeMutableRawBufferPointer) throws(SourceFailure) -> Int {
        while true {
            let count = Glibc.read(descriptor, buffer.baseAddress, buffer.count)
            if count >= 0 {
                position += count
                return count
            }
            guard errno == EINTR else {
                throw SourceFailure(
                    .sourceUnreadable,
                    "\(name) cannot be read at byte \(position): \(String(cString: strerror(errno)))",
                    isRetryable: errno == EIO)
            }
        }
    }

    /// Goes on at `offset`; for looking at parts of a file.
    func seek(to offset: Int) throws(SourceFailure) {
        guard lseek(descriptor, offset, SEEK_SET) == offset else {
            throw SourceFailure(.sourceUnreadable, "\(name) cannot be read at byte \(offset)")
        }
        position = offset
    }
}
