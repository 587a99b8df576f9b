import Catalog
import Ingestion
import JSON
import Postgres
import Store
import TestSupport
import Testing

@Suite(.timeLimit(.minutes(2))) struct UnitSinkTests {
    private static let columns = ["id bigint", "name text", "took interval"]

    private func counts(
        read: Int, written: Int, unchanged: Int = 0, quarantined: Int = 0
    ) -> RowCounts {
        var counts = RowCounts(read: read, written: written)
        counts.unchanged = unchanged
        counts.quarantined = quarantined
        return counts
    }

    @Test func anAppendAddsItsRowsAndKeepsTheWrongOnes() async throws {
        let fixture = try await SinkFixture.make(Self.columns)
        #expect(try await fixture.admit(epoch: 1))
        let first = try await fixture.load("id,name,took\n1,a,1 day\nx,b,\n2,c,\n", .append, epoch: 1)
        #expect(first == counts(read: 3, written: 2, quarantined: 1))
        #expect(try await fixture.admit(epoch: 2, run: 2))
        _ = try await fixture.load("id,name,took\n3,d,\n", .append, epoch: 2, run: 2)
        #expect(try await fixture.rows() == ["1|a|1 day", "2|c", "3|d"])
        #expect(try await fixture.quarantine() == ["3|23|x,b,\n|invalid_value|id"])
        let results = try await fixture.server.query(
            "SELECT counts ->> 'written' FROM sluice.unit_result ORDER BY run_id")
        #expect(try results.map { try $0.decode(at: 0, as: String.self) } == ["2", "1"])
    }

    @Test func aRowThatOnlyPostgresRefusesIsQuarantinedAndTheOthersLoad() async throws {
        let fixture = try await SinkFixture.make(Self.columns)
        #expect(try await fixture.admit(epoch: 1))
        let loaded = try await fixture.load(
            "id,name,took\n1,a,1 day\n2,b,1 day 1 day 1 fortnightly\n3,c,2 days\n", .append, epoch: 1)
        #expect(loaded == counts(read: 3, written: 2, quarantined: 1))
        #expect(try await fixture.rows() == ["1|a|1 day", "3|c|2 days"])
        #expect(try await fixture.quarantine().count == 1)
    }

    @Test func aReplaceLeavesItsRowsAlone() async throws {
        let fixture = try await SinkFixture.make(Self.columns, key: ["id"])
        #expect(try await fixture.admit(epoch: 1))
        _ = try await fixture.load("id,name,took\n1,a,\n2,b,\n", .replace, epoch: 1)
        #expect(try await fixture.admit(epoch: 2, run: 2))
        let second = try await fixture.load("id,name,took\n2,B,\n3,c,\n", .replace, epoch: 2, run: 2)
        #expect(second == counts(read: 2, written: 2))
        #expect(try await fixture.rows() == ["2|B", "3|c"])
    }

    @Test func anUpsertTakesTheLastOfEqualKeysAndLeavesEqualRowsAlone() async throws {
        let fixture = try await SinkFixture.make(Self.columns, key: ["id"])
        #expect(try await fixture.admit(epoch: 1))
        // Into an empty dataset, with a key that comes twice: by the stage after all.
        let first = try await fixture.load("id,name,took\n1,a,\n2,b,\n1,A,\n", .upsert, epoch: 1)
        #expect(first == counts(read: 3, written: 2, unchanged: 1))
        #expect(try await fixture.admit(epoch: 2, run: 2))
        let second = try await fixture.load("id,name,took\n1,A,\n2,B,\n3,c,\n", .upsert, epoch: 2, run: 2)
        #expect(second == counts(read: 3, written: 2, unchanged: 1))
        #expect(try await fixture.rows() == ["1|A", "2|B", "3|c"])
    }

    @Test func aTakenKeyFailsAnAppendWithItsLineAndNothingIsAdded() async throws {
        let fixture = try await SinkFixture.make(Self.columns, key: ["id"])
        #expect(try await fixture.admit(epoch: 1))
        let failure = await #expect(throws: SinkFailure.self) {
            try await fixture.load("id,name,took\n1,a,\n2,b,\n1,c,\n", .append, epoch: 1)
        }
        #expect(failure?.code == .duplicateKey)
        #expect(failure?.rows.map(\.line) == [4])
        #expect(try await fixture.rows() == [])
    }

    @Test(arguments: [("id,name\nx,a\ny,b\n", 1.0), ("id,name\n1,a\ny,b\n", 0.4)])
    func tooManyWrongRowsApplyNothing(_ text: String, _ share: Double) async throws {
        let fixture = try await SinkFixture.make(Self.columns)
        #expect(try await fixture.admit(epoch: 1))
        let failure = await #expect(throws: SinkFailure.self) {
            try await fixture.load(text, .append, epoch: 1, maxQuarantinedShare: share)
        }
        #expect(failure?.code == .tooManyQuarantined)
        #expect(failure?.rows.first?.column == "id")
        #expect(try await fixture.rows() == [])
        #expect(try await fixture.quarantine() == [])
    }

    @Test func anEarlierAttemptIsNotAdmittedNorLoadsAnything() async throws {
        let fixture = try await SinkFixture.make(Self.columns)
        #expect(try await fixture.admit(epoch: 5))
        #expect(try await fixture.raise(epoch: 4) == false)
        let failure = await #expect(throws: SinkFailure.self) {
            try await fixture.load("id,name,took\n1,a,\n", .append, epoch: 4)
        }
        #expect(failure?.code == .fenced)
        #expect(try await fixture.rows() == [])
    }

    @Test func anAttemptThatIsOvertakenBeforeItsLastStatementCommitsNothing() async throws {
        let fixture = try await SinkFixture.make(Self.columns)
        #expect(try await fixture.admit(epoch: 5))
        let job = try await TestLoops.connect(fixture.databases.options(.warehouse, user: fixture.role))
        try await job.script("BEGIN")
        try await job.execute("SELECT sluice.check_fence(5)")
        try await job.execute("INSERT INTO store.\(identifier: "d\(fixture.datasetID)") (id) VALUES (1)")
        #expect(try await fixture.raise(epoch: 6))
        let error = await #expect(throws: PostgresError.self) {
            try await job.execute(
                "SELECT sluice.finish_unit(5, 1, 'load', 'f', '{}', 'admin', 'lab.samples', 1)")
        }
        #expect(error?.sqlState == "SL001")
        await job.close()
        #expect(try await fixture.rows() == [])
    }

    @Test func whoHasFinishedIsNotOvertakenBeforeItsCommit() async throws {
        let fixture = try await SinkFixture.make(Self.columns)
        #expect(try await fixture.admit(epoch: 5))
        let job = try await TestLoops.connect(fixture.databases.options(.warehouse, user: fixture.role))
        try await job.script("BEGIN")
        try await job.execute("SELECT sluice.finish_unit(5, 1, 'load', 'f', '{}', 'admin', 'lab.samples', 1)")
        try await fixture.server.execute("SET lock_timeout = '50ms'")
        let error = await #expect(throws: PostgresError.self) { try await fixture.raise(epoch: 6) }
        #expect(error?.sqlState == "55P03")
        try await job.script("COMMIT")
        #expect(try await fixture.raise(epoch: 6))
        await job.close()
    }

    @Test func anIngestRoleReadsNothingAndWritesNowhereElse() async throws {
        let fixture = try await SinkFixture.make(Self.columns)
        let role = try await TestLoops.connect(fixture.databases.options(.warehouse, user: fixture.role))
        for statement: SQL in [
            "SELECT * FROM store.\(identifier: "d\(fixture.datasetID)")", "SELECT * FROM sluice.quarantine",
            "SELECT * FROM sluice.token", "DELETE FROM store.\(identifier: "d\(fixture.datasetID)")",
            "INSERT INTO sluice.unit_result DEFAULT VALUES", "SELECT sluice.raise_fence(\(fixture.datasetID), 9, 1)",
            "SELECT sluice.prepare_ingest(\(fixture.datasetID))", "SET ROLE sluice_owner", "CREATE TEMP TABLE t ()",
            "SELECT * FROM sluice.stage_progress", "SELECT sluice.take_stage(\(fixture.datasetID), 9, 1, 's', 'u')",
            "SELECT sluice.drop_stage(\(fixture.datasetID), 1)", "SELECT * FROM sluice.data_event",
            "INSERT INTO sluice.data_event DEFAULT VALUES", "SELECT sluice.number_events(9)",
        ] {
            let error = await #expect(throws: PostgresError.self) { try await role.execute(statement) }
            #expect(error?.sqlState == "42501", "\(statement)")
        }
        await role.close()
    }
}
