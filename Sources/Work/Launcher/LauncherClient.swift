public import EventLoop
internal import Glibc

/// A launcher as its supervisor sees it: starts job processes and tells how they ended.
public actor LauncherClient {
    /// Why there is no job process.
    public struct Failure: Error, Sendable, CustomStringConvertible {
        public var description: String
    }

    public nonisolated let loop: EventLoop
    public nonisolated var unownedExecutor: UnownedSerialExecutor { loop.asUnownedSerialExecutor() }

    private let channel: PacketSocket
    private let source: FileDescriptorSource
    private var lastJob: UInt64 = 0
    private var states: [UInt64: State] = [:]
    private var isClosed = false

    /// A job that was asked for and whose end nobody has taken yet.
    private struct State {
        var starting: UnsafeContinuation<Int32, any Error>?
        var ending: UnsafeContinuation<JobEnd, any Error>?
        var end: JobEnd?
    }

    /// - Parameter descriptor: The supervisor's end, which this object then owns.
    public init(descriptor: Int32, loop: EventLoop) {
        self.loop = loop
        channel = PacketSocket(descriptor: descriptor)
        source = FileDescriptorSource(fd: descriptor, loop: loop)
    }

    /// A job process that was started; its `end` must be awaited.
    public struct Job: Sendable {
        let id: UInt64
        /// Of the job process.
        public let pid: Int32
    }

    /// Takes the launcher's reports until it is gone, which ends every wait.
    public func run() async {
        do {
            while true {
                switch try channel.receive() {
                case .packet(let packet, _): if let event = packet.event { take(event) }
                case .nothing: try await source.readable()
                case .end: return close("the launcher is gone")
                }
            }
        } catch {
            close("the launcher cannot be heard: \(error)")
        }
    }

    /// Starts a job process with a copy of `descriptor` as its descriptor 3.
    public func start(passing descriptor: Int32) async throws -> Job {
        guard !isClosed else { throw Failure(description: "the launcher is gone") }
        lastJob += 1
        let id = lastJob
        try channel.send(LauncherPacket(.start(job: id)), passing: descriptor)
        let pid = try await withUnsafeThrowingContinuation { states[id] = State(starting: $0) }
        return Job(id: id, pid: pid)
    }

    /// Sends a signal to the job's process group; without effect when it has ended.
    public func signal(_ job: Job, _ number: Int32) {
        // A launcher that is gone has taken the job along.
        do { try channel.send(LauncherPacket(.signal(job: job.id, number: number))) } catch {}
    }

    /// Waits for the end of `job`, which can be asked for once.
    public func end(of job: Job) async throws -> JobEnd {
        defer { states[job.id] = nil }
        if let end = states[job.id]?.end { return end }
        guard !isClosed, states[job.id] != nil else { throw Failure(description: "the launcher is gone") }
        return try await withUnsafeThrowingContinuation { states[job.id]?.ending = $0 }
    }

    private func take(_ event: LauncherEvent) {
        switch event {
        case .started(let id, let pid):
            states[id]?.starting?.resume(returning: pid)
            states[id]?.starting = nil
        case .refused(let id, let number):
            let waiter = states.removeValue(forKey: id)?.starting
            let reason = String(cString: strerror(number))
            waiter?.resume(throwing: Failure(description: "the job process could not be started: \(reason)"))
        case .ended(let id, let end):
            if let waiter = states[id]?.ending {
                waiter.resume(returning: end)
                states[id]?.ending = nil
            } else {
                states[id]?.end = end
            }
        }
    }

    private func close(_ reason: String) {
        isClosed = true
        source.close()
        for state in states.values {
            state.starting?.resume(throwing: Failure(description: reason))
            state.ending?.resume(throwing: Failure(description: reason))
        }
        for id in states.keys where states[id]?.end == nil { states[id] = nil }
    }
}
