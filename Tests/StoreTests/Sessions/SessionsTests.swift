import EventLoop
import Postgres
import TestSupport
import Testing

@testable import Store

@Suite(.timeLimit(.minutes(1))) struct SessionsTests {
    @Test func eachRoleLogsInAsItself() async throws {
        try await SessionFixture.withSessions(roles: ["ann", "bob"]) { sessions, roles in
            for role in roles {
                for name in [
                    try await sessions.withRowsSession(role: role) { try await $0.query("SELECT session_user")[0] },
                    try await sessions.withQuerySession(role: role) { try await $0.query("SELECT session_user")[0] },
                ] { #expect(try name.decode(at: 0) == role) }
            }
        }
    }

    @Test func nothingOfAQuerySessionSurvives() async throws {
        try await SessionFixture.withSessions(roles: ["ann"]) { sessions, roles in
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
        try await SessionFixture.withSessions(roles: ["ann"]) { sessions, roles in
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
        try await SessionFixture.withSessions { sessions, _ in
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
        try await SessionFixture.withSessions(roles: ["a", "b", "c", "d"], SessionFixture.limits(total: 2)) {
            sessions, roles in
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
        try await SessionFixture.withSessions(SessionFixture.limits(total: 1, waiting: 1, patience: .milliseconds(100)))
        { sessions, _ in
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
        try await SessionFixture.withSessions(roles: ["reader"]) { sessions, roles in
            let cluster = try TestCluster.shared()
            let role = "late_\(try await cluster.makeDatabase())"
            let borrower = Task {
                try await sessions.withRowsSession(role: role) { try await $0.query("SELECT 1").count }
            }
            let admin = try await TestLoops.connect(cluster.options())
            try await admin.execute("CREATE ROLE \(identifier: role) LOGIN IN ROLE \(identifier: roles[0])")
            #expect(try await borrower.value == 1)
            await admin.close()
        }
    }

    @Test(arguments: 0..<4) func underStressTheBudgetHoldsAndEverybodyIsServed(_ seed: Int) async throws {
        try await SessionFixture.withSessions(roles: ["a", "b", "c"], SessionFixture.limits(total: 4, waiting: 1000)) {
            sessions, roles in
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

    @Test func aCancelledCallerLeavesTheQueueAndNothingIsLost() async throws {
        try await SessionFixture.withSessions(SessionFixture.limits(total: 1)) { sessions, _ in
            let waiter = try await sessions.withServerSession { _ in
                let waiter = Task { try await sessions.withServerSession { _ in } }
                try await SessionFixture.until { sessions.counts.waiting > 0 }
                waiter.cancel()
                await #expect(throws: CancellationError.self) { try await waiter.value }
                #expect(sessions.counts.waiting == 0)
                return Task { try await sessions.withServerSession { _ in } }
            }
            try await waiter.value
            #expect(sessions.counts == SessionCounts(open: 1, idle: 1))
        }
    }

    @Test(arguments: 0..<8) func cancellationAtAnyMomentLosesNoSession(_ seed: Int) async throws {
        try await SessionFixture.withSessions(roles: ["a"], SessionFixture.limits(total: 2, waiting: 1000)) {
            sessions, roles in
            var random = SeededGenerator(seed: UInt64(seed))
            var tasks: [Task<Void, any Error>] = []
            for number in 0..<40 {
                let loop = sessions.group.loops[number % sessions.group.loops.count]
                tasks.append(
                    Task(executorPreference: loop) {
                        _ = try await sessions.withQuerySession(role: roles[0]) { try await $0.execute("SELECT 1") }
                    })
                if Int.random(in: 0..<2, using: &random) == 0 {
                    for _ in 0..<Int.random(in: 0..<200, using: &random) { await Task.yield() }
                    tasks.randomElement(using: &random)?.cancel()
                }
            }
            for task in tasks { _ = await task.result }
            let counts = sessions.counts
            #expect(counts.busy == 0 && counts.waiting == 0 && counts.open <= 2, "seed \(seed): \(counts)")
        }
    }

    @Test func aCancelledBorrowerLeavesItsSessionToTheNext() async throws {
        try await SessionFixture.withSessions(roles: ["ann"]) { sessions, roles in
            let borrower = Task {
                try await sessions.withQuerySession(role: roles[0]) { _ in
                    withUnsafeCurrentTask { $0?.cancel() }
                }
            }
            try await borrower.value
            #expect(sessions.counts == SessionCounts(open: 1, principals: 1, idle: 1))
        }
    }

    @Test func theServerReachesPostgresWhilePrincipalsHoldAllTheyMay() async throws {
        try await SessionFixture.withSessions(
            roles: ["a", "b"], SessionFixture.limits(total: 2, reserved: 1, patience: .milliseconds(100))
        ) { sessions, roles in
            // An idle session of the server's must not become a principal's.
            try await sessions.withServerSession { _ in }
            try await sessions.withQuerySession(role: roles[0]) { _ in
                await #expect(throws: SessionError(code: .timedOut)) {
                    try await sessions.withQuerySession(role: roles[1]) { _ in }
                }
                try await sessions.withServerSession { _ in }
            }
        }
    }

    @Test func afterClosingNothingIsLentAndWhatComesBackIsClosed() async throws {
        try await SessionFixture.withSessions(SessionFixture.limits(total: 1)) { sessions, _ in
            try await sessions.withServerSession { connection in
                let waiter = Task { try await sessions.withServerSession { _ in } }
                try await SessionFixture.until { sessions.counts.waiting > 0 }
                await sessions.close()
                await #expect(throws: SessionError(code: .closed)) { try await waiter.value }
                #expect(await connection.isOpen)
            }
            #expect(sessions.counts == SessionCounts())
            await #expect(throws: SessionError(code: .closed)) { try await sessions.withServerSession { _ in } }
        }
    }

    @Test func closingIdleSessionsFreesTheirSlots() async throws {
        var limits = SessionFixture.limits(total: 4)
        limits.idle = .zero
        try await SessionFixture.withSessions(roles: ["a"], limits) { sessions, roles in
            try await sessions.withServerSession { _ in }
            try await sessions.withRowsSession(role: roles[0]) { _ in }
            await sessions.closeIdle(role: roles[0])
            #expect(sessions.counts == SessionCounts(open: 1, idle: 1))
            await sessions.closeIdle()
            #expect(sessions.counts == SessionCounts())
        }
    }

    @Test func aSourcesOwnOptionsStay() {
        let source = SessionSource(
            server: { ConnectionOptions(host: "h", user: "u", database: $0, options: "-c work_mem=1MB") },
            principal: { ConnectionOptions(host: "h", user: $0, database: "w", applicationName: "mine") })
        let server = source.options(for: .control)
        #expect(server.options?.hasPrefix("-c work_mem=1MB -c TimeZone=UTC") == true)
        #expect(server.applicationName == "sluice")
        #expect(source.options(for: .query(role: "r")).applicationName == "mine")
    }
}
