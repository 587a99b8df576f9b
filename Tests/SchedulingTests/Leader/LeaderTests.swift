import Catalog
import EventLoop
import JSON
import Postgres
import Store
import TestSupport
import Testing

@testable import Scheduling

@Suite struct LeaderTests {
    @Test func oneLeadsAndAnotherTakesOverWhenItIsSilent() async throws {
        let control = try await ControlDatabase.make()
        let (first, second) = (try control.leader(), try control.leader())
        var (states) = (Leader.State(), Leader.State())
        try await first.iterate(&states.0)
        try await second.iterate(&states.1)
        #expect(states.0.term == 1)
        #expect(states.1.term == nil)
        try await control.advance(4)
        try await first.iterate(&states.0)
        try await control.advance(4)
        try await second.iterate(&states.1)
        #expect(states.1.term == nil)
        try await control.advance(2)
        try await second.iterate(&states.1)
        #expect(states.1.term == 2)
        // What the first one decided before has no effect.
        await #expect { _ = try await control.query("SELECT sluice.release_due(1)") } throws: { error in
            (error as? PostgresError)?.sqlState == "SL010"
        }
        try await first.iterate(&states.0)
        #expect(states.0.term == nil)
    }

    @Test func tasksOfASilentWorkerAreAnothersAfterTwentySeconds() async throws {
        let control = try await ControlDatabase.make()
        let leader = try control.leader()
        var state = Leader.State()
        let (silent, live) = (try await control.worker(), try await control.worker())
        let run = try await control.queue.enqueue(.sample(), cause: .test)
        let claim = try await control.queue.claim(for: silent, upTo: 1)[0]
        for second in stride(from: 0.0, to: 24, by: 4) {
            try await leader.iterate(&state)
            _ = try await control.queue.heartbeat(live)
            #expect(try await control.queue.claim(for: live, upTo: 1).isEmpty, "after \(second) s")
            try await control.advance(4)
        }
        try await leader.iterate(&state)
        let again = try #require(try await control.queue.claim(for: live, upTo: 1).first)
        #expect(again.task == claim.task)
        #expect(again.epoch > claim.epoch)
        #expect(try await control.queue.heartbeat(silent) == false)
        #expect(try await control.queue.claim(for: silent, upTo: 1).isEmpty)
        #expect(try await control.queue.complete(claim, .succeeded(rows: [:])) == false)
        #expect(try await control.queue.complete(again, .succeeded(rows: [:])))
        #expect(try await control.state(run) == "succeeded")
    }

    @Test func aPauseOfTheDatabaseLosesNoWorker() async throws {
        let control = try await ControlDatabase.make()
        let leader = try control.leader()
        var state = Leader.State()
        let worker = try await control.worker()
        for _ in 0..<8 {
            try await leader.iterate(&state)
            _ = try await control.queue.heartbeat(worker)
            try await control.advance(4)
        }
        try await control.advance(300)
        try await leader.iterate(&state)
        #expect(try await control.queue.heartbeat(worker))
    }

    @Test func aLeaseFarBeyondItsTimeIsTakenFromALiveWorker() async throws {
        let control = try await ControlDatabase.make()
        let leader = try control.leader()
        var state = Leader.State()
        let worker = try await control.worker()
        let run = try await control.queue.enqueue(.sample(attempts: 1, timeoutSeconds: 30), cause: .test)
        let claim = try await control.queue.claim(for: worker, upTo: 1)[0]
        for _ in 0..<24 {
            try await control.advance(4)
            _ = try await control.queue.heartbeat(worker)
            try await leader.iterate(&state)
        }
        #expect(try await control.state(run) == "failed")
        #expect(try await control.document(run)["error"]?["code"] == "step_timeout")
        #expect(try await control.queue.report(claim, Progress(rows: [:])) == .lost)
    }

    @Test func aScheduleFiresOnceAndIsMadeUpForOnce() async throws {
        let control = try await ControlDatabase.make()
        let fired = Events()
        let leader = try control.leader { fired.note($0) }
        var state = Leader.State()
        let id = try await control.pipeline("hourly", schedule: ["cron": "0 * * * *", "timeZone": "UTC"])
        try await leader.iterate(&state)
        try await control.advance(3599)
        try await leader.iterate(&state)
        #expect(fired.times.isEmpty)
        try await control.advance(1.5)
        try await leader.iterate(&state)
        try await leader.iterate(&state)
        #expect(fired.times == ["2026-11-21T01:00:00Z"])
        // Down for five hours; then one run, for the last of them.
        try await control.advance(5 * 3600)
        var successor = Leader.State()
        try await leader.iterate(&successor)
        #expect(fired.times == ["2026-11-21T01:00:00Z", "2026-11-21T06:00:00Z"])
        let cause = try #require(try await control.value("SELECT cause FROM sluice.run"))
        #expect(try JSONValue.parse(cause)["nominalTimes"]?.arrayValue?.count == 2, "taken in by the run that waits")
        #expect(try await control.value("SELECT count(*) FROM sluice.schedule_clock WHERE pipeline_id = \(id)") == "2")
    }

    @Test func aReplayThatWaitsTakesNoScheduleIn() async throws {
        let control = try await ControlDatabase.make()
        let leader = try control.leader()
        var state = Leader.State()
        let id = try await control.pipeline("hourly", schedule: ["cron": "0 * * * *", "timeZone": "UTC"])
        try await leader.iterate(&state)
        let replay = try await control.queue.enqueue(
            .sample(id).replaying(.test, step: "load"), cause: .test)
        try await control.advance(3600)
        try await leader.iterate(&state)
        let waiting = try await control.value(
            "SELECT string_agg(is_replay || ' ' || (cause ->> 'kind'), ', ' ORDER BY id) FROM sluice.run "
                + "WHERE pipeline_id = \(id)")
        #expect(waiting == "true manual, false schedule", "the replay is \(replay)")
    }

    @Test func aPausedScheduleFiresNothingAndIsNotMadeUpFor() async throws {
        let control = try await ControlDatabase.make()
        let fired = Events()
        let leader = try control.leader { fired.note($0) }
        var state = Leader.State()
        _ = try await control.pipeline("hourly", schedule: ["cron": "0 * * * *", "timeZone": "UTC"])
        try await leader.iterate(&state)
        try await control.warehouse("UPDATE sluice.pipeline SET paused = true, version = version + 1")
        try await leader.iterate(&state)
        try await control.advance(4 * 3600)
        try await leader.iterate(&state)
        try await control.warehouse("UPDATE sluice.pipeline SET paused = false, version = version + 1")
        try await leader.iterate(&state)
        try await leader.iterate(&state)
        #expect(fired.times.isEmpty)
        try await control.advance(3600)
        try await leader.iterate(&state)
        #expect(fired.times == ["2026-11-21T05:00:00Z"])
    }

    @Test func partitionsAreMadeAheadAndDroppedWhole() async throws {
        let control = try await ControlDatabase.make()
        let leader = try control.leader()
        var state = Leader.State()
        try await leader.iterate(&state)
        let count = "SELECT count(*) FROM pg_inherits WHERE inhparent = 'sluice.run_log'::regclass"
        #expect(try await control.value(count) == "4")
        try await control.advance(20 * 86_400)
        for _ in 0..<6 {
            try await leader.iterate(&state)
            try await control.advance(601)
        }
        #expect(try await control.value(count) == "4")
    }
}

/// What a leader reported.
private final class Events: Sendable {
    private let fired = Locked<[String]>([])

    func note(_ event: LeaderEvent) {
        if case .fired(_, _, let nominalTime, _) = event { fired.withLock { $0.append(nominalTime.description) } }
    }

    var times: [String] { fired.withLock { $0 } }
}

extension ControlDatabase {
    func leader(report: @escaping @Sendable (LeaderEvent) -> Void = { _ in }) throws -> Leader {
        Leader(queue, on: try TestLoops.group().next(), report: report)
    }

    func warehouse(_ text: String) async throws {
        try await sessions.withServerSession { try await $0.script(text) }
    }

    /// Declares a pipeline with a schedule, and returns its id.
    func pipeline(_ name: String, schedule: JSONValue) async throws -> Int64 {
        let spec: JSONValue = ["schedule": schedule, "steps": [["name": "load", "after": []]]]
        return try await sessions.withServerSession { connection in
            let rows = try await connection.query(
                """
                WITH p AS (
                    INSERT INTO sluice.principal (name, kind, role_name) VALUES (\("p_" + name), 'service', \("r_" + name))
                    RETURNING id
                ), d AS (
                    INSERT INTO sluice.domain (name, owner_id, reader_role) SELECT \("d_" + name), id, \("rd_" + name) FROM p
                    RETURNING id, owner_id
                ) INSERT INTO sluice.pipeline (domain_id, name, spec, run_as_id)
                SELECT id, \(name), \(spec.text)::json, owner_id FROM d RETURNING id
                """)
            return try rows[0].decode(at: 0)
        }
    }
}
