import EventLoop
import Synchronization

@testable import HTTPServer

/// A server in this process on a port of the kernel's choice, and what its handlers report.
final class TestServer: Sendable {
    /// One group for all tests: loops are cheap to share and their threads end with the process.
    private static let group = Result { try EventLoopGroup(count: 2) }

    let server: Server
    let completions = Mailbox<Completion>()

    var port: UInt16 { server.address.port }

    convenience init(_ handler: @escaping Application.Handler) throws {
        try self.init(ServerConfiguration(), handler)
    }

    init(
        _ configuration: ServerConfiguration,
        promptly: (@Sendable (Request, @escaping @Sendable (Response?) -> Void) -> Void)? = nil,
        _ handler: @escaping Application.Handler
    ) throws {
        let completions = completions
        server = try Server(
            .loopback(), on: TestServer.group.get(),
            serving: Application(handler: handler, promptly: promptly, onCompletion: { completions.send($0) }),
            configuration: configuration)
    }

    deinit { server.close() }

    func client(receiveBuffer: Int32? = nil) throws -> RawClient {
        try RawClient(port: port, receiveBuffer: receiveBuffer)
    }
}

extension ServerConfiguration {
    static func with(_ change: (inout ServerConfiguration) -> Void) -> ServerConfiguration {
        var configuration = ServerConfiguration()
        change(&configuration)
        return configuration
    }
}

/// Values handed from handlers to a test, which awaits them one by one; the suite's time limit ends a vain wait.
final class Mailbox<Value: Sendable>: Sendable {
    private let stream: AsyncStream<Value>
    private let continuation: AsyncStream<Value>.Continuation

    init() {
        (stream, continuation) = AsyncStream.makeStream(of: Value.self)
    }

    func send(_ value: Value) {
        continuation.yield(value)
    }

    func next() async throws -> Value {
        for await value in stream { return value }
        throw CancellationError()
    }
}
