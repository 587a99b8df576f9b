/// What a streamed body is written to: a connection, or a stream of one.
public protocol ResponseSink: AnyObject, Sendable {
    func write(_ bytes: [UInt8]) async throws
    func flush() async throws
    func setTrailers(_ fields: Fields) async
}

/// Takes the bytes of a streamed answer at the pace at which the client reads them.
public struct ResponseWriter: Sendable {
    private let sink: any ResponseSink

    public init(_ sink: any ResponseSink) {
        self.sink = sink
    }

    /// Adds bytes to the body. They leave at the end of the loop's tick, or sooner when 16 KiB have come together;
    /// above 256 KiB unsent, `write` waits until the client has read.
    ///
    /// - Throws: `ConnectionClosed` when the client went away, read too slowly, or the answer was cancelled.
    public func write(_ bytes: [UInt8]) async throws {
        try await sink.write(bytes)
    }

    public func write(_ text: String) async throws {
        try await sink.write(Array(text.utf8))
    }

    /// Sends what is there, the head included, and waits until the kernel has all of it.
    public func flush() async throws {
        try await sink.flush()
    }

    /// Fields to send after the body; name them in the answer's `Trailer` field. Lost on HTTP/1.0.
    public func setTrailers(_ fields: Fields) async {
        await sink.setTrailers(fields)
    }
}
