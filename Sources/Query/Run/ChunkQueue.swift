import EventLoop

/// Carries a result's bytes from the session that reads them to the response that writes them, one chunk at a time:
/// the producer waits until its chunk is taken, so a slow client holds Postgres back.
///
/// The consumer's end is a `ResultStream`; when that is dropped, the producer fails with `CancellationError`.
final class ChunkQueue: Sendable {
    enum Item: Sendable {
        case chunk([UInt8])
        /// The last bytes, and how the result ended.
        case end([UInt8], ResultSummary)
    }

    private struct State {
        var item: Result<Item, any Error>?
        var producer: UnsafeContinuation<Void, any Error>?
        var consumer: UnsafeContinuation<Item, any Error>?
        var isAbandoned = false
    }

    private let state = Locked(State())

    /// Hands over `bytes` and waits until they are taken.
    func send(_ bytes: [UInt8]) async throws {
        try await withUnsafeThrowingContinuation { continuation in
            let (consumer, isAbandoned) = state.withLock { state in
                if state.isAbandoned { return (UnsafeContinuation<Item, any Error>?.none, true) }
                if let consumer = state.consumer {
                    state.consumer = nil
                    return (consumer, false)
                }
                state.item = .success(.chunk(bytes))
                state.producer = continuation
                return (nil, false)
            }
            if isAbandoned { return continuation.resume(throwing: CancellationError()) }
            guard let consumer else { return }
            consumer.resume(returning: .chunk(bytes))
            continuation.resume()
        }
    }

    /// Ends the queue: the consumer gets `item` after the last chunk.
    func finish(_ item: Result<Item, any Error>) {
        let consumer = state.withLock { state in
            defer { state.consumer = nil }
            if state.consumer == nil { state.item = item }
            return state.consumer
        }
        consumer?.resume(with: item)
    }

    /// The next chunk, or the end; throws what the producer failed with.
    func next() async throws -> Item {
        try await withUnsafeThrowingContinuation { continuation in
            let (item, producer) = state.withLock { state in
                guard let item = state.item else {
                    state.consumer = continuation
                    return (Result<Item, any Error>?.none, UnsafeContinuation<Void, any Error>?.none)
                }
                state.item = nil
                defer { state.producer = nil }
                return (item, state.producer)
            }
            if let item { continuation.resume(with: item) }
            producer?.resume()
        }
    }

    /// Nobody will ask again.
    func abandon() {
        let producer = state.withLock { state in
            state.isAbandoned = true
            defer { state.producer = nil }
            return state.producer
        }
        producer?.resume(throwing: CancellationError())
    }
}

/// How a result ended.
public struct ResultSummary: Sendable {
    /// Rows that were sent.
    public var rowCount: Int
    /// Whether there were more rows than asked for.
    public var isTruncated: Bool
    /// The cursor of the next page of rows.
    public var nextCursor: String?

    public init(rowCount: Int, isTruncated: Bool, nextCursor: String? = nil) {
        self.rowCount = rowCount
        self.isTruncated = isTruncated
        self.nextCursor = nextCursor
    }
}

/// The rest of a result that did not fit in one piece. Dropping it ends the statement.
public final class ResultStream: Sendable {
    private let queue: ChunkQueue
    /// What was read already.
    public let first: [UInt8]

    init(queue: ChunkQueue, first: [UInt8]) {
        self.queue = queue
        self.first = first
    }

    deinit { queue.abandon() }

    /// Passes every chunk to `write` in order and returns how the result ended.
    public func forEach(_ write: ([UInt8]) async throws -> Void) async throws -> ResultSummary {
        try await write(first)
        while true {
            switch try await queue.next() {
            case .chunk(let bytes): try await write(bytes)
            case .end(let bytes, let summary):
                try await write(bytes)
                return summary
            }
        }
    }
}

/// A result, formatted: whole when it is small, as a stream otherwise.
public enum StatementResult: Sendable {
    case complete([UInt8], ResultSummary)
    case streaming(ResultStream)
}
