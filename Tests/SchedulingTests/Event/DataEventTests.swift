import Postgres
import Store
import TestSupport
import Testing

@testable import Scheduling

/// Data events are numbered after their commit, one number behind the other: who keeps the last number misses none.
@Suite(.timeLimit(.minutes(2))) struct DataEventTests {
    private func session(_ control: ControlDatabase) async throws -> Connection {
        try await TestLoops.connect(control.databases.options(.warehouse))
    }

    /// Writes an event for a dataset, in the transaction of the moment.
    private func write(_ dataset: Int64, on connection: Connection) async throws {
        try await connection.execute(
            "INSERT INTO sluice.data_event (dataset_id, kind, counts) VALUES (\(dataset), 'rows', '{}')")
    }

    private func events(_ control: ControlDatabase, after number: Int64 = 0) async throws -> [String] {
        try await DataEvent.after(number, in: control.sessions).map { "\($0.number):\($0.datasetID)" }
    }

    @Test func anEventThatIsCommittedLateIsNumberedLate() async throws {
        let control = try await ControlDatabase.make()
        let leader = try control.leader()
        var state = Leader.State()
        let (slow, quick) = (try await session(control), try await session(control))
        try await slow.script("BEGIN")
        try await write(100, on: slow)
        try await write(200, on: quick)
        try await leader.iterate(&state)
        #expect(try await events(control) == ["1:200"])
        try await slow.script("COMMIT")
        #expect(try await events(control, after: 1) == [], "not before it has a number")
        try await leader.iterate(&state)
        #expect(try await events(control, after: 1) == ["2:100"])
        // What is rolled back leaves no gap.
        try await slow.script("BEGIN")
        try await write(300, on: slow)
        try await slow.script("ROLLBACK")
        try await write(400, on: quick)
        try await leader.iterate(&state)
        #expect(try await events(control) == ["1:200", "2:100", "3:400"])
        await slow.close()
        await quick.close()
    }

    @Test func anIdleTransactionHoldsNothingUp() async throws {
        let control = try await ControlDatabase.make()
        let leader = try control.leader()
        var state = Leader.State()
        let (idle, quick) = (try await session(control), try await session(control))
        try await idle.script("BEGIN ISOLATION LEVEL REPEATABLE READ")
        try await idle.execute("CREATE TABLE public.holder ()")
        try await write(1, on: quick)
        try await leader.iterate(&state)
        #expect(try await events(control) == ["1:1"])
        await idle.close()
        await quick.close()
    }

    @Test func aTermThatHasEndedNumbersAndRemovesNothing() async throws {
        let control = try await ControlDatabase.make()
        let (first, second) = (try control.leader(), try control.leader())
        var states = (Leader.State(), Leader.State())
        let session = try await session(control)
        try await first.iterate(&states.0)
        try await control.advance(10)
        try await second.iterate(&states.1)
        #expect(states.0.term == 1 && states.1.term == 2)
        try await write(1, on: session)
        for statement: SQL in ["SELECT sluice.number_events(1)", "SELECT sluice.retain_events(1, 0)"] {
            let error = await #expect(throws: PostgresError.self) { try await session.execute(statement) }
            #expect(error?.sqlState == "SL010")
        }
        #expect(try await events(control) == [])
        try await second.iterate(&states.1)
        #expect(try await events(control) == ["1:1"])
        await session.close()
    }

    /// Several writers whose transactions end in any order, two leaders that take turns, and a consumer.
    @Test func aConsumerThatKeepsTheLastNumberMissesNone() async throws {
        let control = try await ControlDatabase.make()
        let (writers, each) = (4, 60)
        let consumed = try await withThrowingTaskGroup(of: Void.self) { group in
            for writer in 0..<writers {
                group.addTask {
                    let connection = try await session(control)
                    for n in 0..<each {
                        try await connection.script("BEGIN")
                        try await write(Int64(writer * 1000 + n), on: connection)
                        // Some other statements, so that commits overtake each other.
                        for _ in 0..<Int.random(in: 0...6) { try await connection.execute("SELECT 1") }
                        try await connection.script(n % 10 == 9 ? "ROLLBACK" : "COMMIT")
                    }
                    await connection.close()
                }
            }
            var (seen, last): ([Int64], Int64) = ([], 0)
            var numbers: [Int64] = []
            let leaders = try await session(control)
            while seen.count < writers * each * 9 / 10 {
                // A stale one now and then, which is refused.
                _ = try await leaders.query("SELECT sluice.number_events(7)")
                await #expect(throws: PostgresError.self) { try await leaders.query("SELECT sluice.number_events(6)") }
                for event in try await DataEvent.after(last, limit: 7, in: control.sessions) {
                    seen.append(event.datasetID)
                    numbers.append(event.number)
                    last = event.number
                }
            }
            await leaders.close()
            try await group.waitForAll()
            #expect(numbers == Array(1...Int64(numbers.count)))
            return seen
        }
        let expected = (0..<writers).flatMap { w in (0..<each).filter { $0 % 10 != 9 }.map { Int64(w * 1000 + $0) } }
        #expect(consumed.sorted() == expected)
    }

    @Test func aBatchIsBoundedAndTheRestFollows() async throws {
        let control = try await ControlDatabase.make()
        let session = try await session(control)
        try await session.execute(
            "INSERT INTO sluice.data_event (dataset_id, kind, counts) SELECT n, 'rows', '{}' FROM generate_series(1, 2500) AS n"
        )
        #expect(try await session.query("SELECT sluice.number_events(1)")[0].decode(at: 0, as: Int64.self) == 1000)
        let leader = try control.leader()
        #expect(try await leader.numberEvents(1) == false)
        let row = try await session.query(
            "SELECT count(DISTINCT number), min(number), max(number), bool_and(number = dataset_id) FROM sluice.data_event"
        )[0]
        #expect(try row.decode(at: 0, as: Int64.self) == 2500)
        #expect(try row.decode(at: 1, as: Int64.self) == 1)
        #expect(try row.decode(at: 2, as: Int64.self) == 2500)
        #expect(try row.decode(at: 3, as: Bool.self))
        await session.close()
    }

    @Test func oldEventsGoFromTheFrontAndNumbersGoOn() async throws {
        let control = try await ControlDatabase.make()
        let session = try await session(control)
        for dataset: Int64 in 1...4 { try await write(dataset, on: session) }
        try await session.execute("SELECT sluice.number_events(1)")
        // The third is older than the second, which is to be kept: so is the third.
        try await session.execute(
            "UPDATE sluice.data_event SET at = now() - interval '20 days' WHERE dataset_id IN (1, 3)")
        try await session.execute("SELECT sluice.retain_events(1, 14)")
        #expect(try await events(control) == ["2:2", "3:3", "4:4"])
        try await session.execute("UPDATE sluice.data_event SET at = now() - interval '20 days'")
        try await write(5, on: session)
        try await session.execute("UPDATE sluice.data_event SET at = now() - interval '20 days' WHERE number IS NULL")
        try await session.execute("SELECT sluice.retain_events(1, 14)")
        #expect(try await events(control) == [], "but none without a number goes")
        try await session.execute("SELECT sluice.number_events(1)")
        #expect(try await events(control, after: 4) == ["5:5"])
        await session.close()
    }
}
