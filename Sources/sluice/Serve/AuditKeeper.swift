internal import Access
internal import Cryptography
internal import EventLoop
internal import HTTPServer
internal import Store

/// Seals the audits and erases what is older than their retention, beside the requests.
struct AuditKeeper: Sendable {
    private let sealer: AuditSealer
    private let eraser: AuditEraser
    private let failures: Counter
    private let logger: Logger

    init(
        _ sessions: Sessions, _ key: SecretKey, _ witness: AuditWitness, _ metrics: MetricsRegistry, _ logger: Logger
    ) throws {
        self.logger = logger
        let sealer = try AuditSealer(sessions: sessions, serverKey: key, witness: witness)
        self.sealer = sealer
        eraser = try AuditEraser(sessions: sessions, serverKey: key)
        failures = metrics.counter(
            "sluice_audit_seal_failures_total", help: "Failed attempts to seal the audit or to erase what is old.")
        for chain in AuditChain.allCases {
            metrics.observe(
                "sluice_audit_seal_lag_seconds", help: "How old the oldest entry may be that is not sealed.",
                labels: [("chain", chain.rawValue)]
            ) { Int(sealer.lag(of: chain).components.seconds) }
            metrics.observe(
                "sluice_audit_cut_off", help: "1 while a seal that this server has seen is missing.",
                labels: [("chain", chain.rawValue)]
            ) { witness.cut.contains(chain) ? 1 : 0 }
        }
    }

    /// Until the task is cancelled.
    func run(every interval: Duration) async {
        guard let loop = EventLoop.current else { preconditionFailure("keeping house runs on an event loop") }
        // What is told once, not every time.
        var told: [String: String] = [:]
        while !Task.isCancelled {
            // A piece of each in turn: a long backlog of one must not hold up the others.
            var hasMore = false
            for chain in AuditChain.allCases {
                await attempt("the audit could not be sealed; it is tried again", chain, &told) {
                    if try await sealer.seal(chain) { hasMore = true }
                }
                await attempt("old audit entries could not be erased; it is tried again", chain, &told) {
                    if try await eraser.erase(chain) { hasMore = true }
                }
            }
            if hasMore { continue }
            guard (try? await loop.sleep(for: interval)) != nil else { return }
        }
    }

    private func attempt(
        _ failure: StaticString, _ chain: AuditChain, _ told: inout [String: String], _ body: () async throws -> Void
    ) async {
        let step = "\(chain.rawValue) \(failure)"
        do {
            try await body()
            told[step] = nil
        } catch {
            failures.add()
            let reason = String(reflecting: error)
            let text = (error as? AuditSealFailure)?.description ?? reason
            if told.updateValue(text, forKey: step) == text { return }
            logger.warning(failure, ["chain": chain.rawValue, "error": text])
        }
    }
}
