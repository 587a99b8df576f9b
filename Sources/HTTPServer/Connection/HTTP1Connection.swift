internal import EventLoop
internal import Glibc

/// One HTTP/1.1 connection, on its loop from accept to close.
///
/// Requests are answered strictly one after the other; pipelined ones wait in the input buffer, and the answers of a
/// batch leave in one send. Every wait has a deadline; every buffer a bound (`ServerConfiguration`).
actor HTTP1Connection {
    nonisolated let loop: EventLoop
    nonisolated var unownedExecutor: UnownedSerialExecutor { loop.asUnownedSerialExecutor() }

    let socket: Socket
    let context: LoopContext
    let application: Application
    let configuration: ServerConfiguration
    private let remoteAddress: String
    private var task: Task<Void, Never>?

    // Receiving; see HTTP1Connection+Input.swift.
    var input = InputBuffer()
    var parser: RequestHeadParser
    /// The last read emptied the socket: wait before reading again.
    var isDrained = false
    /// The client has sent all it will.
    var hasEnded = false
    var servedRequests = 0
    /// From a request's head until its answer has left the buffer; what a drain waits for.
    private var isBusy = false
    var body: BodyDecoder?
    var awaitsContinue = false
    /// How long the body has kept its reader waiting, and how much of it has come.
    var bodyWait: Duration = .zero
    var bodyBytes: Int64 = 0
    var isReadingBody = false

    // Sending; see HTTP1Connection+Output.swift and +Stream.swift.
    var output = OutputBuffer()
    var isPumping = false
    var isFlushScheduled = false
    var waiters: [UInt64: OutputWaiter] = [:]
    var nextWaiter: UInt64 = 0
    /// The socket is of no use any more.
    var isBroken = false

    /// The answer being made; `nil` between requests.
    var answer: Answer?

    // Requests answered without the task; see HTTP1Connection+Prompt.swift.
    var resting: UnsafeContinuation<Errand, Never>?
    /// The head for which the task has waited.
    var awaited: RequestHead?
    var isAnsweringPromptly = false
    /// A request is with `Application.promptly`.
    var isAsking = false
    /// Of the request before.
    var identity: (any AnyObject & Sendable)?

    init(socket: Socket, context: LoopContext, application: Application, configuration: ServerConfiguration) {
        self.socket = socket
        self.loop = socket.loop
        self.context = context
        self.application = application
        self.configuration = configuration
        remoteAddress = socket.remoteAddress?.host ?? ""
        parser = RequestHeadParser(limits: configuration.headLimits)
    }

    /// Takes the connection in service. On the loop's thread.
    nonisolated func start() {
        context.add(self)
        let task = loop.spawn { await self.run() }
        assumeIsolated { $0.task = task }
    }

    private func run() async {
        do {
            try socket.source.setHangupHandler { [weak self] in self?.assumeIsolated { $0.peerHungUp() } }
            var goesOn = true
            while goesOn {
                let errand = await withUnsafeContinuation { continuation in
                    resting = continuation
                    answerPromptly()
                }
                goesOn = try await run(errand)
            }
            try await sendAll()
            setBusy(false)
            await finish()
        } catch let error as WireError {
            await refuse(error)
        } catch {
            // The client is gone, too slow, or the loop stops: nobody is left to be told.
        }
        isBroken = true
        setBusy(false)
        socket.close()
        context.remove(self)
        task = nil
    }

    /// Does what could not be done without waiting. Returns whether the connection goes on.
    private func run(_ errand: Errand) async throws -> Bool {
        defer { answer = nil }
        switch errand {
        case .wait:
            awaited = try await waitForHead()
            return awaited != nil
        case .serve(let head): return try await serve(head)
        case .respond(let request): return try await respond(to: request)
        case .send(let response): return try await send(response)
        case .end(let failure):
            if let failure { throw failure }
            return false
        }
    }

    func setBusy(_ busy: Bool) {
        guard busy != isBusy else { return }
        isBusy = busy
        if busy { context.connectionBecameBusy() } else { context.connectionBecameIdle() }
    }

    // MARK: One request

    /// Answers a request. Returns whether the connection goes on.
    private func serve(_ head: RequestHead) async throws -> Bool {
        let exchange = beginAnswer(head)
        guard !context.isDraining else {
            return try await send(Problem.draining.response(requestID: exchange.requestID))
        }
        let requestBody: RequestBody
        do throws(WireError) {
            requestBody = try beginBody(head)
        } catch {
            answer?.keepAlive = false
            answer?.error = error.problem
            return try await send(application.failure(error.problem, exchange))
        }
        if socket.source.peerFinished { watchForDesertion() }
        let request = Request(
            method: head.method, target: head.target, fields: head.fields, body: requestBody, exchange: exchange)
        return try await respond(to: request)
    }

    /// Begins the answer to a request.
    func beginAnswer(_ head: RequestHead) -> Exchange {
        servedRequests += 1
        let exchange = makeExchange(head)
        setBusy(true)
        answer = Answer(
            number: servedRequests, method: head.method, path: head.target.path, minorVersion: head.minorVersion,
            keepAlive: head.keepAlive && !context.isDraining, exchange: exchange, startBytes: output.total)
        return exchange
    }

    private func respond(to request: Request) async throws -> Bool {
        let (response, error) = await application.respond(to: request)
        answer?.error = error
        return try await send(response)
    }

    /// Sends an answer, whatever its body, and settles what is left of the request's.
    private func send(_ response: Response) async throws -> Bool {
        do {
            if case .stream(let write) = response.body {
                try await stream(response, write)
            } else if let large = try appendWhole(response) {
                try await sendLarge(large)
            }
            complete(cutOff: false)
        } catch {
            if answer?.error == nil { answer?.error = error }
            complete(cutOff: true)
            throw error
        }
        guard let answer, answer.plan?.keepAlive == true, !isBroken else { return false }
        if isBodyRead { return true }
        // The answer is complete: what is wrong with the rest of the body only ends the connection.
        return (try? await dropBody()) ?? false
    }

    /// Answers bytes that were no request, and hangs up.
    private func refuse(_ error: WireError) async {
        guard !isBroken else { return }
        let exchange = Exchange(remoteAddress: remoteAddress)
        answer = Answer(
            number: servedRequests + 1, method: nil, path: "", minorVersion: 1, keepAlive: false, exchange: exchange,
            startBytes: output.total)
        answer?.error = error.problem
        do {
            try await sendWhole(application.failure(error.problem, exchange))
            try await sendAll()
            complete(cutOff: false)
        } catch {
            complete(cutOff: true)
        }
        answer = nil
        await finish()
    }

    private func makeExchange(_ head: RequestHead) -> Exchange {
        let given = head.fields["x-request-id"].flatMap { RequestID.isValid($0) ? $0 : nil }
        return Exchange(
            requestID: given, remoteAddress: remoteAddress, identity: head.repeatsFields ? identity : nil)
    }

    func complete(cutOff: Bool) {
        guard let answer else { return }
        identity = answer.exchange.identity
        guard let onCompletion = application.onCompletion else { return }
        onCompletion(
            Completion(
                method: answer.method, path: answer.path, status: answer.plan == nil ? 499 : answer.status,
                duration: .now - answer.exchange.start,
                bytes: output.total - answer.startBytes, error: answer.error, isCutOff: cutOff,
                exchange: answer.exchange))
    }

    // MARK: Ending

    /// Ends the connection at once and cancels the handler.
    func abort() {
        isBroken = true
        task?.cancel()
        socket.close()
        wakeWaiters()
    }

    /// Closes so that the answer arrives: with bytes of the client unread, the kernel would send a reset, which can
    /// overtake it. So reading goes on for a moment, into nothing.
    private func finish() async {
        guard !isBroken else { return }
        socket.finishSending()
        let deadline = Deadline.after(configuration.lingerTimeout)
        // 16 MiB: what a client may have had in flight, not a whole upload.
        for _ in 0..<256 {
            input.discard(input.count)
            guard let more = try? await receiveMore(before: deadline), more else { return }
        }
    }

    /// The client shut down its side, or the connection broke.
    private func peerHungUp() {
        // Between requests the reader sees it.
        guard answer != nil else { return }
        watchForDesertion()
    }

    /// Cancels the handler of a client that is gone: at once after a reset, else once `halfCloseGrace` has passed
    /// without a byte of the answer leaving. A half-closed client that still reads gets its bytes; one that is gone
    /// answers them with a reset, and then the next write fails.
    private func watchForDesertion() {
        var state = pollfd(fd: socket.source.descriptor, events: 0, revents: 0)
        if poll(&state, 1, 0) > 0, Int32(state.revents) & (POLLHUP | POLLERR) != 0 {
            abort()
            return
        }
        let (number, total) = (answer?.number, output.total)
        loop.schedule(after: configuration.halfCloseGrace) { [weak self] in
            self?.assumeIsolated { connection in
                if connection.answer?.number == number, connection.output.total == total { connection.abort() }
            }
        }
    }
}
