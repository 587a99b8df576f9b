import Access
import HTTPServer
import Store

extension API {
    /// `GET /metrics` in Prometheus's text format; on loopback without a token, elsewhere for managers of the platform.
    static func addMetrics(_ registry: MetricsRegistry, to router: inout Router<Platform>) {
        router.on(.get, "/metrics") { request, platform in
            if !request.isFromLoopback {
                let caller = try await platform.caller(of: request)
                try caller.authority.require(.manage, called: "the platform")
            }
            return Response(
                contentType: "text/plain; version=0.0.4; charset=utf-8", bytes: Array(registry.text().utf8))
        }
    }

    /// Values that are read when they are asked for.
    static func observe(_ platform: Platform, in registry: MetricsRegistry) {
        for (state, read) in [
            ("open", { @Sendable in platform.sessions.counts.open }),
            ("idle", { @Sendable in platform.sessions.counts.idle }),
            ("waiting", { @Sendable in platform.sessions.counts.waiting }),
        ] {
            registry.observe(
                "sluice_database_sessions", help: "Sessions with Postgres, and callers waiting for one.",
                labels: [("state", state)], read)
        }
        registry.observe("sluice_policy_tests_failing", help: "Policy tests that did not pass when they ran last.") {
            platform.policyTests.failingCount
        }
        for outcome in PolicyTestResult.Outcome.allCases {
            registry.observe(
                "sluice_policy_test_runs", help: "Runs of policy tests since the start.",
                labels: [("outcome", outcome.rawValue)]
            ) { platform.policyTests.count(of: outcome) }
        }
        registry.observe("sluice_read_audit_backlog", help: "Read audit entries not written yet.") {
            platform.readAudit.backlog
        }
        registry.observe("sluice_policy_intact", help: "1 while everything that enforces is as it was made.") {
            platform.integrity.isIntact ? 1 : 0
        }
    }
}

extension Request {
    fileprivate var isFromLoopback: Bool {
        remoteAddress.hasPrefix("127.") || remoteAddress.hasPrefix("[::1]") || remoteAddress.hasPrefix("::1")
    }
}
