internal import EventLoop
internal import HTTPServer
internal import Scheduling

/// A worker's slots for probes: beside those of attempts, so that no load, however long, keeps a question waiting.
actor Prober {
    /// Probes at a time.
    static let slots = 2

    nonisolated let loop: EventLoop
    nonisolated var unownedExecutor: UnownedSerialExecutor { loop.asUnownedSerialExecutor() }
    private(set) var running = 0

    init(on loop: EventLoop) { self.loop = loop }

    /// Takes up what is asked, as far as there are slots.
    ///
    /// - Parameter whenFree: Called when a slot has become free.
    func look(as workerID: String, _ context: AttemptContext, whenFree: @escaping @Sendable () async -> Void) async {
        guard running < Self.slots else { return }
        let probes: [Probe]
        do {
            probes = try await context.queue.claimProbes(for: workerID, upTo: Self.slots - running)
        } catch {
            context.logger.debug("no probe could be claimed", ["error": "\(error)"])
            return
        }
        for probe in probes {
            running += 1
            let attempt = ProbeAttempt(probe, workerID, context, on: loop)
            loop.spawn {
                await attempt.run()
                await self.ended()
                await whenFree()
            }
        }
    }

    private func ended() { running -= 1 }
}
