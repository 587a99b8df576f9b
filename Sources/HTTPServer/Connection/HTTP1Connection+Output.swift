internal import EventLoop
internal import Glibc

/// Sending: what is written goes out as far as the kernel takes it; a pump sends the rest when it takes more, and
/// writers wait above the high-water mark.
extension HTTP1Connection {
    // MARK: Whole answers

    /// Sends a head and a body that is in memory.
    func sendWhole(_ response: Response) async throws {
        if let large = try appendWhole(response) { try await sendLarge(large) }
    }

    /// Sends a body without copying it.
    func sendLarge(_ body: [UInt8]) async throws {
        try await sendAll()
        output.adopt(body)
        try await sendAll()
    }

    /// Appends a head and a body that is in memory to what leaves next; returns a body too large to be copied.
    func appendWhole(_ response: Response) throws -> [UInt8]? {
        guard !isBroken else { throw ConnectionClosed() }
        let plan = appendHead(response)
        guard plan.sendsBody, case .bytes(let bytes) = response.body else { return nil }
        answer?.bodyBytes = Int64(bytes.count)
        guard bytes.count <= configuration.lowWaterBytes else { return bytes }
        output.append { $0 += bytes }
        return nil
    }

    @discardableResult
    private func appendHead(_ response: Response) -> ResponsePlan {
        guard let answer else { preconditionFailure("a head without an answer") }
        let plan = ResponsePlan(
            response, method: answer.method ?? .get, minorVersion: answer.minorVersion,
            keepAlive: answer.keepAlive && canDropBody)
        self.answer?.plan = plan
        self.answer?.status = response.status
        let date = context.date()
        let timing = answer.exchange.serverTiming
        output.append { bytes in
            ResponseSerializer.appendHead(
                response.status, response.fields, prepared: response.prepared, plan: plan,
                minorVersion: answer.minorVersion,
                requestID: answer.exchange.requestID, serverTiming: timing, date: date, to: &bytes)
        }
        return plan
    }

    // MARK: Streamed answers

    /// Lets `write` produce the body while it is sent.
    func stream(_ response: Response, _ write: @Sendable (ResponseWriter) async throws -> Void) async throws {
        guard let answer else { preconditionFailure("a stream without an answer") }
        let sendsBody = answer.method != .head && response.status.allowsBody
        guard sendsBody else {
            appendHead(response)
            return
        }
        self.answer?.pending = response
        self.answer?.isStreaming = true
        do {
            try await write(ResponseWriter(HTTP1ResponseSink(connection: self, number: answer.number)))
            self.answer?.isStreaming = false
            try await finishStream()
        } catch {
            self.answer?.isStreaming = false
            if self.answer?.error == nil { self.answer?.error = error }
            guard self.answer?.pending == nil else {
                // Nothing has been sent: the failure gets an answer of its own.
                self.answer?.pending = nil
                return try await sendWhole(application.failure(error, answer.exchange))
            }
            await cutOff()
            throw error
        }
    }

    private func finishStream() async throws {
        guard !isBroken else { throw ConnectionClosed() }
        beginStream()
        guard let answer, let plan = answer.plan else { return }
        switch plan.framing {
        case .chunked: output.append { ResponseSerializer.appendLastChunk(trailers: answer.trailers, to: &$0) }
        case .length(let length):
            guard answer.bodyBytes == length else {
                throw Problem(500, "internal_error", "A streamed body was shorter than its Content-Length.")
            }
        case .none, .untilClose: break
        }
        sendNow()
        if output.count > configuration.highWaterBytes { try await sendAll() }
    }

    /// Writes the head if that has not been done.
    private func beginStream() {
        guard let response = answer?.pending else { return }
        answer?.pending = nil
        appendHead(response)
    }

    /// Ends an answer in such a way that the client sees it is incomplete.
    private func cutOff() async {
        guard !isBroken else { return }
        // What was written before the failure still goes out: NDJSON tells the reason in its last line.
        let sent: Void? = try? await sendAll()
        if sent != nil, answer?.plan?.framing == .untilClose, !isBroken {
            // A body that ends with the connection looks complete unless that is reset.
            var reset = linger(l_onoff: 1, l_linger: 0)
            setsockopt(socket.source.descriptor, SOL_SOCKET, SO_LINGER, &reset, socklen_t(MemoryLayout<linger>.size))
        }
    }

    /// Takes bytes of the streamed body of answer `number`.
    func write(_ bytes: [UInt8], to number: Int) async throws {
        guard let answer, answer.number == number, answer.isStreaming, !isBroken else { throw ConnectionClosed() }
        beginStream()
        guard let plan = self.answer?.plan else { return }
        let total = answer.bodyBytes + Int64(bytes.count)
        if case .length(let length) = plan.framing, total > length {
            throw Problem(500, "internal_error", "A streamed body was longer than its Content-Length.")
        }
        self.answer?.bodyBytes = total
        output.append { output in
            if plan.framing == .chunked {
                ResponseSerializer.appendChunk(bytes, to: &output)
            } else {
                output += bytes
            }
        }
        if output.count < configuration.flushBytes { return scheduleFlush() }
        sendNow()
        if output.count > configuration.highWaterBytes { try await waitForOutput(below: configuration.lowWaterBytes) }
    }

    func flush(_ number: Int) async throws {
        guard let answer, answer.number == number, answer.isStreaming, !isBroken else { throw ConnectionClosed() }
        beginStream()
        try await sendAll()
    }

    func setTrailers(_ fields: Fields, of number: Int) {
        if answer?.number == number { answer?.trailers = fields }
    }

    // MARK: The socket

    /// Sends everything, waiting while the client does not read.
    func sendAll() async throws {
        sendNow()
        if !output.isEmpty { try await waitForOutput(below: 0) }
        if isBroken { throw ConnectionClosed() }
    }

    /// Sends what the kernel takes now; the pump sees to the rest.
    func sendNow() {
        guard !isPumping, !isBroken else { return }
        sendUntilFull()
        guard !output.isEmpty, !isBroken else { return }
        isPumping = true
        loop.spawn { await self.pump() }
    }

    private func sendUntilFull() {
        do throws(IOError) {
            while !output.isEmpty {
                let sent = try output.withBytes { (bytes) throws(IOError) in try socket.trySend(bytes) }
                guard let sent else { return }
                output.discard(sent)
            }
        } catch {
            // Reset or closed by the peer.
            abort()
        }
    }

    /// Sends the rest whenever the kernel takes more, and gives up on a client that does not read.
    private func pump() async {
        defer { isPumping = false }
        while !output.isEmpty, !isBroken {
            do throws(IOError) {
                try await socket.source.writable(before: .after(configuration.writeTimeout))
            } catch {
                abort()
                return
            }
            sendUntilFull()
            wakeWaiters()
        }
    }

    /// Sends at the end of the tick what a writer leaves below the size worth a send of its own.
    private func scheduleFlush() {
        guard !isFlushScheduled else { return }
        isFlushScheduled = true
        loop.onTickEnd {
            self.assumeIsolated { connection in
                connection.isFlushScheduled = false
                connection.sendNow()
            }
        }
    }

    /// Suspends until no more than `threshold` bytes are unsent.
    ///
    /// - Throws: `ConnectionClosed` when the client went away or did not read in time; `CancellationError`.
    private func waitForOutput(below threshold: Int) async throws {
        nextWaiter &+= 1
        let ticket = nextWaiter
        await withTaskCancellationHandler {
            await withUnsafeContinuation { continuation in
                guard !isBroken, !Task.isCancelled, output.count > threshold else { return continuation.resume() }
                waiters[ticket] = OutputWaiter(threshold: threshold, continuation: continuation)
            }
        } onCancel: {
            loop.execute { self.assumeIsolated { $0.waiters.removeValue(forKey: ticket)?.continuation.resume() } }
        }
        if isBroken { throw ConnectionClosed() }
        try Task.checkCancellation()
    }

    /// Resumes the writers that need wait no longer: all of them once the connection is broken.
    func wakeWaiters() {
        guard !waiters.isEmpty else { return }
        for (ticket, waiter) in waiters where isBroken || output.count <= waiter.threshold {
            waiters[ticket] = nil
            waiter.continuation.resume()
        }
    }
}

/// The body of one answer of a connection; writes to it fail once that answer is complete.
final class HTTP1ResponseSink: ResponseSink {
    private let connection: HTTP1Connection
    private let number: Int

    init(connection: HTTP1Connection, number: Int) {
        self.connection = connection
        self.number = number
    }

    func write(_ bytes: [UInt8]) async throws {
        try await connection.write(bytes, to: number)
    }

    func flush() async throws {
        try await connection.flush(number)
    }

    func setTrailers(_ fields: Fields) async {
        await connection.setTrailers(fields, of: number)
    }
}
