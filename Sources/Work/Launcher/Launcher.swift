internal import CLinux
internal import Glibc
public import Store

/// The parent of a supervisor and of its job processes.
///
/// It starts job processes when the supervisor asks, each in a session of its own, reports their ends, and makes sure
/// that nothing they started survives them. Started as root it is all that keeps root's rights in a worker, so it does
/// nothing else: one thread, no database, no network, no text to parse.
///
/// Ended by whatever means, it takes everything along: the kernel kills supervisor and jobs when it dies.
public final class Launcher {
    /// Most slots of a worker: job processes of attempts at a time.
    public static let mostSlots = 64
    /// Most job processes at a time, those of probes included. Their events then always fit into the socket's buffer, so
    /// that reporting one never waits for the supervisor.
    public static let mostJobs = mostSlots + Prober.slots

    private let signals: PendingSignals
    private let job: ProcessSpecification
    private let patience: Duration
    private let channel: PacketSocket
    private let supervisor: ProcessHandle
    private var jobs: [UInt64: ProcessHandle] = [:]
    private var strays = Strays()
    /// When to kill the supervisor; `nil` until it was told to end, or has begun to.
    private var killAt: ContinuousClock.Instant?
    private var isHearing = true

    /// How long the supervisor may take to end once it has closed its end of the conversation.
    private static let endPatience: Duration = .seconds(5)

    /// Starts the supervisor.
    ///
    /// - Parameters:
    ///   - supervisor: The program; its descriptor 3 will lead to this launcher.
    ///   - job: The program of a job process, with descriptors 0 to 2; its descriptor 3 will be what the supervisor passes.
    ///   - patience: How long the supervisor may take to end after SIGTERM before it is killed.
    public init(
        supervisor: ProcessSpecification, job: ProcessSpecification, patience: Duration
    ) throws {
        signals = try PendingSignals()
        self.job = job
        self.patience = patience
        // Orphans of jobs come to this process, wherever they have put themselves.
        if clinux_adopt_orphans() != 0 {
            throw PacketSocket.Failure(operation: "PR_SET_CHILD_SUBREAPER", errno: errno)
        }
        let (ours, theirs) = try PacketSocket.pair()
        var supervisor = supervisor
        supervisor.descriptors = [0, 1, 2, theirs.descriptor]
        supervisor.keepsSignalMask = true
        defer { close(theirs.descriptor) }
        do {
            self.supervisor = try ProcessHandle(starting: supervisor)
        } catch {
            close(ours.descriptor)
            throw error
        }
        channel = ours
    }

    deinit { close(channel.descriptor) }

    /// Launches until the supervisor has ended and all jobs with it; returns the supervisor's exit status.
    public func run() throws -> Int32 {
        defer { endAll() }
        while true {
            wait()
            passSignalsOn()
            if isHearing { try takeRequests() }
            for (id, process) in jobs where process.hasEnded { try report(id, process) }
            if strays.reap() { adoptStrays() }
            if supervisor.hasEnded { return supervisor.reap() ?? 1 }
            if let killAt, killAt <= .now { supervisor.signal(SIGKILL) }
        }
    }

    private func wait() {
        let watched =
            [signals.descriptor, supervisor.descriptor] + (isHearing ? [channel.descriptor] : [])
            + jobs.values.map(\.descriptor) + strays.descriptors
        _ = waitForInput(on: watched, within: killAt.map { max(.zero, $0 - .now) })
    }

    private func passSignalsOn() {
        while let number = signals.next() {
            supervisor.signal(number)
            if number != SIGHUP, killAt == nil { killAt = .now + patience }
        }
    }

    // MARK: Requests

    private func takeRequests() throws {
        while true {
            switch try channel.receive() {
            case .nothing: return
            case .end:
                // It is about to be gone, by itself or by a signal.
                isHearing = false
                killAt = min(killAt ?? .now + Self.endPatience, .now + Self.endPatience)
                return
            case .packet(let packet, let passed):
                defer { if passed >= 0 { close(passed) } }
                switch packet.request {
                case .start(let id): try start(id, passing: passed)
                case .signal(let id, let number): signal(id, number)
                case nil: throw PacketSocket.Failure(operation: "request", errno: EBADMSG)
                }
            }
        }
    }

    private func start(_ id: UInt64, passing descriptor: Int32) throws {
        guard descriptor >= 0, jobs[id] == nil else { return try send(.refused(job: id, errno: EINVAL)) }
        guard jobs.count < Launcher.mostJobs else { return try send(.refused(job: id, errno: EAGAIN)) }
        var specification = job
        specification.descriptors = Array(job.descriptors.prefix(3)) + [descriptor]
        specification.startsSession = true
        do {
            let process = try ProcessHandle(starting: specification)
            jobs[id] = process
            try send(.started(job: id, pid: process.id))
        } catch let error as SystemError {
            try send(.refused(job: id, errno: error.number))
        }
    }

    private func signal(_ id: UInt64, _ number: Int32) {
        // The number of a process that has not been reaped is given to no other, so its group is its own.
        guard let process = jobs[id] else { return }
        kill(-process.id, number)
    }

    private func send(_ event: LauncherEvent) throws {
        do { try channel.send(LauncherPacket(event)) } catch {
            // The supervisor's end is noticed as such.
            guard error.errno == EPIPE || error.errno == ECONNRESET else { throw error }
        }
    }

    // MARK: Ends

    private func report(_ id: UInt64, _ process: ProcessHandle) throws {
        jobs[id] = nil
        guard let end = Launcher.end(process) else { return }
        adoptStrays()
        try send(.ended(job: id, end))
    }

    /// Ends the process group, then reaps its leader.
    private static func end(_ process: ProcessHandle) -> JobEnd? {
        kill(-process.id, SIGKILL)
        var status: Int32 = 0
        var peak = 0
        guard clinux_reap(process.id, &status, &peak) == 1 else { return nil }
        let signal = status & 0x7F
        return JobEnd(
            way: signal == 0 ? .exited(status: (status >> 8) & 0xFF) : .killed(signal: signal),
            peakBytes: Int64(peak) << 10)
    }

    private func adoptStrays() {
        strays.adopt(except: jobs.values.map(\.id) + [supervisor.id])
    }

    /// Leaves nothing running.
    private func endAll() {
        if !supervisor.hasEnded {
            supervisor.signal(SIGKILL)
            _ = supervisor.hasEnded(within: .seconds(5))
            _ = supervisor.reap()
        }
        for process in jobs.values { kill(-process.id, SIGKILL) }
        for process in jobs.values {
            _ = process.hasEnded(within: .seconds(5))
            _ = Launcher.end(process)
        }
        jobs = [:]
        adoptStrays()
        let deadline = ContinuousClock.now + .seconds(5)
        while !strays.isEmpty, .now < deadline {
            _ = waitForInput(on: strays.descriptors, within: deadline - .now)
            if strays.reap() { adoptStrays() }
        }
    }
}
