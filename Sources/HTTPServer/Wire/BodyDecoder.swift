/// Takes a request's body off a connection's bytes, whatever its framing, and keeps it below the server's limit.
struct BodyDecoder: Sendable {
    private enum Framing: Sendable {
        case length(Int64)
        case chunked(ChunkedDecoder)
    }

    private var framing: Framing
    /// Bytes that may still come.
    private var allowance: Int64

    /// - Parameter maxBytes: The largest body taken.
    /// - Throws: `bodyTooLarge` when the declared length is over it.
    init(_ framing: RequestHead.Framing, maxBytes: Int64) throws(WireError) {
        allowance = maxBytes
        switch framing {
        case .none: self.framing = .length(0)
        case .length(let length):
            guard length <= maxBytes else { throw .bodyTooLarge }
            self.framing = .length(length)
        case .chunked: self.framing = .chunked(ChunkedDecoder())
        }
    }

    /// Whether the body, its trailer included, has been taken.
    var isComplete: Bool {
        switch framing {
        case .length(let remaining): remaining == 0
        case .chunked(let decoder): decoder.isComplete
        }
    }

    /// Bytes still to come where that is known.
    var remaining: Int64? {
        if case .length(let remaining) = framing { remaining } else { nil }
    }

    /// Takes bytes off `input` and appends the body's to `output`.
    ///
    /// - Parameter limit: How long `output` may become.
    /// - Returns: How many bytes were taken; the caller passes the rest again, with more behind it.
    mutating func consume(_ input: Span<UInt8>, into output: inout [UInt8], upTo limit: Int) throws(WireError) -> Int {
        let before = output.count
        let consumed: Int
        switch framing {
        case .length(let remaining):
            consumed = Int(min(remaining, Int64(input.count), Int64(limit - output.count)))
            input.extracting(0..<consumed).withUnsafeBufferPointer { output += $0 }
            framing = .length(remaining - Int64(consumed))
        case .chunked(var decoder):
            consumed = try decoder.consume(input, into: &output, upTo: limit)
            framing = .chunked(decoder)
        }
        allowance -= Int64(output.count - before)
        guard allowance >= 0 else { throw .bodyTooLarge }
        return consumed
    }
}
