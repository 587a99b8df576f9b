internal import EventLoop

extension Link {
    /// Bytes handed to libpq between two flushes, and so the most it buffers. Larger chunks gain nothing.
    static let copyChunkBytes = 256 << 10

    /// Sends `bytes` as COPY data, waiting while the socket is full; each wait ends after `timeout`.
    func writeCopy(_ bytes: [UInt8], timeout: Duration) async throws(PostgresError) {
        var start = 0
        while start < bytes.count {
            let end = min(start + Link.copyChunkBytes, bytes.count)
            let taken = try bytes.withUnsafeBufferPointer { all throws(PostgresError) in
                try putCopy(UnsafeRawBufferPointer(UnsafeBufferPointer(rebasing: all[start..<end])))
            }
            if taken { start = end }
            try await flush(before: .after(timeout))
        }
    }

    /// Ends COPY IN, well or, with `reason`, by making it fail.
    func endCopyIn(failing reason: String? = nil, before deadline: Deadline) async throws(PostgresError) {
        while try !putCopyEnd(failing: reason) { try await flush(before: deadline) }
        try await flush(before: deadline)
    }

    /// The next message of COPY OUT, waiting for it; `nil` at the end.
    func nextCopy(before deadline: Deadline) async throws(PostgresError) -> [UInt8]? {
        while true {
            switch try takeCopy() {
            case .bytes(let bytes): return bytes
            case .end: return nil
            case .wouldBlock: try await receive(before: deadline)
            }
        }
    }
}
