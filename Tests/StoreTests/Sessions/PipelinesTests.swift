import EventLoop
import Postgres
import TestSupport
import Testing

@testable import Store

@Suite(.timeLimit(.minutes(1))) struct PipelinesTests {
    @Test func pipelinesReadAsTheirRoleWithinTheBudget() async throws {
        try await SessionFixture.withSessions(roles: ["a", "b"], SessionFixture.limits(total: 1)) { sessions, roles in
            let pipelines = Pipelines(sessions: sessions)
            for role in roles + roles {
                let rows = try await pipelines.fetch("SELECT session_user", role: role)
                #expect(try rows[0].decode(at: 0) == role)
                #expect(sessions.counts == SessionCounts(open: 1, principals: 1, shared: 1))
                // What is lent takes the pipeline's place, and the next pipeline takes its.
                try await sessions.withServerSession { _ in }
                #expect(sessions.counts == SessionCounts(open: 1, idle: 1))
            }
            await pipelines.close()
        }
    }

    @Test func readsOfOneRoleOnOneLoopShareASession() async throws {
        try await SessionFixture.withSessions(roles: ["a"]) { sessions, roles in
            let pipelines = Pipelines(sessions: sessions)
            let pids = try await onLoop(of: sessions) {
                try await withThrowingTaskGroup(of: Int.self) { group in
                    for _ in 0..<50 {
                        group.addTask {
                            try await pipelines.fetch("SELECT pg_backend_pid()", role: roles[0])[0].decode(at: 0)
                        }
                    }
                    return try await group.reduce(into: Set<Int>()) { $0.insert($1) }
                }
            }
            #expect(pids.count == 1)
            #expect(sessions.counts.shared == 1)
            await pipelines.close()
            #expect(sessions.counts == SessionCounts())
        }
    }

    @Test func theEndOfTheLastReadWakesWhoWaitsForItsSlot() async throws {
        try await SessionFixture.withSessions(roles: ["a"], SessionFixture.limits(total: 1)) { sessions, roles in
            let admin = try await TestLoops.connect(sessions.source.options(for: .warehouse))
            try await admin.execute("SELECT pg_advisory_lock(4711)")
            let pipelines = Pipelines(sessions: sessions)
            let read = Task {
                try await pipelines.fetch("SELECT pg_advisory_xact_lock_shared(4711)", role: roles[0]).count
            }
            try await SessionFixture.until { sessions.counts.shared > 0 }
            let waiter = Task { try await sessions.withServerSession { _ in } }
            try await SessionFixture.until { sessions.counts.waiting > 0 }
            try await admin.execute("SELECT pg_advisory_unlock(4711)")
            #expect(try await read.value == 1)
            try await waiter.value
            #expect(sessions.counts == SessionCounts(open: 1, idle: 1))
            await admin.close()
        }
    }

    @Test func aReadWhoseSessionEndsRunsOnceMoreOnAFreshOne() async throws {
        try await SessionFixture.withSessions(roles: ["a"]) { sessions, roles in
            let pipelines = Pipelines(sessions: sessions)
            let admin = try await TestLoops.connect(sessions.source.options(for: .warehouse))
            try await onLoop(of: sessions) {
                for _ in 0..<3 {
                    let pid: Int = try await pipelines.fetch("SELECT pg_backend_pid()", role: roles[0])[0].decode(at: 0)
                    // In flight: it waits for a lock until its backend is terminated, and finds it free the second time.
                    try await admin.execute("SELECT pg_advisory_lock(4712)")
                    let read = Task(executorPreference: sessions.group.loops[0]) {
                        try await pipelines.fetch(
                            "SELECT pg_advisory_xact_lock_shared(4712), pg_backend_pid() AS pid", role: roles[0]
                        )[0].decode("pid", as: Int.self)
                    }
                    try await SessionFixture.until {
                        try await admin.query(
                            "SELECT 1 FROM pg_stat_activity WHERE pid = \(pid)::int AND wait_event = 'advisory'"
                        ).count == 1
                    }
                    try await admin.execute("SELECT pg_terminate_backend(\(pid)::int, 10000)")
                    try await admin.execute("SELECT pg_advisory_unlock(4712)")
                    #expect(try await read.value != pid)
                }
            }
            #expect(sessions.counts.busy == 0)
            await admin.close()
        }
    }

    @Test func aRoleThatCannotLogInFailsAndLeavesNoSlot() async throws {
        try await SessionFixture.withSessions(roles: ["a"]) { sessions, roles in
            let admin = try await TestLoops.connect(sessions.source.options(for: .warehouse))
            try await admin.execute("ALTER ROLE \(identifier: roles[0]) CONNECTION LIMIT 0")
            let pipelines = Pipelines(sessions: sessions)
            await #expect(throws: PostgresError.self) { _ = try await pipelines.fetch("SELECT 1", role: roles[0]) }
            #expect(sessions.counts == SessionCounts())
            await admin.close()
        }
    }

    @Test(arguments: 0..<4) func underEvictionEveryReadIsAnswered(_ seed: Int) async throws {
        try await SessionFixture.withSessions(
            roles: ["a", "b", "c"], SessionFixture.limits(total: 3, waiting: 1000)
        ) { sessions, roles in
            let pipelines = Pipelines(sessions: sessions)
            let wrong = await withTaskGroup(of: Int.self) { group in
                for worker in 0..<24 {
                    let loop = sessions.group.loops[worker % sessions.group.loops.count]
                    group.addTask(executorPreference: loop) {
                        var random = SeededGenerator(seed: UInt64(seed * 100 + worker))
                        var wrong = 0
                        for _ in 0..<20 {
                            let role = roles.randomElement(using: &random) ?? roles[0]
                            do {
                                if Int.random(in: 0..<8, using: &random) == 0 {
                                    _ = try await sessions.withQuerySession(role: role) {
                                        try await $0.query("SELECT 1")
                                    }
                                } else {
                                    let rows = try await pipelines.fetch("SELECT session_user", role: role)
                                    if try rows[0].decode(at: 0) != role { wrong += 1 }
                                }
                            } catch {
                                wrong += 1
                            }
                            if sessions.counts.open > 3 { wrong += 1 }
                        }
                        return wrong
                    }
                }
                return await group.reduce(0, +)
            }
            #expect(wrong == 0, "seed \(seed)")
            let counts = sessions.counts
            #expect(counts.busy == 0 && counts.waiting == 0, "seed \(seed): \(counts)")
            await sessions.close()
            #expect(sessions.counts == SessionCounts(), "seed \(seed)")
        }
    }

    private func onLoop<T: Sendable>(
        of sessions: Sessions, _ body: @escaping @Sendable () async throws -> T
    ) async throws -> T {
        try await TestLoops.run(on: sessions.group.loops[0], body)
    }
}
