internal import Glibc
internal import HTTPServer
internal import Store

/// The worker that a keeper runs beside its server, started again whenever it dies.
struct KeptWorker {
    private let specification: ProcessSpecification
    private var backOff = RestartBackOff(startedAt: .now)
    private(set) var process: ProcessHandle?
    /// When to start it; `nil` while it runs, and once it was told to end.
    private(set) var startAt: ContinuousClock.Instant? = .now
    private var isEnding = false

    /// - Parameter words: The keeper's own command line after the command's name: settings are the same.
    init(_ kept: KeptServer, words: some Sequence<String>) {
        specification = {
            var specification = ProcessSpecification(
                executable: ProcessSpecification.ownExecutable(), arguments: ["worker"] + kept.words + words,
                environment: ProcessSpecification.ownEnvironment())
            specification.keepsSignalMask = true
            return specification
        }()
    }

    /// Starts it when it is due, and notices its death.
    mutating func keepRunning(_ log: Log) {
        if let ended = process, ended.hasEnded {
            let status = ended.reap() ?? 1
            process = nil
            guard !isEnding else { return }
            let delay = backOff.delay(afterDeathAt: .now)
            log(.error, "the worker has died: it is started again", ["status": "\(status)", "after": "\(delay)"])
            startAt = .now + delay
        }
        guard let due = startAt, due <= .now else { return }
        startAt = nil
        backOff.started(at: .now)
        do {
            process = try ProcessHandle(starting: specification)
        } catch {
            let delay = backOff.delay(afterDeathAt: .now)
            log(.error, "the worker could not be started", ["error": "\(error)"])
            startAt = .now + delay
        }
    }

    /// Passes a signal on; after one that ends it, it is not started again.
    mutating func signal(_ number: Int32) {
        if number != SIGHUP {
            isEnding = true
            startAt = nil
        }
        process?.signal(number)
    }
}
