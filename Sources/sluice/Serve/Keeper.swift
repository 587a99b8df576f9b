internal import CLinux
internal import Glibc
internal import HTTPServer
internal import Store

/// The parent process of `sluice serve` (and of `migrate`): it prepares and starts the embedded Postgres with the rights it was started
/// with, then the server as its child, which gives them up; passes signals on to the child, starts Postgres again if it
/// dies, and stops it after the child. One thread, which waits.
///
/// Killed, it takes the child along (the kernel sees to it) and leaves Postgres for the next `serve` to adopt.
final class Keeper {
    /// How much longer than its drain time-out the child may take to end.
    static let patience: Duration = .seconds(15)

    private let command: String
    private let cluster: EmbeddedCluster
    private let lock: DataDirectoryLock
    private let settings: ServeSettings
    private let log: Log
    private let signals: PendingSignals
    private var backOff = RestartBackOff(startedAt: .now)
    /// When to start Postgres again; `nil` while it runs.
    private var relaunchAt: ContinuousClock.Instant?
    /// When to kill the child; `nil` until it was asked to end.
    private var killAt: ContinuousClock.Instant?

    /// - Parameter command: What the child is to do, by its name on the command line.
    init(command: String, data: DataDirectory, lock: DataDirectoryLock, settings: ServeSettings, log: Log) throws {
        self.command = command
        self.lock = lock
        self.settings = settings
        self.log = log
        signals = try PendingSignals()
        let installation = try PostgresInstallation.find(
            searchPath: getenv("PATH").map { String(cString: $0) }, allowOutdated: settings.allowsOutdatedPostgres)
        cluster = try EmbeddedCluster(in: data, installation: installation, log: log.info)
    }

    /// Keeps until the child has ended; returns the child's exit status.
    func run() throws -> Int32 {
        defer { stopPostgres() }
        do throws(ClusterError) {
            let start = try cluster.start(interrupt: signals.descriptor)
            log(.info, "Postgres accepts connections", ["start": start.rawValue, "socket": cluster.socketDirectory])
        } catch {
            guard error.code == .interrupted else { throw error }
            return 0
        }
        backOff.started(at: .now)
        let child = try startChild()
        // From here on it waits: most of what its start needed is the child's to keep in memory.
        clinux_drop_program_pages()
        while true {
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

    private func startChild() throws -> ProcessHandle {
        let kept = KeptServer(
            keeperID: getpid(), dataDirectory: cluster.data.path, socketDirectory: cluster.socketDirectory)
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
        if relaunchAt == nil, let postmaster = cluster.postmaster { descriptors.append(postmaster.descriptor) }
        let next = [relaunchAt, killAt].compactMap(\.self).min()
        _ = waitForInput(on: descriptors, within: next.map { max(.zero, $0 - .now) })
    }

    private func passSignalsOn(to child: ProcessHandle) {
        while let number = signals.next() {
            child.signal(number)
            if number != SIGHUP, killAt == nil { killAt = .now + settings.drainTimeout + Keeper.patience }
        }
    }

    private func keepPostgresRunning() {
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

    private func stopPostgres() {
        if cluster.stop(within: .seconds(60)) { log(.info, "Postgres has stopped") }
    }
}
