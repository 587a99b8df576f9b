import Access
import Catalog
import JSON
import Postgres
import Synchronization
import TestSupport
import Testing

@testable import Ingestion

/// What an attempt has staged is the next one's, unless something says that it must not be.
@Suite(.timeLimit(.minutes(2))) struct StageResumeTests {
    private static let columns = ["id bigint", "name text", "took interval"]

    /// 400 rows: some wrong, some that only Postgres refuses, keys that come twice, and a long one at two thirds.
    private static let text =
        "id,name,took\n"
        + (1...400).map { n in
            switch n {
            case 270: "270,\(String(repeating: "long ", count: 100)),\n"
            case _ where n % 50 == 0: "\(n),lonely \" quote,\n"
            case _ where n % 130 == 0: "\(n),b,1 day 1 day 1 fortnightly\n"
            case _ where n % 9 == 0: "\(n - 3),again \(n),\n"
            default: "\(n),name \(n),1 day\n"
            }
        }.joined()

    /// A dataset with a row, so that an upsert goes by the stage, and a file for it.
    private func makeFixture(_ text: String = text) async throws -> SinkFixture {
        let fixture = try await SinkFixture.make(Self.columns, key: ["id"])
        #expect(try await fixture.admit(epoch: 1))
        _ = try await fixture.load("id,name,took\n1,old,\n", .append, epoch: 1)
        try fixture.write(text, to: "rows.csv")
        return fixture
    }

    /// Admits an attempt; what it finds in the stage.
    private func admit(_ fixture: SinkFixture, _ epoch: Int64, run: Int64 = 2) async throws -> String {
        #expect(try await fixture.raise(epoch: epoch, run: run))
        return try await fixture.takeStage(epoch: epoch, run: run)
    }

    private func attempt(_ epoch: Int64, _ edit: (inout TestAttempt) -> Void = { _ in }) -> TestAttempt {
        var attempt = TestAttempt(path: "rows.csv", epoch: epoch, run: 2)
        attempt.chunk = StageChunk(bytes: 1000, time: .seconds(60))
        attempt.limits.outputBytes = 200
        edit(&attempt)
        return attempt
    }

    /// An attempt that ends after some chunks: at the long row. Returns the byte that the next one goes on at.
    private func interrupt(
        _ fixture: SinkFixture, _ epoch: Int64, _ edit: (inout TestAttempt) -> Void = { _ in }
    ) async throws -> Int {
        let failure = await #expect(throws: SourceFailure.self) {
            try await fixture.load(
                attempt(epoch) {
                    $0.limits.maxRecordBytes = 300
                    edit(&$0)
                })
        }
        #expect(failure?.code == .limitExceeded)
        let offset = try #require(try await staged(fixture))
        #expect(offset > 3000 && offset < Self.text.utf8.count * 2 / 3 + 1000)
        #expect(try await fixture.rows() == ["1|old"])
        #expect(try await fixture.quarantine() == [])
        return offset
    }

    /// How far the stage has come, in bytes of the file.
    private func staged(_ fixture: SinkFixture) async throws -> Int? {
        let rows = try await fixture.server.query("SELECT state #>> '{position,byteOffset}' FROM sluice.stage_progress")
        return try rows.first?.decode(at: 0, as: String?.self).flatMap { Int($0) }
    }

    /// Rows, and quarantine in the order of its ids.
    private func everything(_ fixture: SinkFixture) async throws -> [String] {
        let quarantine = try await fixture.server.query(
            """
            SELECT concat_ws('|', line, byte_offset, convert_from(bytes, 'UTF8'), rule, column_name, error, source, run_id)
            FROM sluice.quarantine ORDER BY id
            """)
        return try await fixture.rows() + quarantine.map { try $0.decode(at: 0, as: String.self) }
    }

    private func load(_ fixture: SinkFixture, _ attempt: TestAttempt) async throws -> (RowCounts, [StageNote]) {
        let notes = Notes()
        let counts = try await fixture.load(attempt) { notes.add($0) }
        return (counts, notes.all)
    }

    private final class Notes: Sendable {
        private let notes = Mutex<[StageNote]>([])
        func add(_ note: StageNote) { notes.withLock { $0.append(note) } }
        var all: [StageNote] { notes.withLock { $0 } }
    }

    @Test(arguments: [nil, CheckSpec(name: "once", columns: ["name"], rule: .unique, onFailure: .drop)])
    func theNextAttemptGoesOnAndTheResultIsThatOfOneLoad(_ check: CheckSpec?) async throws {
        let checks = check.map { [$0] } ?? []
        let undisturbed = try await makeFixture()
        #expect(try await admit(undisturbed, 2) == "new")
        let (whole, _) = try await load(undisturbed, attempt(2) { $0.checks = checks })
        #expect(whole.quarantined == (check == nil ? 11 : 9) && whole.unchanged > 30)
        let expected = try await everything(undisturbed)

        let fixture = try await makeFixture()
        #expect(try await admit(fixture, 2) == "new")
        let first = try await interrupt(fixture, 2) { $0.checks = checks }
        // Once more, to no avail: it goes on, and comes no further.
        #expect(try await admit(fixture, 3) == "resumed")
        #expect(try await interrupt(fixture, 3) { $0.checks = checks } == first)
        #expect(try await admit(fixture, 4) == "resumed")
        let (counts, notes) = try await load(fixture, attempt(4) { $0.checks = checks })
        #expect(counts == whole)
        #expect(try await everything(fixture) == expected)
        guard case .goesOn(let offset, let rows, let readsAgain)? = notes.first else {
            Issue.record("\(notes)")
            return
        }
        #expect(offset == first && rows > 150)
        #expect(readsAgain == (check != nil))
        #expect(!notes.contains { if case .beginsAnew = $0 { true } else { false } })
        #expect(try await fixture.server.query("SELECT * FROM sluice.drift()").count == 0)
    }

    @Test func anotherFileOfTheSameNameIsReadFromItsBeginning() async throws {
        let fixture = try await makeFixture()
        #expect(try await admit(fixture, 2) == "new")
        _ = try await interrupt(fixture, 2)
        try fixture.write("id,name,took\n1,new,\n2,b,\nx,c,\n", to: "rows.csv")
        #expect(try await admit(fixture, 3) == "resumed")
        let (counts, notes) = try await load(fixture, attempt(3))
        #expect(counts.read == 3 && counts.written == 2 && counts.quarantined == 1)
        #expect(notes == [.beginsAnew(.sourceChanged)])
        #expect(try await fixture.rows() == ["1|new", "2|b"])
        #expect(try await fixture.quarantine() == ["4|25|x,c,\n|invalid_value|id"])
    }

    @Test func aFileThatWasTouchedIsReadFromItsBeginning() async throws {
        let fixture = try await makeFixture()
        #expect(try await admit(fixture, 2) == "new")
        _ = try await interrupt(fixture, 2)
        try fixture.write(Self.text, to: "rows.csv")
        #expect(try await admit(fixture, 3) == "resumed")
        let (counts, notes) = try await load(fixture, attempt(3))
        #expect(counts.read == 400)
        #expect(notes.first == .beginsAnew(.sourceChanged))
    }

    @Test func anotherPlanBeginsAnew() async throws {
        let fixture = try await makeFixture()
        #expect(try await admit(fixture, 2) == "new")
        _ = try await interrupt(fixture, 2)
        #expect(try await admit(fixture, 3) == "resumed")
        let (counts, notes) = try await load(fixture, attempt(3) { $0.plan = "another" })
        #expect(counts.read == 400)
        #expect(notes.first == .beginsAnew(.planChanged))
    }

    @Test(arguments: [
        ("source = NULL", StageHindrance.sourceOfOneMoment), ("state = '{}'", .unreadable),
        ("state = jsonb_set(state, '{position,decoder,fields}', '[0, 99]')", nil),
        ("state = jsonb_set(state, '{position,accepted}', '7')", .unreadable),
    ])
    func progressThatIsOfNoUseBeginsAnew(_ change: String, _ why: StageHindrance?) async throws {
        let fixture = try await makeFixture()
        #expect(try await admit(fixture, 2) == "new")
        _ = try await interrupt(fixture, 2)
        try await fixture.server.script("UPDATE sluice.stage_progress SET \(change)")
        #expect(try await admit(fixture, 3) == "resumed")
        let (counts, notes) = try await load(fixture, attempt(3))
        #expect(counts.read == 400)
        // A place without the header's columns is found by reading again.
        if let why { #expect(notes.first == .beginsAnew(why)) }
        #expect(try await fixture.rows().count > 300)
    }

    @Test func aStageThatACrashHasEmptiedIsLost() async throws {
        let fixture = try await makeFixture()
        #expect(try await admit(fixture, 2) == "new")
        _ = try await interrupt(fixture, 2)
        // What recovery does to unlogged tables.
        try await fixture.server.script("TRUNCATE sluice.stage_progress, sluice_stage.d\(fixture.datasetID)_e2")
        #expect(try await admit(fixture, 3) == "lost")
        let (counts, notes) = try await load(fixture, attempt(3))
        #expect(counts.read == 400)
        #expect(!notes.contains { if case .goesOn(let offset, _, _) = $0 { offset == 0 } else { false } })
    }

    @Test func columnsThatChangedBetweenTheAttemptsBeginAnew() async throws {
        let fixture = try await makeFixture()
        #expect(try await admit(fixture, 2) == "new")
        _ = try await interrupt(fixture, 2)
        let columns: JSONValue = [
            ["name": "id", "type": "bigint", "nullable": false], ["name": "name", "type": "text"],
            ["name": "took", "type": "interval"], ["name": "new", "type": "text"],
        ]
        try await fixture.change { change, address in
            _ = try await change.patchDataset(address, ["columns": columns], .none)
        }
        let job = try await fixture.open()
        let error = await #expect(throws: PostgresError.self) { try await job.execute("SELECT sluice.begin_chunk(2)") }
        #expect(error?.sqlState == "SL003")
        await job.close()
        #expect(try await admit(fixture, 3) == "changed")
        let (counts, _) = try await load(fixture, attempt(3))
        #expect(counts.read == 400)
    }

    @Test func aZombieNeitherStagesNorCommitsAnythingOnceItsStageIsTaken() async throws {
        let fixture = try await makeFixture()
        #expect(try await admit(fixture, 2) == "new")
        let zombie = try await fixture.open()
        try await zombie.script("BEGIN")
        try await zombie.execute("SELECT sluice.begin_chunk(2)")
        let stage = "sluice_stage.d\(fixture.datasetID)"
        try await zombie.script("INSERT INTO \(stage)_e2 (sluice_ordinal, id) VALUES (1, 666)")
        #expect(try await fixture.raise(epoch: 3, run: 2))
        // It holds what it writes, so its successor waits, and ends its session in the end.
        let wait = await #expect(throws: PostgresError.self) { try await fixture.takeStage(epoch: 3, run: 2) }
        #expect(wait?.sqlState == "55P03")
        let late = await #expect(throws: PostgresError.self) {
            try await zombie.execute("SELECT sluice.end_chunk(2, 's', 'plan', '{}')")
        }
        #expect(late?.sqlState == "SL001")
        try await zombie.script("ROLLBACK")
        #expect(try await fixture.takeStage(epoch: 3, run: 2) == "resumed")
        for statement: SQL in [
            "SELECT sluice.begin_chunk(2)", "SELECT sluice.restart_stage(2)",
            "SELECT sluice.end_chunk(2, 's', 'p', '{}')",
        ] {
            let error = await #expect(throws: PostgresError.self) { try await zombie.execute(statement) }
            #expect(error?.sqlState == "SL001", "\(statement)")
        }
        let gone = await #expect(throws: PostgresError.self) {
            try await zombie.script("INSERT INTO \(stage)_e2 (sluice_ordinal, id) VALUES (1, 666)")
        }
        #expect(gone?.sqlState == "42P01")
        await zombie.close()
        let count = try await fixture.server.query(SQL(unsafe: "SELECT count(*) FROM \(stage)_e3"))
        #expect(try count[0].decode(at: 0, as: Int64.self) == 0)
        let (counts, _) = try await load(fixture, attempt(3))
        #expect(counts.read == 400)
    }

    @Test func betweenTwoChunksTheDatasetIsInUse() async throws {
        let fixture = try await makeFixture()
        #expect(try await admit(fixture, 2) == "new")
        let job = try await fixture.open()
        try await job.script("SET application_name = 'sluice job 2'")
        let refusal = await #expect(throws: Refusal.self) {
            try await fixture.change { change, address in try await change.deleteDataset(address, .none) }
        }
        #expect(refusal?.code == .inUse)
        #expect(refusal?.detail.contains("run 2") == true)
        await job.close()
        try await fixture.change { change, address in try await change.deleteDataset(address, .none) }
        let left = try await fixture.server.query(
            """
            SELECT (SELECT count(*) FROM sluice.stage) + (SELECT count(*) FROM sluice.stage_progress)
                + (SELECT count(*) FROM pg_class WHERE relnamespace = 'sluice_stage'::regnamespace)
            """)
        #expect(try left[0].decode(at: 0, as: Int64.self) == 0)
    }

    @Test func aLaterRunsStageReplacesAnEarlierOnesAndAnIdleOneGoes() async throws {
        let fixture = try await makeFixture()
        func stages() async throws -> [String] {
            try await fixture.server.query(
                """
                SELECT relname::text FROM pg_class WHERE relnamespace = 'sluice_stage'::regnamespace
                    AND relname ~ '_e[2-9]' AND relkind = 'r' ORDER BY 1
                """
            ).map { try $0.decode(at: 0) }
        }
        #expect(try await admit(fixture, 2, run: 2) == "new")
        #expect(try await admit(fixture, 3, run: 3) == "new")
        let name = "d\(fixture.datasetID)_e3"
        #expect(try await stages() == [name, "\(name)_quarantine"])
        try await fixture.server.execute("SELECT sluice.drop_idle_stages()")
        #expect(try await stages().count == 2)
        try await fixture.server.script(
            """
            UPDATE sluice.stage SET taken_at = now() - interval '25 h';
            UPDATE sluice.stage_progress SET saved_at = now() - interval '25 h'
            """)
        try await fixture.server.execute("SELECT sluice.drop_idle_stages()")
        #expect(try await stages() == [])
    }
}
