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

    /// Bytes of COPY OUT taken at a time.
    static let copyBatchBytes = 64 << 10

    /// The next rows of COPY OUT, waiting for them: a batch, or what is left before the end.
    ///
    /// Not to be called again after the end.
    func nextCopy(before deadline: Deadline) async throws(PostgresError) -> (rows: CopiedRows, isEnd: Bool) {
        var rows = CopiedRows(capacity: Link.copyBatchBytes)
        while true {
            switch try takeCopy(into: &rows, upTo: Link.copyBatchBytes) {
            case .full: return (rows, false)
            case .end: return (rows, true)
            case .wouldBlock: try await receive(before: deadline)
            }
        }
    }
}
