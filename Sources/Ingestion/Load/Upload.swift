/// Decoded rows of an upload, pulled chunk by chunk.
struct Upload {
    private var decoder: RowDecoder
    private var isFinished = false

    init(_ decoder: RowDecoder) {
        self.decoder = decoder
    }

    /// Rows given so far.
    var rowCount: Int { decoder.rowCount }
    var errors: [RowError] { decoder.errors }
    var lines: RowLines { decoder.lines }
    mutating func forgetLines() { decoder.forgetLines() }

    /// Puts the next whole rows into `output`, at most 256 KiB and a record more; `false` at the end.
    ///
    /// - Throws: `RowErrors`, and what `next`, which gives the chunks, throws.
    mutating func read(into output: inout [UInt8], from next: () async throws -> [UInt8]?) async throws -> Bool {
        output.removeAll(keepingCapacity: output.capacity <= 1 << 20)
        while true {
            let isFull = try decoder.decode(into: &output)
            if isFull || !output.isEmpty { return true }
            if isFinished { return false }
            if let more = try await next() {
                decoder.push(more)
            } else {
                isFinished = true
                decoder.finish()
            }
        }
    }
}
