internal import API
internal import Access
internal import Cryptography
internal import EventLoop
internal import HTTPServer
internal import Postgres
internal import Scheduling
internal import Store

/// The parts of a running server, from the first connection to Postgres to the last request drained.
struct Server: Sendable {
    /// How often idle sessions are closed and enforcement is compared with what was made.
    static let housekeepingInterval = Duration.seconds(2)

    let context: ServerContext
    let group: EventLoopGroup
    let logger: Logger
    let sessions: Sessions
    let platform: Platform
    let logins: PrincipalLogins
    let metrics: MetricsRegistry
    private let mendedLogins: Counter
    private let auditKeeper: AuditKeeper

    /// Migrates, makes the administrator, checks enforcement: everything before the first request.
    init(_ context: ServerContext, on group: EventLoopGroup, logger: Logger) async throws {
        self.context = context
        self.group = group
        self.logger = logger
        let key = try SecretFile.key(at: context.data.path + "/server-key")
        let source = try context.sessionSource(key)
        try await Self.migrate(context, source, group, logger)
        sessions = Sessions(source: source, group: group)
        let logins = context.principalLogins(sessions, key, group.blocking)
        try await sessions.withServerSession { connection in
            try await Bootstrap.makeAdministrator(on: connection) {
                try context.settings.administratorToken
                    ?? SecretFile.newAdministratorToken(at: context.data.path + "/admin-token")
            }
        }
        try await logins.refresh()
        self.logins = logins
        metrics = MetricsRegistry()
        let endFailures = metrics.counter(
            "sluice_statement_end_failures_total",
            help: "Failed attempts to cancel a statement over its budget, or to terminate its backend.")
        mendedLogins = metrics.counter(
            "sluice_login_roles_mended_total", help: "Login roles that their principals altered and Sluice set back.")
        let witness = Self.auditWitness(in: context.data.path, group)
        auditKeeper = try AuditKeeper(sessions, key, witness, metrics, logger)
        platform = Platform(
            sessions: sessions, blocking: group.blocking, cursorKey: try key.derived(for: "cursor"),
            secrets: try SecretBox(serverKey: key),
            auditVerifier: try AuditVerifier(sessions: sessions, serverKey: key, witness: witness),
            onEndFailure: { step, error in
                endFailures.add()
                logger.warning(
                    "a statement over its budget could not be ended", ["step": step, "error": "\(error)"])
            },
            afterChange: { try await logins.refresh() },
            admit: { try await logins.admit($0) })
        try await platform.governance.settle()
        reportDrift(try await platform.integrity.check())
    }

    private static func auditWitness(in directory: String, _ group: EventLoopGroup) -> AuditWitness {
        let path = directory + "/audit-heads"
        return AuditWitness(
            on: group.blocking, load: { try SecretFile.line(at: path) },
            save: { try SecretFile.replace(at: path, with: $0) })
    }

    private static func migrate(
        _ context: ServerContext, _ source: SessionSource, _ group: EventLoopGroup, _ logger: Logger
    ) async throws {
        let reports = try await Migrator(
            options: context.administration(), loop: group.loops[0], blocking: group.blocking
        ).run()
        for report in reports where !report.applied.isEmpty {
            logger.info(
                "migrated", ["database": report.database.rawValue, "applied": report.applied.joined(separator: " ")])
        }
    }

    private func reportDrift(_ found: [Drift]) {
        for drift in found {
            logger.error(
                "an enforcing object is not as it was made", ["object": drift.object, "problem": drift.problem])
        }
    }

    /// Serves until a signal says to stop, then drains. Prints the ready line when it accepts requests.
    func run(until signals: SignalSource) async throws {
        let requests = RequestMetrics(metrics)
        let accessLog = AccessLog(logger, level: .debug)
        let application = API.application(platform, metrics: metrics, logger: logger) { completion in
            requests.record(completion)
            accessLog.record(completion)
        }
        let server = try HTTPServer.Server(context.settings.http, on: group, serving: application)
        for flag in context.settings.ignoredFlags {
            logger.warning("a setting is of a part that is not built yet", ["flag": flag])
        }
        let housekeeping = group.loops[0].spawn { await keepHouse() }
        let auditing = group.loops[0].spawn { await auditKeeper.run(every: Self.housekeepingInterval) }
        let filling = group.loops[0].spawn { await fillStoredMasks() }
        let testing = group.loops[0].spawn { await runPolicyTests() }
        let classifying = group.loops[0].spawn { await classify() }
        let leader = Leader(platform.queue, on: group.loops[0]) { LeaderLog(logger).record($0) }
        let leading = group.loops[0].spawn { await leader.run() }
        Commands.write("ready http=\(server.address) sql=off\n", to: 1)
        while try await signals.next() == .hangup {}
        logger.info("draining", ["seconds": "\(context.settings.drainTimeout.components.seconds)"])
        housekeeping.cancel()
        auditing.cancel()
        filling.cancel()
        testing.cancel()
        classifying.cancel()
        leading.cancel()
        platform.followers.close()
        let isClean = await server.drain(within: context.settings.drainTimeout)
        if !isClean { logger.warning("requests were cut off", ["drainTimeout": "\(context.settings.drainTimeout)"]) }
        await leading.value
        await auditing.value
        try await platform.readAudit.drain()
        await platform.pipelines.close()
        await sessions.close()
    }

    /// Apart from the drift check, which no principal may hold up by altering its role all the time.
    private func mendLogins() async {
        do {
            for role in try await logins.mend() {
                mendedLogins.add()
                logger.warning(
                    "a principal had altered its login role; settings and password are set back", ["role": role])
            }
        } catch {
            logger.warning(
                "a login role could not be set back; it is tried again", ["error": "\(String(reflecting: error))"])
        }
    }

    /// Every server does, in turns: a mask's values must come while no leader is there, too.
    private func fillStoredMasks() async {
        while !Task.isCancelled {
            do {
                while try await platform.governance.fillStoredMasks(), !Task.isCancelled {}
            } catch {
                logger.warning(
                    "values of masks could not be filled in; it is tried again",
                    ["error": "\(String(reflecting: error))"])
            }
            guard (try? await group.loops[0].sleep(for: Self.housekeepingInterval)) != nil else { return }
        }
    }

    /// Those that are due; which server does it, Postgres decides.
    private func runPolicyTests() async {
        while !Task.isCancelled {
            do {
                try await platform.policyTests.runDue()
            } catch {
                logger.warning(
                    "policy tests could not be run; it is tried again", ["error": "\(String(reflecting: error))"])
            }
            guard (try? await group.loops[0].sleep(for: Self.housekeepingInterval)) != nil else { return }
        }
    }

    /// Every server does, one dataset at a time: looks at columns that are new or others, and tags those that are sure.
    private func classify() async {
        while !Task.isCancelled {
            do {
                while try await platform.governance.classifyNext(on: group.blocking), !Task.isCancelled {}
                while try await platform.governance.applyClassifications(), !Task.isCancelled {}
            } catch {
                // The error's own words quote no value; those for the log alone might.
                logger.warning("columns could not be classified; it is tried again", ["error": "\(error)"])
            }
            guard (try? await group.loops[0].sleep(for: Self.housekeepingInterval)) != nil else { return }
        }
    }

    /// Apart from the drift check, too: a cluster whose superuser has not run the newest privileged script refuses it.
    private func endNarrowedSessions() async {
        do {
            try await platform.governance.endNarrowedSessions()
            try await platform.governance.endExpiredReads()
        } catch {
            logger.warning(
                "sessions that read by what is taken back or has ended could not be ended; it is tried again",
                ["error": "\(String(reflecting: error))", "hint": "sluice migrate --print-privileged"])
        }
    }

    /// The share of time that the drift check may take: it reads every enforcing object's definition.
    private static let driftCheckShare = 20

    private func keepHouse() async {
        var known = platform.integrity.drift ?? []
        var nextCheck = ContinuousClock.now
        while !Task.isCancelled {
            guard (try? await group.loops[0].sleep(for: Self.housekeepingInterval)) != nil else { return }
            do {
                await sessions.closeIdle()
                try await platform.governance.settle()
                await endNarrowedSessions()
                guard nextCheck <= .now else { continue }
                let begin = ContinuousClock.now
                await mendLogins()
                let found = try await platform.integrity.check()
                nextCheck = .now + (ContinuousClock.now - begin) * Self.driftCheckShare
                if found != known { reportDrift(found) }
                known = found
            } catch {
                logger.warning("housekeeping failed; it is tried again", ["error": "\(String(reflecting: error))"])
            }
        }
    }
}
