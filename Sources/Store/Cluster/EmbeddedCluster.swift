internal import Glibc

/// The Postgres cluster in the data dir: made, started, adopted, recovered and stopped.
///
/// Synchronous and without threads or an event loop: the keeper process uses it, whose only work it is.
public final class EmbeddedCluster {
    /// How a start came about.
    public enum Start: String, Sendable {
        case started
        /// The postmaster ran already: its keeper was killed.
        case adopted
        /// Postgres was killed, too, and replays its log.
        case recovered
    }

    /// How long processes without a postmaster may take to notice it.
    private static let patience: Duration = .seconds(5)

    public let data: DataDirectory
    /// Folder of the socket, for libpq's `host`.
    public let socketDirectory: String
    let installation: PostgresInstallation
    let processes: ClusterProcesses
    let log: ClusterLog
    /// The postmaster, while it runs or until `start` replaces it.
    public private(set) var postmaster: ProcessHandle?
    private let settings: ClusterSettings
    private var startLog: StartLog { StartLog(data: data) }

    /// Prepares the folders and, the first time, the cluster's files. The caller holds the data dir's lock.
    public init(
        in data: DataDirectory, installation: PostgresInstallation, log: @escaping ClusterLog
    ) throws(ClusterError) {
        self.data = data
        self.installation = installation
        self.log = log
        try Initialisation(data: data, installation: installation, log: log).run()
        socketDirectory = try SocketDirectory.settle(in: data, log: log)
        let clusterName = "sluice-\(FilePath.shortHash(data.path))"
        processes = ClusterProcesses(
            dataDirectory: data.postgres, clusterName: clusterName, userID: data.users.postgres.id)
        settings = ClusterSettings(
            socketDirectory: socketDirectory, hostAuthenticationFile: "\(data.path)/conf/pg_hba.conf",
            identFile: "\(data.path)/ident/\(IdentMap.fileName)", logDirectory: "\(data.path)/log",
            clusterName: clusterName, memoryBytes: ClusterSettings.availableMemory())
    }

    /// Starts Postgres, or takes over the one that runs, and waits until it accepts connections.
    ///
    /// - Parameters:
    ///   - limit: Crash recovery replays at most `max_wal_size`, so this is generous.
    ///   - interrupt: A descriptor that becomes readable when the caller wants to end instead.
    public func start(within limit: Duration = .seconds(600), interrupt: Int32? = nil) throws(ClusterError) -> Start {
        let settingsChanged = try ConfigurationFiles(data: data, settings: settings).write()
        let deadline = ContinuousClock.now + limit
        do throws(ClusterError) {
            return try startOrAdopt(settingsChanged: settingsChanged, until: deadline, interrupt: interrupt)
        } catch {
            // One that a keeper launched just before it was killed has not written its pid file when we look.
            guard error.code == .dataDirectoryInUse, try runningPostmaster() != nil else { throw error }
            return try startOrAdopt(settingsChanged: false, until: deadline, interrupt: interrupt)
        }
    }

    private func startOrAdopt(
        settingsChanged: Bool, until deadline: ContinuousClock.Instant, interrupt: Int32?
    ) throws(ClusterError) -> Start {
        if let running = try postmasterOnceKnown() {
            postmaster = running
            guard let reason = try reasonToRestart(running, settingsChanged: settingsChanged) else {
                try awaitReadiness(until: deadline, interrupt: interrupt)
                return .adopted
            }
            log("the running Postgres is restarted", ["pid": "\(running.id)", "reason": reason])
            stop(within: .seconds(60))
        }
        let wasKilled = try clearRemains()
        try launch()
        try awaitReadiness(until: deadline, interrupt: interrupt)
        return wasKilled ? .recovered : .started
    }

    /// Starts Postgres again after its death, without waiting until it accepts connections.
    public func relaunch() throws(ClusterError) {
        _ = try clearRemains()
        try launch()
    }

    /// Stops Postgres: a checkpoint and an orderly end; after `limit` without one, an end that the next start recovers
    /// from. Returns true for the former. Sessions that are still open are ended.
    @discardableResult public func stop(within limit: Duration) -> Bool {
        guard let postmaster else { return true }
        defer {
            _ = postmaster.reap()
            self.postmaster = nil
        }
        postmaster.signal(SIGINT)
        if postmaster.hasEnded(within: limit) { return true }
        log("Postgres did not stop in time: it is stopped at once", ["pid": "\(postmaster.id)"])
        // The postmaster itself kills what does not heed this within 5 s.
        postmaster.signal(SIGQUIT)
        if !postmaster.hasEnded(within: .seconds(10)) {
            postmaster.signal(SIGKILL)
            _ = postmaster.hasEnded(within: .seconds(10))
        }
        return false
    }

    // MARK: - Parts of a start

    private func postmasterFile() throws(ClusterError) -> PostmasterFile? {
        try asClusterError { () throws(SystemError) in
            try Directory(opening: data.postgres).read("postmaster.pid", limit: 4096)
        }.flatMap(PostmasterFile.init(parsing:))
    }

    private func runningPostmaster() throws(ClusterError) -> ProcessHandle? {
        guard let file = try postmasterFile(), let process = ProcessHandle(existing: file.processID) else { return nil }
        // Looked at after the handle was taken: now the number cannot change hands any more.
        return processes.isPostmaster(process.id) && !process.hasEnded ? process : nil
    }

    /// The running postmaster; one that was launched just before its keeper was killed takes a moment to say who it is.
    private func postmasterOnceKnown() throws(ClusterError) -> ProcessHandle? {
        let deadline = ContinuousClock.now + EmbeddedCluster.patience
        while true {
            if let running = try runningPostmaster() { return running }
            let living = try asClusterError { () throws(SystemError) in try processes.all() }
            guard let one = living.first, ContinuousClock.now < deadline else { return nil }
            _ = one.hasEnded(within: .milliseconds(20))
        }
    }

    private func reasonToRestart(_ running: ProcessHandle, settingsChanged: Bool) throws(ClusterError) -> String? {
        if try postmasterFile()?.status == "stopping" { return "it is about to stop" }
        if settingsChanged { return "its settings changed" }
        return isReplaced(running) ? "its program was upgraded" : nil
    }

    /// Whether an upgrade has replaced the program that still runs.
    private func isReplaced(_ process: ProcessHandle) -> Bool {
        // Not readable in a container without CAP_SYS_PTRACE: then it stays.
        (try? FilePath.target(of: "/proc/\(process.id)/exe"))?.hasSuffix(FilePath.deletedMark) ?? false
    }

    /// Makes way for a new postmaster; true when the last one did not end in order.
    private func clearRemains() throws(ClusterError) -> Bool {
        if let postmaster, postmaster.hasEnded { _ = postmaster.reap() }
        postmaster = nil
        guard let file = try postmasterFile() else { return false }
        let orphans = try asClusterError { () throws(SystemError) in try processes.all() }
        let deadline = ContinuousClock.now + EmbeddedCluster.patience
        for orphan in orphans where !orphan.hasEnded(within: max(.zero, deadline - .now)) {
            // Their shared memory is lost to them in any case; recovery makes good what they did.
            orphan.signal(SIGKILL)
            _ = orphan.hasEnded(within: EmbeddedCluster.patience)
        }
        // Postgres removes the file itself unless the number in it is now somebody else's: then it would refuse.
        if kill(file.processID, 0) == 0 {
            try asClusterError { () throws(SystemError) in
                try Directory(opening: data.postgres).remove("postmaster.pid")
                let sockets = try Directory(opening: socketDirectory)
                try sockets.remove("\(SocketDirectory.socketName).lock")
                try sockets.remove(SocketDirectory.socketName)
            }
        }
        return true
    }

    private func launch() throws(ClusterError) {
        var specification = ProcessSpecification(
            executable: "\(installation.binaries)/postgres", arguments: ["-D", data.postgres],
            environment: PostgresInstallation.environment)
        specification.user = data.users.areSeparate ? data.users.postgres : nil
        specification.startsSession = true
        specification.workingDirectory = "/"
        postmaster = try asClusterError { () throws(SystemError) in
            let output = try startLog.begin()
            defer { close(output) }
            let input = try Directory(opening: "/dev").openFile("null", flags: O_RDONLY)
            defer { close(input) }
            specification.descriptors = [input, output, output]
            return try ProcessHandle(starting: specification)
        }
    }

    private func awaitReadiness(until deadline: ContinuousClock.Instant, interrupt: Int32?) throws(ClusterError) {
        guard let postmaster else { return }
        var nextNote = ContinuousClock.now + .seconds(10)
        while true {
            if let file = try postmasterFile(), file.processID == postmaster.id, file.acceptsConnections { return }
            let events = waitForInput(
                on: [postmaster.descriptor] + (interrupt.map { [$0] } ?? []), within: .milliseconds(10))
            if events[0] { throw failedStart() }
            if events.last == true {
                throw ClusterError(.interrupted, "ended while Postgres was starting", hint: "Start again.")
            }
            if ContinuousClock.now >= deadline {
                throw ClusterError(
                    .startFailed, "Postgres does not accept connections yet",
                    hint: "It may still recover: see the newest file in \(data.path)/log, then start again.")
            }
            if ContinuousClock.now >= nextNote {
                log("waiting for Postgres to accept connections", ["pid": "\(postmaster.id)"])
                nextNote += .seconds(10)
            }
        }
    }

    private func failedStart() -> ClusterError {
        _ = postmaster?.reap()
        postmaster = nil
        return StartFailure.classify(startLog.tail(), code: .startFailed, logFolder: "\(data.path)/log")
    }
}
