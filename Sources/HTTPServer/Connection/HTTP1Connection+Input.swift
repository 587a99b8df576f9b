internal import EventLoop

/// Receiving: heads, bodies, and the deadlines of both.
extension HTTP1Connection {
    /// The next request's head if it is there already; `nil`: it has to be waited for.
    ///
    /// - Throws: `WireError` for what is no request; `IOError` when the socket fails.
    func takeHead() throws -> RequestHead? {
        // A batch of pipelined answers leaves together, but not beyond the mark.
        guard output.count <= configuration.highWaterBytes else { return nil }
        if let head = try parseHead() { return head }
        sendNow()
        guard output.isEmpty, !isBroken else { return nil }
        while let count = try receiveNow(), count > 0 {
            if let head = try parseHead() { return head }
        }
        return nil
    }

    private func parseHead() throws(WireError) -> RequestHead? {
        guard !input.isEmpty else { return nil }
        let (consumed, head) = try input.withBytes { (bytes) throws(WireError) in try parser.consume(bytes) }
        input.discard(consumed)
        return head
    }

    /// The next request's head; `nil` when the client is done or stays silent.
    ///
    /// - Throws: `WireError` for what is no request, `headTimeout` for a slow one; `IOError` when the socket fails.
    func waitForHead() async throws -> RequestHead? {
        var deadline: Deadline?
        while true {
            if output.count > configuration.highWaterBytes { try await sendAll() }
            if let head = try parseHead() { return head }
            if !output.isEmpty {
                // Mostly the kernel takes it all, and then there is nothing to await.
                sendNow()
                if isBroken || !output.isEmpty { try await sendAll() }
            }
            setBusy(false)
            let hasBegun = !input.isEmpty || !parser.isAtStart
            if hasBegun {
                deadline = deadline ?? .after(configuration.headTimeout)
            }
            let patience = servedRequests == 0 ? configuration.headTimeout : configuration.idleTimeout
            do throws(IOError) {
                guard try await receiveMore(before: deadline ?? .after(patience)) else { return nil }
            } catch {
                guard error.code == .timedOut else { throw error }
                if hasBegun { throw WireError.headTimeout }
                return nil
            }
        }
    }

    /// Waits for bytes and appends them to the input. Returns `false` at the end of the stream.
    func receiveMore(before deadline: Deadline) async throws(IOError) -> Bool {
        while true {
            if let received = try receiveNow() { return received > 0 }
            if input.isEmpty { input.release() }
            if output.isEmpty { output.release() }
            try await socket.source.readable(before: deadline)
            isDrained = false
        }
    }

    /// Appends what the socket has to the input. Returns its count, 0 at the end of the stream, `nil` for nothing yet.
    private func receiveNow() throws(IOError) -> Int? {
        guard !isDrained || socket.source.peerFinished else { return nil }
        return try context.withScratch { (scratch) throws(IOError) -> Int? in
            guard let count = try socket.tryReceive(into: scratch) else { return nil }
            input.append(UnsafeRawBufferPointer(rebasing: scratch[..<count]))
            // A short read has emptied the socket, so the next one would fail; but then no edge announces an end of
            // stream that arrived with these bytes, hence `peerFinished` above.
            isDrained = count < scratch.count
            hasEnded = count == 0
            return count
        }
    }

    // MARK: Bodies

    /// Makes ready for a request's body.
    ///
    /// - Throws: `bodyTooLarge` when its declared length is over the server's limit.
    func beginBody(_ head: RequestHead) throws(WireError) -> RequestBody {
        body = nil
        awaitsContinue = false
        guard head.framing != .none else { return RequestBody() }
        let decoder = try BodyDecoder(head.framing, maxBytes: configuration.maxBodyBytes)
        body = decoder
        awaitsContinue = head.expectsContinue
        bodyWait = .zero
        bodyBytes = 0
        return RequestBody(
            source: HTTP1BodySource(connection: self, number: servedRequests), length: decoder.remaining)
    }

    /// The next bytes of the body of request `number`, `nil` at its end.
    func nextBodyChunk(of number: Int) async throws -> [UInt8]? {
        guard answer?.number == number, !isBroken else { throw ConnectionClosed() }
        guard !isReadingBody else {
            throw Problem(500, "internal_error", "The request body has two readers at once.")
        }
        isReadingBody = true
        defer { isReadingBody = false }
        do {
            return try await readBody(upTo: 64 * 1024)
        } catch {
            // What follows on this connection cannot be told apart any more.
            answer?.keepAlive = false
            guard let error = error as? WireError, !isBroken else { throw ConnectionClosed() }
            throw error.problem
        }
    }

    private func readBody(upTo limit: Int) async throws -> [UInt8]? {
        while var decoder = body, !decoder.isComplete {
            if !input.isEmpty {
                var chunk: [UInt8] = []
                chunk.reserveCapacity(min(limit, input.count))
                let consumed = try input.withBytes { (bytes) throws(WireError) in
                    try decoder.consume(bytes, into: &chunk, upTo: limit)
                }
                input.discard(consumed)
                body = decoder
                if !chunk.isEmpty {
                    bodyBytes += Int64(chunk.count)
                    return chunk
                }
                if decoder.isComplete { return nil }
            }
            try await receiveBody()
        }
        return nil
    }

    /// Waits for more of the body, as long as its pace allows.
    private func receiveBody() async throws {
        if awaitsContinue {
            awaitsContinue = false
            if answer?.plan == nil { output.append { $0 += ResponseSerializer.continueHead } }
        }
        // Answers to the requests before this one may still be here.
        sendNow()
        let earned = Duration.seconds(bodyBytes / max(1, configuration.minBodyBytesPerSecond))
        let left = configuration.bodyTimeout + earned - bodyWait
        guard left > .zero else { throw WireError.bodyTimeout }
        let start = Deadline.now
        let hasMore: Bool
        do throws(IOError) {
            hasMore = try await receiveMore(before: start + left)
        } catch {
            throw error.code == .timedOut ? WireError.bodyTimeout as any Error : error
        }
        guard hasMore else { throw WireError.bodyCutShort }
        bodyWait += .nanoseconds(Deadline.now.nanoseconds - start.nanoseconds)
    }

    /// Whether nothing of the body is left to be read.
    var isBodyRead: Bool { body?.isComplete ?? true }

    /// Whether the rest of the body is worth reading for the sake of keeping the connection.
    var canDropBody: Bool {
        guard let body, !body.isComplete else { return true }
        return !awaitsContinue && body.remaining ?? 0 <= configuration.maxDroppedBodyBytes
    }

    /// Reads what the handler left of the body. Returns whether the connection can go on.
    func dropBody() async throws -> Bool {
        guard canDropBody else { return false }
        var dropped: Int64 = 0
        while let chunk = try await readBody(upTo: 64 * 1024) {
            dropped += Int64(chunk.count)
            guard dropped <= configuration.maxDroppedBodyBytes else { return false }
        }
        return true
    }
}

/// The body of one request of a connection; of no use once that request is answered.
final class HTTP1BodySource: RequestBodySource {
    private let connection: HTTP1Connection
    private let number: Int

    init(connection: HTTP1Connection, number: Int) {
        self.connection = connection
        self.number = number
    }

    func nextBodyChunk() async throws -> [UInt8]? {
        try await connection.nextBodyChunk(of: number)
    }
}
