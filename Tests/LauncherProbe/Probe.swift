import EventLoop
import Glibc
import Store
import Synchronization
import Work

/// `launcher-probe COMMAND`: a launcher whose jobs are `sh -c COMMAND`, and whose supervisor does what standard input says:
/// `start`, `signal JOB NUMBER`, one a line. It tells `supervisor PID`, `started JOB PID`, `refused JOB` and
/// `ended JOB WAY VALUE`.
enum Probe {
    static func run(_ words: [String]) -> Int32 {
        do {
            return words[1] == "--supervise" ? try supervise() : try launch(words[1])
        } catch {
            print("failed \(error)")
            return 1
        }
    }

    private static func launch(_ command: String) throws -> Int32 {
        let supervisor = ProcessSpecification(
            executable: ProcessSpecification.ownExecutable(), arguments: ["--supervise"])
        var job = ProcessSpecification(
            executable: "/bin/sh", arguments: ["-c", command], environment: ["PATH=/usr/bin:/bin"])
        job.workingDirectory = "/"
        return try Launcher(supervisor: supervisor, job: job, patience: .seconds(20)).run()
    }

    private static func supervise() throws -> Int32 {
        guard try Confinement.dieWith(parent: getppid()) else { return 1 }
        let group = try EventLoopGroup(count: 1)
        let loop = group.loops[0]
        let client = LauncherClient(descriptor: 3, loop: loop)
        loop.spawn { await client.run() }
        tell("supervisor \(getpid())")
        let known = Known()
        while let line = readLine() {
            let words = line.split(separator: " ")
            switch words[0] {
            case "start": loop.spawn { await start(client, known, on: loop) }
            case "signal":
                guard let number = Int(words[1]), let signal = Int32(words[2]) else { return 64 }
                try group.runBlocking {
                    if let job = known.job(number) { await client.signal(job, signal) }
                }
            default: return 64
            }
        }
        return 0
    }

    private static func start(_ client: LauncherClient, _ known: Known, on loop: EventLoop) async {
        let number = known.next()
        do {
            let (channel, jobEnd) = try JobChannel.open(on: loop)
            defer { channel.close() }
            let job: LauncherClient.Job
            do {
                defer { close(jobEnd) }
                job = try await client.start(passing: jobEnd)
            }
            known.remember(number, job)
            tell("started \(number) \(job.pid)")
            let end = try await client.end(of: job)
            switch end.way {
            case .exited(let status): tell("ended \(number) exited \(status) \(end.peakBytes)")
            case .killed(let signal): tell("ended \(number) killed \(signal) \(end.peakBytes)")
            }
        } catch {
            tell("refused \(number)")
        }
    }

    private static func tell(_ line: String) {
        let bytes = Array((line + "\n").utf8)
        _ = write(1, bytes, bytes.count)
    }
}

/// The jobs by the numbers that the test knows, from 1.
final class Known: Sendable {
    private let state = Mutex<(last: Int, jobs: [Int: LauncherClient.Job])>((0, [:]))

    func next() -> Int {
        state.withLock {
            $0.last += 1
            return $0.last
        }
    }

    func remember(_ number: Int, _ job: LauncherClient.Job) { state.withLock { $0.jobs[number] = job } }

    func job(_ number: Int) -> LauncherClient.Job? { state.withLock { $0.jobs[number] } }
}
