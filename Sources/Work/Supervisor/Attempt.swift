internal import Catalog
internal import EventLoop
internal import Glibc
internal import HTTPServer
internal import Ingestion
internal import JSON
internal import Scheduling

/// One claim, from its start to its completion: prepares the warehouse, runs the job process, and tells the queue.
actor Attempt {
    /// Why an attempt is brought to an end from outside.
    enum Stop: Error {
        case cancelled, timedOut
        /// The lease is somebody else's.
        case lost
        /// The worker ends.
        case drained
    }

    /// How often the queue is told of progress and asked for the lease.
    static let reportInterval: Duration = .seconds(1)
    /// How long a job process may take to end after SIGTERM before it is killed.
    static let grace: Duration = .seconds(5)

    nonisolated let loop: EventLoop
    nonisolated var unownedExecutor: UnownedSerialExecutor { loop.asUnownedSerialExecutor() }
    let claim: Claim
    let context: AttemptContext
    let logger: Logger

    private(set) var stop: Stop?
    private var job: LauncherClient.Job?
    private var progress = Progress(rows: [:])
    private var log = WaitingLog()
    /// Whether a session of this attempt may be waiting for one of an earlier attempt.
    private var session: (dataset: Int64, role: String)?

    init(_ claim: Claim, _ context: AttemptContext, on loop: EventLoop) {
        self.claim = claim
        self.context = context
        self.loop = loop
        logger = context.logger.with([
            "run": "\(claim.run)", "step": claim.step, "attempt": "\(claim.attempt)", "epoch": "\(claim.epoch)",
        ])
    }

    /// Runs the attempt to its end. Returns when the queue knows of it, or nobody waits for it any more.
    func run() async {
        if claim.isCancelRequested { stop = .cancelled }
        let deadline = loop.schedule(after: claim.timeout) { self.assumeIsolated { $0.end(.timedOut) } }
        let reports = loop.spawn { await self.keepReporting() }
        let outcome = await outcome()
        deadline.cancel()
        reports.cancel()
        await reports.value
        await flushLog()
        if let outcome { await complete(outcome) }
    }

    /// Brings the attempt to an end: its job process is asked, then killed.
    func end(_ reason: Stop) {
        guard stop == nil else { return }
        stop = reason
        guard let job else { return }
        endProcess(job)
    }

    private func endProcess(_ job: LauncherClient.Job) {
        let launcher = context.launcher
        loop.spawn { await launcher.signal(job, SIGTERM) }
        loop.schedule(after: Self.grace) {
            self.loop.spawn { await launcher.signal(job, SIGKILL) }
        }
    }

    // MARK: The outcome

    /// `nil`: the lease is lost, so there is nobody to tell.
    private func outcome() async -> Outcome? {
        do {
            return .succeeded(rows: try await work())
        } catch let reason as Stop {
            switch reason {
            case .cancelled: return .cancelled
            case .timedOut: return .timedOut
            case .drained: return .released
            case .lost: return nil
            }
        } catch let death as JobDeath {
            note(.error, "the job process has died", ["how": .string(death.how)])
            return .died(how: death.how)
        } catch {
            return failure(error)
        }
    }

    private func failure(_ error: any Error) -> Outcome {
        if AttemptFailure.isOurs(error) {
            // Nothing is wrong with the pipeline: the cluster went away, and the next attempt may find it.
            logger.warning("an attempt is given back", ["error": "\(String(reflecting: error))"])
            return .released
        }
        let failure = AttemptFailure.describe(error)
        if failure.code == AttemptFailure.internalCode {
            logger.error("an attempt has failed inside", ["error": "\(String(reflecting: error))"])
        }
        note(.error, failure.detail ?? failure.title, ["code": .string(failure.code)])
        return .failed(
            RunProblem(
                code: failure.code, title: failure.title, detail: failure.detail, hint: failure.hint,
                errors: failure.errors),
            isRetryable: failure.isRetryable)
    }

    /// Tells the queue, however long that takes: only a lost lease needs no word, and the queue itself says so.
    private func complete(_ outcome: Outcome) async {
        var delay = Duration.milliseconds(100)
        while true {
            do {
                if try await !context.queue.complete(claim, outcome) {
                    logger.warning("an attempt ended after its lease")
                }
                return
            } catch {
                logger.warning("an attempt's end could not be told; it is tried again", ["error": "\(error)"])
            }
            do { try await loop.sleep(for: delay) } catch { return }
            delay = min(delay * 2, .seconds(2))
        }
    }

    /// Throws when the attempt is to end.
    func checkStop() throws(Stop) {
        if let stop { throw stop }
    }

    // MARK: The job process

    /// Runs a job process to its end and returns its last report.
    func runJob(_ assignment: Assignment) async throws -> JobReport {
        let (channel, jobEnd) = try JobChannel.open(on: loop)
        defer { channel.close() }
        let job: LauncherClient.Job
        do {
            defer { close(jobEnd) }
            job = try await context.launcher.start(passing: jobEnd)
        }
        self.job = job
        defer { self.job = nil }
        let last: JobReport?
        do {
            // A stop that came before there was a process to end.
            try checkStop()
            try await channel.send(assignment.line(), before: .after(.seconds(30)))
            await noteStart(job)
            last = try await lastReport(channel)
        } catch {
            await context.launcher.signal(job, SIGKILL)
            _ = try await context.launcher.end(of: job)
            throw error
        }
        // A process that has reported is about to exit; one that closed its end without is, too.
        let kill = loop.schedule(after: Self.grace) {
            self.loop.spawn { await self.context.launcher.signal(job, SIGKILL) }
        }
        let end = try await context.launcher.end(of: job)
        kill.cancel()
        logger.debug("a job process has ended", ["pid": "\(job.pid)", "peakBytes": "\(end.peakBytes)"])
        if let last { return last }
        try checkStop()
        throw JobDeath(end)
    }

    private func noteStart(_ job: LauncherClient.Job) async {
        do {
            take(try await context.queue.started(claim, pid: job.pid))
        } catch {
            logger.warning("a job process's start could not be told", ["error": "\(error)"])
        }
    }

    private func lastReport(_ channel: JobChannel) async throws -> JobReport? {
        while let line = try await channel.nextLine() {
            guard let report = JobReport(line: line) else {
                throw JobDeath(how: "it wrote a line that is no report")
            }
            switch report {
            case .progress(let rows, let share): progress = Progress(rows: rows, share: share)
            case .log(let level, let message, let fields):
                note(LogLine.Level(rawValue: level) ?? .info, message, fields)
            case .inspection, .result, .answer, .failure: return report
            }
        }
        return nil
    }

    // MARK: Telling the queue

    /// Adds a line to the run's log.
    func note(_ level: LogLine.Level, _ message: String, _ fields: JSONObject = [:]) {
        log.add(LogLine(level, message, fields: fields))
    }

    private func flushLog() async {
        let batch = log.take()
        guard !batch.isEmpty else { return }
        do {
            try await context.queue.log(batch, of: claim)
        } catch {
            log.putBack(batch)
            logger.debug("a run's log could not be written", ["error": "\(error)"])
        }
    }

    private func keepReporting() async {
        while true {
            do { try await loop.sleep(for: Self.reportInterval) } catch { return }
            await flushLog()
            do {
                take(try await context.queue.report(claim, progress))
                if let session, job != nil {
                    try await context.warehouse.endBlockers(role: session.role, epoch: claim.epoch.value)
                }
            } catch {
                // The heartbeat notices a cluster that stays away.
                logger.debug("progress could not be told", ["error": "\(error)"])
            }
        }
    }

    private func take(_ state: LeaseState) {
        switch state {
        case .held: break
        case .cancelled: end(.cancelled)
        case .lost: end(.lost)
        }
    }

    func hasSession(_ session: (dataset: Int64, role: String)?) { self.session = session }
}

/// What an attempt works with.
struct AttemptContext: Sendable {
    var queue: Queue
    var warehouse: IngestWarehouse
    var launcher: LauncherClient
    var bounds: SourceBounds
    var logger: Logger
}

/// A job process ended without a last report.
struct JobDeath: Error {
    var how: String

    init(how: String) { self.how = how }

    init(_ end: JobEnd) {
        how =
            switch end.way {
            case .exited(let status): "it exited with status \(status)"
            case .killed(let signal): "signal \(signal) ended it"
            }
        how += ", at most \(end.peakBytes >> 20) MiB resident"
    }
}
