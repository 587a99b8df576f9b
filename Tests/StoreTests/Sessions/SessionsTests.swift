import EventLoop
import Postgres
import TestSupport
import Testing

@testable import Store

@Suite(.timeLimit(.minutes(1))) struct SessionsTests {
    /// Lends a pool over the test cluster, with the roles `names` able to log in.
    private func withSessions(
        roles names: [String] = [], _ limits: SessionLimits = SessionLimits(),
        _ body: (Sessions, [String]) async throws -> Void
    ) async throws {
        let cluster = try TestCluster.shared()
        let database = try await cluster.makeDatabase()
        let admin = try await TestLoops.connect(cluster.options())
        let roles = names.map { "\(database)_\($0)" }
        for role in roles { try await admin.execute("CREATE ROLE \(identifier: role) LOGIN") }
        await admin.close()
        let source = SessionSource(
            server: { _ in cluster.options(database: database) },
            principal: { cluster.options(database: database, user: $0) })
        let sessions = Sessions(source: source, group: try TestLoops.group(), limits: limits)
        do {
            try await body(sessions, roles)
            await sessions.close()
        } catch {
            await sessions.close()
            throw error
        }
    }

    private func limits(total: Int, waiting: Int = 100, patience: Duration = .seconds(10)) -> SessionLimits {
        var limits = SessionLimits()
        limits.total = total
        limits.reserved = 0
        limits.waiting = waiting
        limits.patience = patience
        return limits
    }

    @Test func eachRoleLogsInAsItself() async throws {
        try await withSessions(roles: ["ann", "bob"]) { sessions, roles in
            for role in roles {
                for name in [
                    try await sessions.withRowsSession(role: role) { try await $0.query("SELECT session_user")[0] },
                    try await sessions.withQuerySession(role: role) { try await $0.query("SELECT session_user")[0] },
                ] { #expect(try name.decode(at: 0) == role) }
            }
        }
    }

    @Test func nothingOfAQuerySessionSurvives() async throws {
        try await withSessions(roles: ["ann"]) { sessions, roles in
            try await TestLoops.run(on: sessions.group.loops[0]) {
                let first = try await sessions.withQuerySession(role: roles[0]) { connection in
                    try await connection.script(
                        "SET work_mem = '1MB'; PREPARE p AS SELECT 1; SELECT pg_advisory_lock(7)")
                    return await connection.backendPID
                }
                try await sessions.withQuerySession(role: roles[0]) { connection in
                    #expect(await connection.backendPID == first)
                    let left = try await connection.query(
                        """
                        SELECT current_setting('work_mem') = '1MB' OR EXISTS (SELECT 1 FROM pg_prepared_statements)
                            OR EXISTS (SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND pid = pg_backend_pid())
                        """)
                    #expect(try left[0].decode(at: 0) == false)
                }
            }
        }
    }

    @Test func aSessionLeftInATransactionIsNotLentAgain() async throws {
        try await withSessions(roles: ["ann"]) { sessions, roles in
            try await TestLoops.run(on: sessions.group.loops[0]) {
                let first = try await sessions.withQuerySession(role: roles[0]) { connection in
                    try await connection.script("BEGIN")
                    return await connection.backendPID
                }
                let second = try await sessions.withQuerySession(role: roles[0]) { await $0.backendPID }
                #expect(first != second)
                #expect(sessions.counts.open == 1)
            }
        }
    }

    @Test func aSessionThatBrokeWhileIdleIsReplaced() async throws {
        try await withSessions { sessions, _ in
            try await TestLoops.run(on: sessions.group.loops[0]) {
                let pid = try await sessions.withServerSession { await $0.backendPID }
                let admin = try await TestLoops.connect(try TestCluster.shared().options())
                try await admin.execute("SELECT pg_terminate_backend(\(pid), 10000)")
                let next = try await sessions.withServerSession { await $0.backendPID }
                #expect(next != pid)
                #expect(sessions.counts.open == 1)
                await admin.close()
            }
        }
    }

    @Test func idleSessionsOfOtherRolesMakeRoom() async throws {
        try await withSessions(roles: ["a", "b", "c", "d"], limits(total: 2)) { sessions, roles in
            for _ in 0..<2 {
                for role in roles {
                    let name = try await sessions.withRowsSession(role: role) {
                        try await $0.query("SELECT session_user")[0]
                    }
                    #expect(try name.decode(at: 0) == role)
                    #expect(sessions.counts.open <= 2)
                }
            }
        }
    }

    @Test func aCallerBeyondTheBudgetTimesOutAndBeyondTheQueueIsRefused() async throws {
        try await withSessions(limits(total: 1, waiting: 1, patience: .milliseconds(100))) { sessions, _ in
            try await sessions.withServerSession { _ in
                let codes = await withTaskGroup(of: SessionError.Code?.self) { group in
                    for _ in 0..<2 {
                        group.addTask {
                            do {
                                try await sessions.withServerSession { _ in }
                                return nil
                            } catch {
                                return (error as? SessionError)?.code
                            }
                        }
                    }
                    return await group.reduce(into: []) { $0.append($1) }
                }
                #expect(Set(codes) == [.timedOut, .saturated])
            }
            try await sessions.withServerSession { _ in }
            #expect(sessions.counts.waiting == 0)
        }
    }

    @Test func aRoleThatIsNotLiveYetIsWaitedFor() async throws {
        try await withSessions { sessions, _ in
            let cluster = try TestCluster.shared()
            let role = "late_\(try await cluster.makeDatabase())"
            let borrower = Task {
                try await sessions.withRowsSession(role: role) { try await $0.query("SELECT 1").count }
            }
            let admin = try await TestLoops.connect(cluster.options())
            try await admin.execute("CREATE ROLE \(identifier: role) LOGIN")
            #expect(try await borrower.value == 1)
            await admin.close()
        }
    }

    @Test(arguments: 0..<4) func underStressTheBudgetHoldsAndEverybodyIsServed(_ seed: Int) async throws {
        try await withSessions(roles: ["a", "b", "c"], limits(total: 4, waiting: 1000)) { sessions, roles in
            let wrong = await withTaskGroup(of: Int.self) { group in
                for worker in 0..<24 {
                    let loop = sessions.group.loops[worker % sessions.group.loops.count]
                    group.addTask(executorPreference: loop) {
                        var wrong = 0
                        for round in 0..<12 {
                            let number = seed &* 7919 &+ worker &* 104_729 &+ round &* 31
                            let role = roles[number % roles.count]
                            do {
                                let row =
                                    number % 2 == 0
                                    ? try await sessions.withRowsSession(role: role) {
                                        try await $0.query("SELECT session_user || \(number) AS s")[0]
                                    }
                                    : try await sessions.withQuerySession(role: role) {
                                        try await $0.query("SELECT session_user || \(number) AS s")[0]
                                    }
                                if try row.decode("s") != "\(role)\(number)" { wrong += 1 }
                            } catch {
                                wrong += 1
                            }
                            if sessions.counts.open > 4 { wrong += 1 }
                        }
                        return wrong
                    }
                }
                return await group.reduce(0, +)
            }
            #expect(wrong == 0, "seed \(seed)")
            #expect(sessions.counts.waiting == 0, "seed \(seed)")
            #expect(sessions.counts.open == sessions.counts.idle, "seed \(seed)")
        }
    }

    @Test func pipelinesReadAsTheirRole() async throws {
        try await withSessions(roles: ["a", "b"]) { sessions, roles in
            let pipelines = Pipelines(sessions: sessions, limit: 1)
            for role in roles + roles {
                let rows = try await pipelines.fetch("SELECT session_user", role: role)
                #expect(try rows[0].decode(at: 0) == role)
                #expect(pipelines.count == 1)
            }
            pipelines.close()
        }
    }
}
