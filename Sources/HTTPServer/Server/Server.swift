public import EventLoop

/// An HTTP server on one address, with a listening socket on every loop of a group.
///
/// It speaks HTTP/1.1 and 1.0 in plain text. A handler sees `Request`, `RequestBodySource` and `ResponseSink` only, so
/// another protocol is another connection type beside `HTTP1Connection`, chosen where a connection is accepted.
public final class Server: Sendable {
    private let listener: Listener
    private let contexts: [LoopContext]

    /// The address in use, with the real port when 0 was asked for.
    public var address: SocketAddress { listener.address }
    /// Connections open now, over all loops.
    public var openConnections: Int { listener.connections.count }
    /// Connections turned away since the start, because too many were open.
    public var refusedConnections: Int { listener.connections.refused }

    /// Binds `address` and answers from now on.
    ///
    /// - Throws: `IOError` when the address is in use or not ours.
    public init(
        _ address: SocketAddress, on group: EventLoopGroup, serving application: Application,
        configuration: ServerConfiguration = ServerConfiguration()
    ) throws(IOError) {
        let contexts = group.loops.map(LoopContext.init)
        self.contexts = contexts
        var options = Listener.Options()
        options.maxConnections = configuration.maxConnections
        options.refusal = Server.refusal()
        listener = try Listener.bind(address, group: group, options: options) { socket in
            HTTP1Connection(
                socket: socket, context: contexts[socket.loop.index], application: application,
                configuration: configuration
            ).start()
        }
    }

    /// Shuts down: requests that begin from now on get 503 and `Connection: close`, those being answered go on for up
    /// to `timeout`. Then the port is freed and every connection closed; handlers still running are cancelled.
    ///
    /// - Returns: Whether every request was answered in time.
    public func drain(within timeout: Duration) async -> Bool {
        let deadline = Deadline.after(timeout)
        let isClean = await withTaskGroup(of: Bool.self) { group in
            for context in contexts {
                group.addTask { await self.drain(context, before: deadline) }
            }
            return await group.reduce(true) { $0 && $1 }
        }
        close()
        return isClean
    }

    /// Frees the port and ends every connection now.
    public func close() {
        listener.close()
        for context in contexts { context.loop.execute { context.abortAll() } }
    }

    private func drain(_ context: LoopContext, before deadline: Deadline) async -> Bool {
        // Both ends of the race run on the context's loop; the first one there answers.
        await withUnsafeContinuation { continuation in
            let race = Race(continuation)
            context.loop.execute {
                let timer = context.loop.schedule(after: deadline.remaining ?? .zero) { race.finish(false) }
                context.drain {
                    timer.cancel()
                    race.finish(true)
                }
            }
        }
    }

    /// What a connection above the limit is sent.
    private static func refusal() -> [UInt8] {
        let problem = Problem.tooManyConnections
        let requestID = RequestID.generate()
        let response = problem.response(requestID: requestID)
        var bytes: [UInt8] = []
        ResponseSerializer.appendHead(
            response.status, response.fields,
            plan: ResponsePlan(response, method: .get, minorVersion: 1, keepAlive: false), minorVersion: 1,
            requestID: requestID, serverTiming: nil, date: nil, to: &bytes)
        if case .bytes(let body) = response.body { bytes += body }
        return bytes
    }
}

/// Resumes a continuation with the first of several answers.
private final class Race: Sendable {
    private let continuation: Locked<UnsafeContinuation<Bool, Never>?>

    init(_ continuation: UnsafeContinuation<Bool, Never>) {
        self.continuation = Locked(continuation)
    }

    func finish(_ value: Bool) {
        let waiting = continuation.withLock { waiting in
            defer { waiting = nil }
            return waiting
        }
        waiting?.resume(returning: value)
    }
}
