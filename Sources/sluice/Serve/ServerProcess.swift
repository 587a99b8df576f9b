internal import EventLoop
internal import Glibc
internal import HTTPServer
internal import Store

/// The server: what answers requests, from its start until it has drained.
enum ServerProcess {
    /// Serves until SIGTERM or SIGINT and returns the exit status.
    static func run(_ context: ServerContext) -> Int32 {
        do {
            let group = try EventLoopGroup()
            defer { group.shutdown() }
            try group.runBlocking { try await serve(context, on: group) }
            return 0
        } catch let error as IOError where error.errno == EADDRINUSE {
            context.log(
                .error, "the server has failed",
                [
                    "error": "\(error)",
                    "hint": "Another program listens there: end it, or choose another --http.",
                ])
            return 1
        } catch {
            context.log(.error, "the server has failed", ["error": "\(error)"])
            return 1
        }
    }

    private static func serve(_ context: ServerContext, on group: EventLoopGroup) async throws {
        let signals = try SignalSource(loop: group.loops[0])
        defer { signals.close() }
        let sink = LogSink()
        defer { sink.flush() }
        let server = try await Server(context, on: group, logger: Logger(level: context.settings.logLevel, sink: sink))
        try await server.run(until: signals)
    }
}
