/// Where the bytes of a body come from: a connection, or a stream of one.
public protocol RequestBodySource: AnyObject, Sendable {
    /// The next bytes, at most 64 KiB, `nil` at the end. Reading is what lets the client send on.
    ///
    /// - Throws: `Problem` 400 for bad framing or a body that ends early, 408 when the client is too slow, 413 over the server's limit;
    ///   `ConnectionClosed` when the client went away.
    func nextBodyChunk() async throws -> [UInt8]?
}

/// A request's body, read on demand: what is not asked for is not taken from the socket.
public struct RequestBody: Sendable {
    enum Content: Sendable {
        case bytes([UInt8])
        case stream(any RequestBodySource, length: Int64?)
    }

    private var content: Content

    /// A body that is there already, for tests and replays.
    public init(_ bytes: [UInt8] = []) {
        content = .bytes(bytes)
    }

    /// A body that is read from `source`.
    ///
    /// - Parameter length: Its size where the client declared it.
    public init(source: any RequestBodySource, length: Int64?) {
        content = .stream(source, length: length)
    }

    /// The size in bytes, `nil` when it was not declared (chunked).
    public var length: Int64? {
        switch content {
        case .bytes(let bytes): Int64(bytes.count)
        case .stream(_, let length): length
        }
    }

    /// The next bytes, at most 64 KiB, `nil` at the end.
    ///
    /// - Throws: As `RequestBodySource.nextBodyChunk()`.
    public mutating func next() async throws -> [UInt8]? {
        switch content {
        case .bytes(let bytes):
            content = .bytes([])
            return bytes.isEmpty ? nil : bytes
        case .stream(let source, _):
            return try await source.nextBodyChunk()
        }
    }

    /// Reads the body to its end.
    ///
    /// - Parameter limit: The most bytes to take; a longer body is refused unread where its length was declared.
    /// - Throws: `Problem` 413 `body_too_large`, or as `next()`.
    public consuming func collect(upTo limit: Int) async throws -> [UInt8] {
        if let length, length > Int64(limit) { throw Problem.bodyTooLarge(limit: limit) }
        guard var collected = try await next() else { return [] }
        if collected.count > limit { throw Problem.bodyTooLarge(limit: limit) }
        if let length { collected.reserveCapacity(Int(length)) }
        while let chunk = try await next() {
            guard collected.count + chunk.count <= limit else { throw Problem.bodyTooLarge(limit: limit) }
            collected += chunk
        }
        return collected
    }
}

/// The client went away before its answer was complete.
public struct ConnectionClosed: Error, CustomStringConvertible {
    public init() {}
    public var description: String { "the client closed the connection" }
}
