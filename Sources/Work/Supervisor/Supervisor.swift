public import EventLoop
public import HTTPServer
public import Ingestion
public import Scheduling
internal import Store

/// A worker without its processes' parent: claims tasks up to its slots, runs an attempt for each, and drains.
///
/// Everything runs on one loop, the heartbeat on another.
public actor Supervisor {
    /// How long an idle worker waits for a wake-up before it looks for work by itself; a random share is added, so that
    /// workers that started together do not ask together.
    static let pollInterval: Duration = .milliseconds(500)
    /// How long an attempt may take to give its task back when the drain time-out has passed.
    static let releasePatience: Duration = .seconds(10)

    public nonisolated let loop: EventLoop
    public nonisolated var unownedExecutor: UnownedSerialExecutor { loop.asUnownedSerialExecutor() }

    private let slots: Int
    private let host: String
    private var context: AttemptContext
    private let heart: Heart
    private let logger: Logger
    private var worker: WorkerIncarnation
    private var predecessor: String?
    private var attempts: [Epoch: Attempt] = [:]
    private let prober: Prober
    private var isDraining = false
    private var isLost = false
    /// Two at most: `run` and `drain`.
    private var sleepers: [UnsafeContinuation<Void, Never>] = []
    private var isWoken = false

    /// - Parameters:
    ///   - slots: Job processes at a time.
    ///   - host: For people.
    ///   - bounds: Where the own cluster is need not be said: it is looked up.
    ///   - predecessor: The id of an incarnation whose processes are known to have ended: its tasks are free at once.
    public init(
        slots: Int, host: String, bounds: SourceBounds, queue: Queue, warehouse: IngestWarehouse,
        launcher: LauncherClient,
        heart: Heart, predecessor: String?, logger: Logger, on loop: EventLoop
    ) {
        self.slots = slots
        self.host = host
        self.heart = heart
        self.predecessor = predecessor
        self.logger = logger
        self.loop = loop
        context = AttemptContext(queue: queue, warehouse: warehouse, launcher: launcher, bounds: bounds, logger: logger)
        worker = WorkerIncarnation(host: host, slots: slots)
        prober = Prober(on: loop)
    }

    // MARK: The life of a worker

    /// Works until `drain` is called and nothing runs any more.
    ///
    /// - Parameter whenReady: Called for each incarnation when it can claim, with its id.
    public func run(whenReady: (String) -> Void) async {
        await begin(whenReady)
        while !isDraining {
            if isLost { await beginAgain(whenReady) }
            await prober.look(as: worker.id, context) { await self.wake() }
            let free = slots - attempts.count
            let claims = free > 0 ? await claim(free) : []
            for claim in claims { start(claim) }
            // A full batch with room left cannot be: either no slot is free, or there is no more work.
            await rest(atMost: Self.pollInterval + .milliseconds(Int.random(in: 0...250)))
        }
    }

    /// Lets what runs end by itself until `limit` has passed, then gives it back. `run` returns meanwhile.
    public func drain(within limit: Duration) async {
        isDraining = true
        wake()
        await tell("drain") { try await self.context.queue.drain(self.worker.id) }
        let deadline = ContinuousClock.now + limit
        await waitForAttempts(until: deadline)
        for attempt in attempts.values { await attempt.end(.drained) }
        await waitForAttempts(until: .now + Self.releasePatience)
        await heart.stop()
        if attempts.isEmpty { await tell("retire") { try await self.context.queue.retire(self.worker.id) } }
    }

    private func tell(_ what: String, _ body: () async throws -> Void) async {
        do { try await body() } catch {
            // The leader finds out by itself: a worker that is silent is declared lost.
            logger.warning("the queue could not be told", ["what": what, "error": "\(error)"])
        }
    }

    private func waitForAttempts(until deadline: ContinuousClock.Instant) async {
        while await isBusy, .now < deadline { await rest(atMost: deadline - .now) }
    }

    private var isBusy: Bool {
        get async { if attempts.isEmpty { await prober.running > 0 } else { true } }
    }

    /// Makes this incarnation known, however long the databases take to be there.
    private func begin(_ whenReady: (String) -> Void) async {
        var delay = Duration.milliseconds(50)
        while !isDraining {
            do {
                if let id = predecessor {
                    try await context.queue.retire(id)
                    predecessor = nil
                }
                context.bounds = try await context.warehouse.excludingItself(context.bounds)
                try await context.queue.register(worker)
                break
            } catch {
                logger.debug("the queue is not there yet", ["error": "\(error)"])
            }
            await rest(atMost: delay)
            delay = min(delay * 2, .seconds(1))
        }
        guard !isDraining else { return }
        logger.info("the worker is ready", ["worker": worker.id, "slots": "\(slots)"])
        heart.beat(for: worker.id, logger) { self.loop.execute { self.assumeIsolated { $0.lose() } } }
        whenReady(worker.id)
    }

    /// Others have this incarnation's tasks: its processes end, and another begins.
    private func beginAgain(_ whenReady: (String) -> Void) async {
        logger.error("the worker was declared lost; it begins anew", ["worker": worker.id])
        for attempt in attempts.values { await attempt.end(.lost) }
        await waitForAttempts(until: .now + Attempt.grace + Self.releasePatience)
        isLost = false
        worker = WorkerIncarnation(host: host, slots: slots)
        await begin(whenReady)
    }

    private func lose() {
        isLost = true
        wake()
    }

    // MARK: Attempts

    private func claim(_ count: Int) async -> [Claim] {
        do {
            return try await context.queue.claim(for: worker.id, upTo: count)
        } catch {
            logger.warning("no task could be claimed; it is tried again", ["error": "\(error)"])
            return []
        }
    }

    private func start(_ claim: Claim) {
        let attempt = Attempt(claim, context, on: loop)
        attempts[claim.epoch] = attempt
        loop.spawn {
            await attempt.run()
            await self.ended(claim.epoch)
        }
    }

    private func ended(_ epoch: Epoch) {
        attempts[epoch] = nil
        wake()
    }

    // MARK: Waiting

    /// There may be work.
    public func wake() {
        if sleepers.isEmpty { isWoken = true }
        let woken = sleepers
        sleepers = []
        for sleeper in woken { sleeper.resume() }
    }

    private func rest(atMost limit: Duration) async {
        if isWoken {
            isWoken = false
            return
        }
        let timer = loop.schedule(after: limit) { self.assumeIsolated { $0.wake() } }
        await withUnsafeContinuation { sleepers.append($0) }
        timer.cancel()
    }
}
