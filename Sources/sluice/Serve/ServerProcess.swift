internal import EventLoop
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
        } catch {
            context.log(.error, "the server has failed", ["error": "\(error)"])
            return 1
        }
    }

    private static func serve(_ context: ServerContext, on group: EventLoopGroup) async throws {
        let signals = try SignalSource(loop: group.loops[0])
        let reports = try await Migrator(
            options: context.administration(), loop: group.loops[0], blocking: group.blocking
        ).run()
        for report in reports where !report.applied.isEmpty {
            context.log(
                .info, "migrated",
                ["database": report.database.rawValue, "applied": report.applied.joined(separator: " ")])
        }
        defer { signals.close() }
        while try await signals.next() == .hangup {}
    }
}
