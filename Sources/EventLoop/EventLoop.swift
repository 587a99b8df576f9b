internal import CLinux
internal import Glibc
internal import Synchronization

/// One thread with one epoll instance, which is also a Swift executor.
///
/// It plays both executor roles at once: an actor pins itself by returning `loop.asUnownedSerialExecutor()` from
/// `unownedExecutor`, and work started by `spawn` prefers the loop for everything that has no actor of its own. So a
/// connection's code, the functions it calls and its continuations all run on one thread without locks or wake-ups.
/// Nothing that runs here may block; see `BlockingPool`.
///
/// A tick is: wait for events, note readiness, take work from other threads, fire timers, run jobs, run tick-end hooks.
// @unchecked: `inbox` and `liveTasks` synchronise themselves; every other variable is touched by the loop's thread only,
// which each entry checks.
public final class EventLoop: SerialExecutor, TaskExecutor, @unchecked Sendable {
    /// Position in the group, from 0.
    public let index: Int

    let poller: Poller
    private let inbox = Monitor(Inbox())
    private let liveTasks = Atomic<Int>(0)
    private let stopped = Monitor(Bool?.none)

    // The loop thread's own.
    private var jobs: [UnownedJob] = []
    private var batch: [UnownedJob] = []
    private var taken = Inbox()
    private var tickEnd: [@Sendable () -> Void] = []
    var handlers = HandlerTable()
    var timers = TimerHeap()
    private(set) var isStopping = false
    private var stopDeadline = Deadline.never

    /// What other threads hand over. Its length is bounded by the tasks and calls in flight: an executor cannot refuse.
    private struct Inbox {
        var jobs: [UnownedJob] = []
        var calls: [@Sendable () -> Void] = []
        /// The thread has ended: calls are dropped, which frees what they hold.
        var isClosed = false
        var isEmpty: Bool { jobs.isEmpty && calls.isEmpty }
    }

    /// Rounds of jobs between two looks at epoll: jobs that make jobs are batched, and new events wait at most this long.
    private static let roundsPerTick = 16

    init(index: Int) throws(IOError) {
        self.index = index
        self.poller = try Poller()
        jobs.reserveCapacity(256)
        batch.reserveCapacity(256)
    }

    /// Starts the loop's thread.
    func start() throws(IOError) {
        try startThread(named: "loop-\(index)") { self.run() }
    }

    // MARK: Where am I

    /// The loop whose thread this is, `nil` on any other thread.
    public static var current: EventLoop? {
        clinux_current_loop().map { Unmanaged<EventLoop>.fromOpaque($0).takeUnretainedValue() }
    }

    /// Whether the caller runs on this loop's thread.
    public func inLoop() -> Bool {
        clinux_current_loop() == Unmanaged.passUnretained(self).toOpaque()
    }

    func checkInLoop() {
        precondition(inLoop(), "must be called on the thread of the loop it belongs to")
    }

    // MARK: Work

    /// Starts a task that runs on this loop's thread, and keeps the loop alive in a graceful shutdown until it ends.
    ///
    /// The only way the code base starts unstructured work: a plain `Task { }` would run on the global pool.
    @discardableResult
    public func spawn(_ body: @escaping @Sendable () async -> Void) -> Task<Void, Never> {
        liveTasks.add(1, ordering: .relaxed)
        return Task(executorPreference: self) {
            await body()
            self.taskEnded()
        }
    }

    private func taskEnded() {
        liveTasks.subtract(1, ordering: .relaxed)
    }

    /// Runs `body` on the loop's thread: at once when already there, otherwise in the next tick. A loop that has stopped
    /// drops it.
    public func execute(_ body: @escaping @Sendable () -> Void) {
        if inLoop() { return body() }
        post { inbox in
            if !inbox.isClosed { inbox.calls.append(body) }
        }
    }

    /// Runs `body` once, after this tick's jobs: where connections flush what the tick collected.
    ///
    /// On the loop's thread only.
    public func onTickEnd(_ body: @escaping @Sendable () -> Void) {
        checkInLoop()
        tickEnd.append(body)
    }

    /// Adds to the inbox; only the first entry needs to wake the loop, which takes all of them.
    private func post(_ add: (inout Inbox) -> Void) {
        let wasEmpty = inbox.update { inbox in
            let wasEmpty = inbox.isEmpty
            add(&inbox)
            return wasEmpty
        }
        if wasEmpty { poller.wakeUp() }
    }

    // MARK: Executor roles

    public func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        if inLoop() {
            jobs.append(job)
        } else {
            post { $0.jobs.append(job) }
        }
    }

    public func asUnownedSerialExecutor() -> UnownedSerialExecutor {
        UnownedSerialExecutor(complexEquality: self)
    }

    public func isSameExclusiveExecutionContext(other: EventLoop) -> Bool {
        other === self
    }

    public func checkIsolated() {
        checkInLoop()
    }

    public func isIsolatingCurrentContext() -> Bool? {
        inLoop()
    }

    // MARK: The thread

    private func run() {
        clinux_set_current_loop(Unmanaged.passUnretained(self).toOpaque())
        let events = UnsafeMutableBufferPointer<epoll_event>.allocate(capacity: 256)
        while !isStopping || (liveTasks.load(ordering: .relaxed) > 0 && Deadline.now < stopDeadline) {
            tick(events, milliseconds: pollTimeout())
        }
        // A task that ended leaves its last job to be freed; one more tick runs it.
        tick(events, milliseconds: 0)
        events.deallocate()
        let clean = liveTasks.load(ordering: .relaxed) == 0
        let leftOver = inbox.update { inbox in
            defer { inbox = Inbox(isClosed: true) }
            return inbox.calls
        }
        for call in leftOver { call() }
        clinux_set_current_loop(nil)
        stopped.update { $0 = clean }
    }

    private func tick(_ events: UnsafeMutableBufferPointer<epoll_event>, milliseconds: Int32) {
        let count = poller.wait(events, milliseconds: milliseconds)
        for event in events[..<count] {
            if event.data.u64 == Poller.wakeToken {
                takeInbox()
            } else {
                handlers[event.data.u64]?.handle(events: event.events)
            }
        }
        // After the events: data that has arrived beats a deadline that has passed.
        if let first = timers.first {
            let now = Deadline.now
            if first <= now {
                while let timer = timers.popExpired(now: now) { timer.action() }
            }
        }
        runJobs()
        runTickEnd()
    }

    private func pollTimeout() -> Int32 {
        guard jobs.isEmpty, tickEnd.isEmpty else { return 0 }
        var next = timers.first ?? .never
        // A task that ends does so on this thread, so nothing else needs looking at meanwhile.
        if isStopping { next = min(next, stopDeadline) }
        guard next != .never else { return -1 }
        let left = next.nanoseconds - Deadline.now.nanoseconds
        guard left > 0 else { return 0 }
        // Rounded up: waking a fraction of a millisecond early would spin until the deadline.
        return Int32(clamping: (left + 999_999) / 1_000_000)
    }

    private func takeInbox() {
        poller.clearWakeUp()
        inbox.update { swap(&$0, &taken) }
        jobs.append(contentsOf: taken.jobs)
        taken.jobs.removeAll(keepingCapacity: true)
        let calls = taken.calls
        taken.calls = []
        for call in calls { call() }
    }

    private func runJobs() {
        let serial = asUnownedSerialExecutor()
        let preference = asUnownedTaskExecutor()
        var rounds = 0
        while !jobs.isEmpty, rounds < EventLoop.roundsPerTick {
            rounds += 1
            swap(&jobs, &batch)
            for job in batch {
                job.runSynchronously(isolatedTo: serial, taskExecutor: preference)
            }
            batch.removeAll(keepingCapacity: true)
        }
    }

    private func runTickEnd() {
        guard !tickEnd.isEmpty else { return }
        let hooks = tickEnd
        tickEnd = []
        for hook in hooks { hook() }
    }

    // MARK: Stopping

    /// Closes every descriptor, ends every wait and sleep, and lets spawned tasks run on until `deadline`.
    func stop(before deadline: Deadline) {
        execute {
            guard !self.isStopping else { return }
            self.isStopping = true
            self.stopDeadline = deadline
            for handler in self.handlers.all { handler.loopStops() }
            for timer in self.timers.removeAll() { timer.abandoned?() }
        }
    }

    /// Blocks until the thread has ended; `true` if every spawned task had, `false` on a task left over or no end in time.
    func waitUntilStopped(before deadline: Deadline) -> Bool {
        stopped.wait(before: deadline) { $0 } ?? false
    }
}
