internal import CLinux
internal import Glibc
internal import HTTPServer
internal import Store
internal import Work

extension Command {
    /// A worker: this process is the launcher, its child `sluice supervise` does the rest.
    static let worker = Command(
        name: "worker", summary: "Runs the job processes of pipelines until SIGTERM",
        options: WorkerCommand.options,
        examples: ["sluice worker --data-dir /srv/sluice --database-url postgres://sluice@db/postgres --worker-slots 8"]
    ) { arguments in
        try WorkerCommand.launch(arguments)
    }

    /// The launcher's child.
    static let supervise = Command(
        name: "supervise", summary: "Supervises job processes; a worker starts it", options: WorkerCommand.options,
        isHidden: true
    ) { arguments in
        try WorkerCommand.supervise(arguments)
    }
}

enum WorkerCommand {
    /// Longer than the supervisor's own patience with its attempts.
    static let patience: Duration = .seconds(20)

    /// Those of `serve` are taken too, since it starts a worker with its own command line.
    static let options =
        ServeSettings.storeOptions + [ServeSettings.drainTimeoutOption, ServeSettings.fileRootsOption]
        + WorkerSettings.options + KeptServer.options
        + [announceOption]
        + [ServeSettings.httpOption, ServeSettings.allowPlaintextOption].map(hidden)
        + ServeSettings.laterOptions.map(hidden)

    private static let announceOption = CommandOption(flag: "--announce", help: "", isHidden: true)

    private static func hidden(_ option: CommandOption) -> CommandOption {
        var option = option
        option.isHidden = true
        return option
    }

    static func launch(_ arguments: Arguments) throws -> Int32 {
        let settings = try ServeSettings(arguments)
        guard settings.worker.slots > 0 else {
            throw UsageError(message: "a worker without slots runs nothing", hint: "Write --worker-slots 2.")
        }
        let users = try ClusterUsers.resolve()
        let jobUser = try ClusterUsers.job()
        var kept = try KeptServer(arguments)
        if let kept {
            guard try Confinement.dieWith(parent: kept.keeperID) else { return 1 }
        }
        try Confinement.forbidInspection()
        let place = try kept ?? alone(settings)
        kept = KeptServer(
            keeperID: getpid(), dataDirectory: place.dataDirectory, socketDirectory: place.socketDirectory)
        let isAlone = try KeptServer(arguments) == nil

        let program = ProcessSpecification.ownExecutable()
        let supervisor = ProcessSpecification(
            executable: program,
            arguments: [Command.supervise.name] + CommandLine.arguments.dropFirst(2) + (kept?.words ?? [])
                + (isAlone ? [announceOption.flag] : []),
            environment: ProcessSpecification.ownEnvironment())
        var job = ProcessSpecification(
            executable: program,
            arguments: Command.jobWords(
                launcher: getpid(), users: jobUser.map { (server: users.server, job: $0) },
                memoryBytes: settings.worker.jobMemoryBytes),
            // A crash is told by its signal; a handler that starts a program to describe it has no place there.
            environment: ["SWIFT_BACKTRACE=enable=no"])
        let null = open("/dev/null", O_RDWR | O_CLOEXEC)
        guard null >= 0 else { throw SecretFile.Failure(path: "/dev/null", reason: String(cString: strerror(errno))) }
        defer { close(null) }
        job.descriptors = [null, null, STDERR_FILENO]
        job.workingDirectory = "/"
        let launcher = try Launcher(
            supervisor: supervisor, job: job, patience: settings.drainTimeout + Self.patience)
        clinux_drop_program_pages()
        return try launcher.run()
    }

    /// The place of a worker that a person started: an existing data dir, whose key opens the connections' secrets.
    private static func alone(_ settings: ServeSettings) throws -> KeptServer {
        guard let path = realpath(settings.dataDirectory, nil) else {
            throw UsageError(
                message: "there is no data dir \(settings.dataDirectory): \(String(cString: strerror(errno)))",
                hint: "A worker needs a folder with the server-key of the server's data dir: name it with --data-dir.")
        }
        defer { free(path) }
        let data = String(cString: path)
        guard settings.databaseURL == nil else {
            return KeptServer(keeperID: getpid(), dataDirectory: data, socketDirectory: nil)
        }
        guard let socket = realpath(data + "/run", nil) else {
            throw UsageError(
                message: "\(data) has no embedded cluster that runs",
                hint: "Name a cluster with --database-url, or the data dir of a sluice serve on this machine.")
        }
        defer { free(socket) }
        return KeptServer(keeperID: getpid(), dataDirectory: data, socketDirectory: String(cString: socket))
    }

    static func supervise(_ arguments: Arguments) throws -> Int32 {
        let settings = try ServeSettings(arguments)
        guard let kept = try KeptServer(arguments) else {
            throw UsageError(message: "sluice supervise is started by a worker", hint: "Start sluice worker.")
        }
        let users = try ClusterUsers.resolve()
        try DatabaseProcess.giveUpPrivileges(users)
        guard try Confinement.dieWith(parent: kept.keeperID) else { return 1 }
        try Confinement.closeOnExec(WorkerProcess.launcherDescriptor)
        let context = ServerContext(
            settings: settings, data: DataDirectory(prepared: kept.dataDirectory, users: users),
            database: try kept.database(url: settings.databaseURL), log: Log(level: settings.logLevel))
        return WorkerProcess.run(context, announces: arguments.has(announceOption))
    }
}
