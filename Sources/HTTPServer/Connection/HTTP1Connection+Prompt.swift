internal import EventLoop

/// What the connection's task is woken for.
enum Errand: Sendable {
    /// To wait for a request's head.
    case wait
    case serve(RequestHead)
    case respond(Request)
    case send(Response)
    case end((any Error)?)
}

/// Requests that are answered without suspending (`Application.promptly`): from the event that brings a request to the
/// bytes of its answer there are calls only, while the connection's task rests. Each time it is woken or looks at its
/// executor costs as much as parsing a header field, and a request used to take 40 of that.
extension HTTP1Connection {
    /// Answers what is there, and goes on with what comes, until there is something for the task to do.
    func answerPromptly() {
        // An answer that was given at once leads back here: the loop below goes on with what follows it.
        guard !isAnsweringPromptly else { return }
        isAnsweringPromptly = true
        defer { isAnsweringPromptly = false }
        while resting != nil, !isAsking {
            do {
                guard let head = try awaited ?? takeHead() else {
                    if try waitsForMore() { return }
                    continue
                }
                awaited = nil
                guard let promptly = application.promptly, head.framing == .none, !context.isDraining,
                    !socket.source.peerFinished
                else { return wake(.serve(head)) }
                ask(promptly, head)
            } catch {
                wake(.end(error))
            }
        }
    }

    private func ask(
        _ promptly: (Request, @escaping @Sendable (Response?) -> Void) -> Void, _ head: RequestHead
    ) {
        let exchange = beginAnswer(head)
        body = nil
        awaitsContinue = false
        let request = Request(
            method: head.method, target: head.target, fields: head.fields, body: RequestBody(), exchange: exchange)
        isAsking = true
        promptly(request) { response in
            guard self.loop.inLoop() else {
                return self.loop.execute { self.assumeIsolated { $0.take(response, request) } }
            }
            self.assumeIsolated { $0.take(response, request) }
        }
    }

    /// What `application.promptly` has come to.
    private func take(_ response: Response?, _ request: Request) {
        isAsking = false
        guard let response else { return wake(.respond(request)) }
        do {
            guard !isBroken, case .bytes(let bytes) = response.body, bytes.count <= configuration.lowWaterBytes else {
                return wake(.send(response))
            }
            _ = try appendWhole(response)
            complete(cutOff: false)
            guard answer?.plan?.keepAlive == true else { return wake(.end(nil)) }
            answer = nil
            answerPromptly()
        } catch {
            wake(.end(error))
        }
    }

    /// Sees to it that the next bytes are looked at. `false`: there may be some now.
    private func waitsForMore() throws -> Bool {
        // Deadlines of heads, ends of streams and slow clients are the task's business.
        guard output.isEmpty, !isBroken, !hasEnded, input.isEmpty, parser.isAtStart, servedRequests > 0 else {
            wake(.wait)
            return true
        }
        setBusy(false)
        input.release()
        output.release()
        let isWaiting = try socket.source.whenReadable(before: .after(configuration.idleTimeout)) { outcome in
            self.assumeIsolated { $0.isReadable(outcome) }
        }
        if !isWaiting { isDrained = false }
        return isWaiting
    }

    private func isReadable(_ outcome: FileDescriptorSource.Outcome) {
        switch outcome {
        case .ready:
            isDrained = false
            answerPromptly()
        case .timedOut: wake(.end(nil))
        case .closed, .cancelled: wake(.end(ConnectionClosed()))
        }
    }

    private func wake(_ errand: Errand) {
        guard let task = resting else { return }
        resting = nil
        task.resume(returning: errand)
    }
}
