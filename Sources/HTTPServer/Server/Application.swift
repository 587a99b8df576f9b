/// What a server serves: everything about answering that does not depend on the protocol version.
public struct Application: Sendable {
    /// Answers any request: usually a router's match.
    public typealias Handler = @Sendable (Request) async throws -> Response

    /// Answers a request. Runs on the connection's loop: it must not block.
    public var handler: Handler
    /// Answers some requests without suspending, which for a short read is a third of the work: each `await` that a
    /// handler goes through is a look at the task's preferred executor (measured: 40 a read by key).
    ///
    /// Calls its second argument once, on any thread, at once or later: with the answer, or with `nil` when `handler` has
    /// to see to the request after all. It must not block.
    public var promptly: (@Sendable (Request, @escaping @Sendable (Response?) -> Void) -> Void)?
    /// Turns what a handler threw into what the client sees; total, and never telling secrets.
    public var problem: @Sendable (any Error, Exchange) -> Problem
    /// Called on the loop once for each answer, complete or not: access log and metrics. It must not block.
    public var onCompletion: (@Sendable (Completion) -> Void)?

    /// - Parameter problem: `nil` answers a thrown `Problem` as it is and anything else with 500.
    public init(
        handler: @escaping Handler,
        promptly: (@Sendable (Request, @escaping @Sendable (Response?) -> Void) -> Void)? = nil,
        problem: (@Sendable (any Error, Exchange) -> Problem)? = nil,
        onCompletion: (@Sendable (Completion) -> Void)? = nil
    ) {
        self.handler = handler
        self.promptly = promptly
        self.problem = problem ?? { error, _ in error as? Problem ?? .internalError }
        self.onCompletion = onCompletion
    }

    /// The handler's answer, or the problem that stands for what it threw.
    func respond(to request: Request) async -> (response: Response, error: (any Error)?) {
        do {
            return (try await handler(request), nil)
        } catch {
            return (failure(error, request.exchange), error)
        }
    }

    func failure(_ error: any Error, _ exchange: Exchange) -> Response {
        // Nobody will read it, and no mapping should have to know: 499 stands in the log only.
        if error is ConnectionClosed {
            return Problem(499, "client_closed_request", "The client closed the connection.")
                .response(requestID: exchange.requestID)
        }
        return problem(error, exchange).response(requestID: exchange.requestID)
    }
}

/// One answer as the access log and the metrics see it.
public struct Completion: Sendable {
    /// `nil` when no request could be read: what is answered with 400, 408, 431.
    public var method: Method?
    /// As sent, escapes included; empty when no request could be read.
    public var path: String
    /// The pattern of the route, `nil` for unknown paths.
    public var route: String? { exchange.route }
    /// 499 when the client was gone before there was an answer.
    public var status: Status
    /// From the complete head to the last byte given to the socket's buffer.
    public var duration: Duration
    /// Bytes of the answer, its head included, whether or not they arrived.
    public var bytes: Int
    public var requestID: String { exchange.requestID }
    public var remoteAddress: String { exchange.remoteAddress }
    /// Name of the caller; `nil` when the request had no valid token.
    public var principal: String? { exchange.principal }
    /// What the handler threw, before or after the first byte, or why the connection ended; `nil` when all went well.
    public var error: (any Error)?
    /// Whether the answer was cut off.
    public var isCutOff: Bool
    let exchange: Exchange
}
