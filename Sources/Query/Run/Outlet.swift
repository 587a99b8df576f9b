/// Collects what a run writes and hands it to the response in chunks: the first only when the result is known to be too
/// large for one piece.
struct Outlet {
    /// What was written since the last chunk left.
    var bytes: [UInt8] = []
    private let run: StatementRun
    private var threshold: Int

    /// - Parameter wholeBytes: Up to how many bytes a result is answered in one piece.
    init(_ run: StatementRun, wholeBytes: Int) {
        self.run = run
        threshold = wholeBytes
    }

    /// Whether it is time to `send`.
    var isFull: Bool { bytes.count >= threshold }

    /// Hands the bytes over and waits until they are taken.
    mutating func send() async throws {
        try await run.send(bytes)
        bytes.removeAll(keepingCapacity: true)
        threshold = StatementRunner.chunkBytes
    }
}
