internal import CLinux
public import EventLoop
internal import Glibc

/// The supervisor's end of its conversation with one job process: a line goes out, lines come in, each a JSON document.
// @unchecked: everything is touched on the loop's thread only, which each use of `source` checks.
public final class JobChannel: @unchecked Sendable {
    /// Longest line that is taken from a job, without its end.
    public static let longestLine = 1 << 20

    /// Why no more lines come.
    public enum Failure: Error, Sendable {
        /// A line of more than `longestLine` bytes.
        case lineTooLong
        case system(String)
    }

    private let source: FileDescriptorSource
    private var buffer: [UInt8] = []
    private var scanned = 0

    /// Makes the two ends.
    ///
    /// - Returns: The channel, and the descriptor that is to be passed to the job process and then closed.
    public static func open(on loop: EventLoop) throws(Failure) -> (channel: JobChannel, jobEnd: Int32) {
        var ends: [Int32] = [0, 0]
        guard clinux_stream_pair(&ends) == 0 else { throw .system("socketpair: \(String(cString: strerror(errno)))") }
        return (JobChannel(descriptor: ends[0], loop: loop), ends[1])
    }

    init(descriptor: Int32, loop: EventLoop) {
        let flags = fcntl(descriptor, F_GETFL)
        _ = fcntl(descriptor, F_SETFL, flags | O_NONBLOCK)
        source = FileDescriptorSource(fd: descriptor, loop: loop)
    }

    /// Sends one line, waiting while the job does not read. A job that is gone is told by `nextLine`.
    public func send(_ line: [UInt8], before deadline: Deadline) async throws {
        let bytes = line + [UInt8(ascii: "\n")]
        var sent = 0
        while sent < bytes.count {
            guard let count = try trySend(bytes[sent...]) else { return }
            sent += count
            if count == 0 { try await source.writable(before: deadline) }
        }
    }

    /// Sends what the socket takes now, perhaps nothing; `nil`: the job is gone.
    ///
    /// Apart from `send`, since the optimiser of Swift 6.3.1 crashes when it splits a function that has this loop's
    /// branches and its wait in one.
    private func trySend(_ bytes: ArraySlice<UInt8>) throws(Failure) -> Int? {
        source.clearWritable()
        while true {
            let count = bytes.withUnsafeBytes {
                Glibc.send(source.descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
            }
            if count >= 0 { return count }
            switch errno {
            case EAGAIN: return 0
            case EPIPE, ECONNRESET: return nil
            case EINTR: continue
            default: throw .system("send: \(String(cString: strerror(errno)))")
            }
        }
    }

    /// The next line without its end; `nil` when the job has closed its end. What follows the last line end is no line.
    public func nextLine() async throws -> [UInt8]? {
        while true {
            if let end = buffer[scanned...].firstIndex(of: UInt8(ascii: "\n")) {
                let line = Array(buffer[..<end])
                buffer.removeSubrange(...end)
                scanned = 0
                return line
            }
            scanned = buffer.count
            guard buffer.count <= JobChannel.longestLine else { throw Failure.lineTooLong }
            guard try await receive() else { return nil }
        }
    }

    /// Adds what has come to the buffer, waiting for it; false at the end.
    private func receive() async throws -> Bool {
        while true {
            if let isOpen = try tryReceive() { return isOpen }
            try await source.readable()
        }
    }

    /// Adds what has come to the buffer: true; false at the end; `nil` when nothing has come. Apart from `receive` for
    /// the same reason as `trySend`.
    private func tryReceive() throws(Failure) -> Bool? {
        var chunk = [UInt8](repeating: 0, count: 16 << 10)
        source.clearReadable()
        while true {
            let count = recv(source.descriptor, &chunk, chunk.count, 0)
            if count > 0 {
                buffer += chunk[..<count]
                return true
            }
            if count == 0 { return false }
            switch errno {
            case ECONNRESET: return false
            case EAGAIN: return nil
            case EINTR: continue
            default: throw .system("recv: \(String(cString: strerror(errno)))")
            }
        }
    }

    /// Closes the socket: the job process reads the end of its input. Idempotent.
    public func close() { source.close() }
}
