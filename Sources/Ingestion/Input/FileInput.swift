internal import Glibc

/// A regular file, read from its beginning.
final class FileInput: SeekableInput {
    let name: String
    let size: Int
    /// What no other file has, nor this one after a change: device, inode, size, and the times of its last write and of
    /// the last change to its inode, which nobody can set back.
    let identity: String?
    private(set) var position = 0
    private let descriptor: Int32

    /// Takes over `descriptor`, which is open for reading.
    ///
    /// - Parameter status: The open file's.
    init(adopting descriptor: Int32, name: String, status: stat) {
        self.descriptor = descriptor
        self.name = name
        size = Int(status.st_size)
        identity = """
            \(status.st_dev):\(status.st_ino):\(status.st_size)\
            :\(status.st_mtim.tv_sec).\(status.st_mtim.tv_nsec):\(status.st_ctim.tv_sec).\(status.st_ctim.tv_nsec)
            """
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

    func seek(to offset: Int) throws(SourceFailure) {
        guard lseek(descriptor, offset, SEEK_SET) == offset else {
            throw SourceFailure(.sourceUnreadable, "\(name) cannot be read at byte \(offset)")
        }
        position = offset
    }
}
