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
    func appendHead(_ response: Response) -> ResponsePlan {
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
    func scheduleFlush() {
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
    func waitForOutput(below threshold: Int) async throws {
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
