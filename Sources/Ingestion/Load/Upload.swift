/// Decoded rows of an upload, pulled chunk by chunk.
struct Upload {
    private var decoder: RowDecoder
    private var chunk: [UInt8] = []
    private var position = 0
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
        while output.isEmpty {
            if isFinished { return false }
            if position < chunk.count {
                // A local: the span must not borrow what is changed.
                let bytes = chunk
                try decoder.decode(bytes.span, from: &position, into: &output)
                continue
            }
            if let more = try await next() {
                chunk = more
                position = 0
            } else {
                isFinished = true
                chunk = []
                try decoder.finish(into: &output)
            }
        }
        return true
    }
}
