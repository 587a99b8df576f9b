internal import EventLoop
internal import Glibc

/// Answers whose body is produced while it is sent.
extension HTTP1Connection {
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
