internal import Catalog
internal import EventLoop
internal import Glibc
internal import HTTPServer
internal import Ingestion
internal import JSON
internal import Scheduling

/// One probe, from its claim to its answer: opens the secret, and has a job process look at the source.
actor ProbeAttempt {
    nonisolated let loop: EventLoop
    nonisolated var unownedExecutor: UnownedSerialExecutor { loop.asUnownedSerialExecutor() }
    private let probe: Probe
    private let workerID: String
    private let context: AttemptContext
    private let begin = ContinuousClock.now
    /// How long the job process has; shorter than somebody waits for it.
    private let time: Duration
    private var isLate = false

    init(_ probe: Probe, _ workerID: String, _ context: AttemptContext, on loop: EventLoop) {
        self.probe = probe
        self.workerID = workerID
        self.context = context
        self.loop = loop
        time = max(.milliseconds(500), min(ProbeLimits.workTime, probe.patience - .seconds(1)))
    }

    func run() async {
        let answer: ProbeAnswer
        do { answer = try await ask() } catch { answer = self.answer(to: error) }
        do {
            try await context.queue.answer(probe, as: workerID, answer)
        } catch {
            // Whoever waits is told by its own deadline.
            context.logger.warning("a probe's answer could not be told", ["probe": "\(probe.id)", "error": "\(error)"])
        }
    }

    private func ask() async throws -> ProbeAnswer {
        let (connection, secret) = try await context.warehouse.connection(probe.connectionID)
        let assignment = ProbeAssignment(
            question: probe.question, connection: connection, secret: secret, bounds: context.bounds)
        switch try await runJob(assignment) {
        case .answer(let answer)?:
            guard answer.json.encoded().count <= ProbeLimits.answerBytes else {
                throw SourceFailure(.limitExceeded, "the answer is too large", hint: "Ask for fewer at a time: limit.")
            }
            return answer
        case .failure(let failure)?: throw failure
        default: throw JobDeath(how: "it did not report what it was asked for")
        }
    }

    /// Runs a job process to its end and returns its last report.
    private func runJob(_ assignment: ProbeAssignment) async throws -> JobReport? {
        let (channel, jobEnd) = try JobChannel.open(on: loop)
        defer { channel.close() }
        let launcher = context.launcher
        let job: LauncherClient.Job
        do {
            defer { close(jobEnd) }
            job = try await launcher.start(passing: jobEnd)
        }
        let deadline = loop.schedule(after: time) {
            self.assumeIsolated { $0.isLate = true }
            self.loop.spawn { await launcher.signal(job, SIGKILL) }
        }
        defer { deadline.cancel() }
        let last: Result<JobReport?, any Error>
        do {
            try await channel.send(assignment.line(), before: .after(time))
            last = .success(try await channel.nextLine().flatMap { JobReport(line: $0) })
        } catch { last = .failure(error) }
        // It has said what it had to say: nothing that it holds is worth a moment more.
        await launcher.signal(job, SIGKILL)
        let end = try await launcher.end(of: job)
        guard let report = try last.get() else {
            if isLate { throw ProbeTimeout() }
            throw JobDeath(end)
        }
        return report
    }

    // MARK: When it fails

    private struct ProbeTimeout: Error {}

    private func answer(to error: any Error) -> ProbeAnswer {
        let failure: JobFailure
        switch error {
        case is ProbeTimeout:
            failure = JobFailure(
                SourceFailure(
                    .sourceUnavailable, "the source did not answer within \(time.components.seconds) s",
                    hint: "Is it slow at the moment, or very large? Ask for less at a time.", isRetryable: true))
        case let death as JobDeath:
            failure = JobFailure(
                code: QueueCode.jobDied.rawValue, title: QueueCode.jobDied.title, detail: death.how,
                hint: "The worker's log says more.")
        case let failed where AttemptFailure.isOurs(failed):
            failure = JobFailure(
                Refusal(.storeUnavailable, "the warehouse does not answer", hint: "Retry in a moment."))
        default: failure = AttemptFailure.describe(error)
        }
        if failure.code == AttemptFailure.internalCode {
            context.logger.error(
                "a probe has failed inside", ["probe": "\(probe.id)", "error": "\(String(reflecting: error))"])
        }
        let problem = RunProblem(failure)
        // Of a test, what is wrong with the source is the answer.
        let isOfSource = RefusalCode(rawValue: failure.code) == nil
        guard case .test = probe.question, isOfSource else { return .problem(problem) }
        return .report(
            ConnectionReport(
                checks: [], error: problem, elapsedMilliseconds: (ContinuousClock.now - begin).milliseconds))
    }
}
