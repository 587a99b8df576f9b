internal import Access
internal import EventLoop
internal import Glibc
internal import HTTPServer
internal import Ingestion
internal import Postgres
internal import Scheduling
internal import Store
internal import Work

/// The supervisor's process: what claims tasks and runs attempts, from its start until it has drained.
enum WorkerProcess {
    /// Leads to the launcher, which is the parent.
    static let launcherDescriptor: Int32 = 3
    /// Sessions of a supervisor; job processes have one each besides.
    static let sessions = 8

    /// Works until SIGTERM or SIGINT and returns the exit status.
    ///
    /// - Parameter announces: Whether a line on standard output says when it is ready.
    static func run(_ context: ServerContext, announces: Bool) -> Int32 {
        do {
            let group = try EventLoopGroup(count: 1)
            defer { group.shutdown() }
            try group.runBlocking { try await work(context, on: group, announces: announces) }
            return 0
        } catch {
            context.log(.error, "the worker has failed", ["error": "\(error)"])
            return 1
        }
    }

    private static func work(_ context: ServerContext, on group: EventLoopGroup, announces: Bool) async throws {
        let loop = group.loops[0]
        let signals = try SignalSource(loop: loop)
        defer { signals.close() }
        let sink = LogSink()
        defer { sink.flush() }
        let logger = Logger(level: context.settings.logLevel, sink: sink, metadata: [("process", "worker")])

        // Whom `serve` starts is alone with its data dir, and so knows that the one before it has ended.
        let note = context.data.path + "/worker-id"
        let keyFile = context.data.path + "/server-key"
        let key = announces ? try SecretFile.existingKey(at: keyFile) : try SecretFile.key(at: keyFile)
        let source = try context.sessionSource(key)
        var limits = SessionLimits()
        limits.total = Self.sessions
        limits.reserved = 0
        let sessions = Sessions(source: source, group: group, limits: limits)
        let launcher = LauncherClient(descriptor: launcherDescriptor, loop: loop)
        let heart = try Heart(source: source)
        let supervisor = Supervisor(
            slots: context.settings.worker.slots, host: hostName(),
            bounds: SourceBounds(
                roots: context.settings.fileRoots, dataDirectory: context.data.path,
                allowsLoopback: context.settings.worker.allowsLoopbackSources),
            queue: Queue(sessions: sessions),
            warehouse: IngestWarehouse(
                sessions: sessions, governance: Governance(sessions: sessions), secrets: try SecretBox(serverKey: key),
                logins: context.principalLogins(sessions, key, group.blocking), login: source.principal),
            launcher: launcher, heart: heart,
            predecessor: announces ? nil : try SecretFile.line(at: note), logger: logger, on: loop)

        let hearing = loop.spawn { await launcher.run() }
        let calls = WakeUpCalls(control: source.server("control"), on: loop, blocking: group.blocking)
        let listening = loop.spawn { await calls.run { await supervisor.wake() } }
        let working = loop.spawn {
            await supervisor.run { worker in
                guard !announces else { return Commands.write("ready worker=\(worker)\n", to: 1) }
                do { try SecretFile.replace(at: note, with: worker) } catch {
                    logger.warning("the worker's id could not be kept", ["error": "\(error)"])
                }
            }
        }
        while try await signals.next() == .hangup {}
        logger.info("draining", ["seconds": "\(context.settings.drainTimeout.components.seconds)"])
        await supervisor.drain(within: context.settings.drainTimeout)
        await working.value
        for task in [listening, hearing] { task.cancel() }
        await sessions.close()
    }

    private static func hostName() -> String {
        var buffer = [CChar](repeating: 0, count: 256)
        guard gethostname(&buffer, buffer.count - 1) == 0 else { return "unknown" }
        return String(decoding: buffer.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
    }
}
