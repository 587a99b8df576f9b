internal import CLinux
internal import Glibc
internal import HTTPServer
internal import Store

/// The parent process of `sluice serve` (and of `migrate`): it prepares and starts the embedded Postgres with the rights it was started
/// with, then the server as its child, which gives them up, and the worker; passes signals on to both, starts Postgres
/// and the worker again if they die, and stops Postgres after the children. One thread, which waits.
///
/// Killed, it takes the children along (the kernel sees to it) and leaves Postgres for the next `serve` to adopt.
final class Keeper {
    /// How much longer than its drain time-out a child may take to end.
    static let patience: Duration = .seconds(15)

    private let command: String
    private let data: DataDirectory
    /// `nil` on a cluster of somebody else's.
    private let cluster: EmbeddedCluster?
    private let lock: DataDirectoryLock
    private let settings: ServeSettings
    private let log: Log
    private let signals: PendingSignals
    private var backOff = RestartBackOff(startedAt: .now)
    /// When to start Postgres again; `nil` while it runs.
    private var relaunchAt: ContinuousClock.Instant?
    /// When to kill the children; `nil` until they were asked to end.
    private var killAt: ContinuousClock.Instant?
    private let keepsWorker: Bool
    private var worker: KeptWorker?

    /// - Parameters:
    ///   - command: What the child is to do, by its name on the command line.
    ///   - keepsWorker: Whether a worker runs beside the child.
    init(
        command: String, data: DataDirectory, lock: DataDirectoryLock, settings: ServeSettings, keepsWorker: Bool,
        log: Log
    ) throws {
        self.command = command
        self.data = data
        self.lock = lock
        self.settings = settings
        self.keepsWorker = keepsWorker
        self.log = log
        signals = try PendingSignals()
        guard settings.databaseURL == nil else {
            cluster = nil
            return
        }
        let installation = try PostgresInstallation.find(
            searchPath: getenv("PATH").map { String(cString: $0) }, allowOutdated: settings.allowsOutdatedPostgres)
        cluster = try EmbeddedCluster(in: data, installation: installation, log: log.info)
    }

    /// Keeps until the child has ended; returns the child's exit status.
    func run() throws -> Int32 {
        defer { stopPostgres() }
        guard try startPostgres() else { return 0 }
        let kept = KeptServer(
            keeperID: getpid(), dataDirectory: data.path, socketDirectory: cluster?.socketDirectory)
        let child = try startChild(kept)
        defer { endWorker() }
        if keepsWorker { worker = KeptWorker(kept, words: CommandLine.arguments.dropFirst(2)) }
        // From here on it waits: most of what its start needed is the child's to keep in memory.
        clinux_drop_program_pages()
        while true {
            worker?.keepRunning(log)
            waitForEvents(child)
            passSignalsOn(to: child)
            if child.hasEnded { return child.reap() ?? 1 }
            if let killAt, killAt <= .now {
                log(.warning, "the server has not ended in time: it is killed", ["pid": "\(child.id)"])
                child.signal(SIGKILL)
                self.killAt = .now + Keeper.patience
            }
            keepPostgresRunning()
        }
    }

    /// False when it was told to end meanwhile.
    private func startPostgres() throws -> Bool {
        guard let cluster else { return true }
        do throws(ClusterError) {
            let start = try cluster.start(interrupt: signals.descriptor)
            log(.info, "Postgres accepts connections", ["start": start.rawValue, "socket": cluster.socketDirectory])
        } catch {
            guard error.code == .interrupted else { throw error }
            return false
        }
        backOff.started(at: .now)
        return true
    }

    private func startChild(_ kept: KeptServer) throws -> ProcessHandle {
        var specification = ProcessSpecification(
            executable: ProcessSpecification.ownExecutable(),
            arguments: [command] + kept.words + CommandLine.arguments.dropFirst(2),
            environment: ProcessSpecification.ownEnvironment())
        specification.descriptors = [0, 1, 2, lock.descriptor]
        specification.keepsSignalMask = true
        return try ProcessHandle(starting: specification)
    }

    private func waitForEvents(_ child: ProcessHandle) {
        var descriptors = [signals.descriptor, child.descriptor]
        if relaunchAt == nil, let postmaster = cluster?.postmaster { descriptors.append(postmaster.descriptor) }
        if let process = worker?.process { descriptors.append(process.descriptor) }
        let next = [relaunchAt, killAt, worker?.startAt].compactMap(\.self).min()
        _ = waitForInput(on: descriptors, within: next.map { max(.zero, $0 - .now) })
    }

    private func passSignalsOn(to child: ProcessHandle) {
        while let number = signals.next() {
            child.signal(number)
            worker?.signal(number)
            if number != SIGHUP, killAt == nil { killAt = .now + settings.drainTimeout + Keeper.patience }
        }
    }

    private func keepPostgresRunning() {
        guard let cluster else { return }
        if relaunchAt == nil, cluster.postmaster?.hasEnded ?? true {
            let delay = backOff.delay(afterDeathAt: .now)
            log(.error, "Postgres has died: it is started again", ["after": "\(delay)"])
            relaunchAt = .now + delay
        }
        guard let due = relaunchAt, due <= .now else { return }
        relaunchAt = nil
        do {
            try cluster.relaunch()
        } catch {
            // Taken for a death: the next round tries again, later.
            log(.error, "Postgres could not be started", ["error": "\(error.message)", "hint": error.hint])
        }
        backOff.started(at: .now)
    }

    /// The worker ends with the server, and before Postgres: it may have jobs to bring to an end.
    private func endWorker() {
        worker?.signal(SIGTERM)
        guard let process = worker?.process else { return }
        let deadline = killAt ?? .now + settings.drainTimeout + Keeper.patience
        while !process.hasEnded, .now < deadline {
            // Postgres may die in these moments too, and whoever brings a job to its end needs it.
            keepPostgresRunning()
            var descriptors = [process.descriptor]
            if relaunchAt == nil, let postmaster = cluster?.postmaster { descriptors.append(postmaster.descriptor) }
            let next = [relaunchAt, deadline].compactMap(\.self).min()
            _ = waitForInput(on: descriptors, within: next.map { max(.zero, $0 - .now) })
        }
        if !process.hasEnded {
            log(.warning, "the worker has not ended in time: it is killed", ["pid": "\(process.id)"])
            process.signal(SIGKILL)
            _ = process.hasEnded(within: .seconds(5))
        }
        _ = process.reap()
    }

    private func stopPostgres() {
        if let cluster, cluster.stop(within: .seconds(60)) { log(.info, "Postgres has stopped") }
    }
}
