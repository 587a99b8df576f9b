internal import Dispatch
import EventLoop
internal import Glibc
internal import Synchronization

/// Writes lines to a descriptor from a thread of its own, so that no event loop ever waits for a terminal, a pipe or a
/// disk.
///
/// At most `capacity` bytes wait to be written; what comes on top is dropped and counted, and the count is written as
/// soon as there is room again.
public final class LogSink: Sendable {
    private struct Waiting {
        var bytes: [UInt8] = []
        var dropped = 0
        /// Whether the writer has been told that there is something.
        var isScheduled = false
    }

    private let waiting = Locked(Waiting())
    private let writer = DispatchQueue(label: "log")
    private let descriptor: Int32
    private let format: LogFormat
    private let capacity: Int

    /// - Parameters:
    ///   - descriptor: Where lines go, 2 being standard error; stays the caller's.
    ///   - format: `nil`: human-readable on a terminal, JSON elsewhere.
    ///   - capacity: Bytes that may wait.
    public init(descriptor: Int32 = 2, format: LogFormat? = nil, capacity: Int = 1 << 20) {
        self.descriptor = descriptor
        self.format = format ?? (isatty(descriptor) == 1 ? .human : .json)
        self.capacity = capacity
    }

    /// Takes an entry; never waits for the descriptor.
    public func write(_ entry: LogEntry) {
        var line: [UInt8] = []
        line.reserveCapacity(256)
        format.append(entry, to: &line)
        let needsWriter = waiting.withLock { waiting in
            guard waiting.bytes.count + line.count <= capacity else {
                waiting.dropped += 1
                return false
            }
            if waiting.dropped > 0 {
                appendNotice(waiting.dropped, like: entry, to: &waiting.bytes)
                waiting.dropped = 0
            }
            waiting.bytes += line
            defer { waiting.isScheduled = true }
            return !waiting.isScheduled
        }
        if needsWriter { writer.async { self.writeWaiting() } }
    }

    /// Waits until what has been taken so far is written, or `timeout` has passed: the last thing a process does.
    ///
    /// Blocks the calling thread, which must be no loop's.
    public func flush(within timeout: Duration = .seconds(1)) {
        let done = DispatchSemaphore(value: 0)
        writer.async { done.signal() }
        _ = done.wait(timeout: .now() + .milliseconds(Int(timeout.components.seconds * 1000)))
    }

    private func appendNotice(_ count: Int, like entry: LogEntry, to bytes: inout [UInt8]) {
        var notice = entry
        notice.level = .warning
        notice.message = "log entries dropped"
        notice.metadata = [("count", "\(count)")]
        format.append(notice, to: &bytes)
    }

    /// Runs on the writer's queue.
    private func writeWaiting() {
        while true {
            let bytes = waiting.withLock { waiting in
                if waiting.bytes.isEmpty { waiting.isScheduled = false }
                defer { waiting.bytes = [] }
                return waiting.bytes
            }
            if bytes.isEmpty { return }
            bytes.withUnsafeBytes { raw in
                var rest = raw[...]
                while !rest.isEmpty {
                    let count = Glibc.write(descriptor, rest.baseAddress, rest.count)
                    if count > 0 {
                        rest = rest.dropFirst(count)
                    } else if errno == EAGAIN {
                        // Someone made the descriptor non-blocking, as terminals shared with other programs may be.
                        var state = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
                        poll(&state, 1, 1000)
                    } else if errno != EINTR {
                        // Nowhere to report it: the place to report to is what failed.
                        return
                    }
                }
            }
        }
    }
}

extension Slice<UnsafeRawBufferPointer> {
    fileprivate var baseAddress: UnsafeRawPointer? { UnsafeRawBufferPointer(rebasing: self).baseAddress }
}
